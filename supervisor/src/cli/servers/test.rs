//! `oubliette servers test`.

use super::super::{ConfigFile, Failure, log};
use super::find;
use crate::upstream::Upstreams;
use std::process::ExitCode;
use std::time::Instant;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// The server, as the configuration calls it.
    name: String,
}

/// Exit status 3 where the server cannot be used.
pub(super) async fn test(arguments: Arguments) -> Result<ExitCode, Failure> {
    let server = find(arguments.config.load()?.servers, &arguments.name)?;
    if server.disabled {
        let what = format!("server {:?} is disabled, and its variables were not read", server.name);
        return Err(Failure::operator(format!("{what}; enable it to try it")));
    }
    let begun = Instant::now();
    let upstreams = Upstreams::start(vec![server]).await;
    let took = begun.elapsed();
    let states = upstreams.states();
    upstreams.shutdown().await;
    let Some(state) = states.into_iter().next() else {
        return Err(Failure::internal("the server has no state"));
    };
    if let Some(error) = state.error {
        log::say(&format!("oubliette: server {:?} cannot be used: {error}", state.name));
        return Ok(ExitCode::from(3));
    }
    let protocol = state.protocol.unwrap_or_default();
    let ms = took.as_millis();
    log::print(&format!("{}: MCP {protocol}, {} tools, ready after {ms} ms", state.name, state.tools));
    for lost in state.dropped_tools {
        log::print(&format!("left out: {lost}"));
    }
    Ok(ExitCode::SUCCESS)
}
