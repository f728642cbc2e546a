//! `oubliette serve`: the gateway for an agent's host, until the host closes its end.

use super::{ConfigFile, Failure, connect};
use crate::gateway;
use crate::supervisor::StartError;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn serve(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::internal)?;
    let (config, jail) = arguments.config.jail()?;
    // Before any credential is read: where no guest can be held nothing needs one, and an operator is told when the
    // gateway starts, not by every program.
    jail.prove(&config.limits).await.map_err(StartError::from)?;
    let supervisor = connect(config, jail).await;
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    let served = gateway::serve_stdio(Arc::clone(&supervisor), stop).await.map_err(Failure::internal);
    supervisor.shutdown().await;
    served.map(|()| ExitCode::SUCCESS)
}
