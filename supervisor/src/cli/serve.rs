//! `oubliette serve`: the gateway. For one host over standard input and output, until it closes its end; or for many
//! over HTTP and a unix socket, until it is told to stop.

use super::{ConfigFile, Failure, connect, log};
use crate::gateway::{self, Listeners};
use crate::supervisor::StartError;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// Serve many hosts over Streamable HTTP: at this address, else the configuration's, else 127.0.0.1:7330.
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1)]
    http: Option<Option<SocketAddr>>,
    /// Serve many hosts of this user over Streamable HTTP on a unix socket.
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

pub(super) async fn serve(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::internal)?;
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    let (config, jail) = arguments.config.jail()?;
    let http = config.http.clone();
    let address = arguments.http.map(|given| given.unwrap_or(http.listen));
    // Before any credential is read: what cannot be served, or would be served to strangers, needs none.
    let listeners = match (address, &arguments.socket) {
        (None, None) => None,
        (address, socket) => {
            Some(Listeners::open(&http, address, socket.as_deref()).await.map_err(Failure::operator)?)
        }
    };
    // Where no guest can be held nothing needs a credential either, and an operator is told when the gateway starts,
    // not by every program.
    jail.prove(&config.limits).await.map_err(StartError::from)?;
    let supervisor = connect(config, jail).await;
    let served = match listeners {
        None => gateway::serve_stdio(Arc::clone(&supervisor), stop).await.map_err(Failure::internal),
        Some(listeners) => {
            for place in listeners.places() {
                log::say(&format!("oubliette: serving MCP at {place}"));
            }
            gateway::serve_http(Arc::clone(&supervisor), &http, listeners, stop).await;
            Ok(())
        }
    };
    supervisor.shutdown().await;
    // What lives on now, nobody will end: who looks for a leak compares this figure.
    tracing::debug!(tasks = Handle::current().metrics().num_alive_tasks(), "everything was ended");
    served.map(|()| ExitCode::SUCCESS)
}
