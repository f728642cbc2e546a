//! `oubliette servers list`.

use super::super::table::Table;
use super::super::{ConfigFile, Failure, log};
use crate::upstream::{ServerState, StateKind, Upstreams};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
}

/// Exit status 3 where a server cannot be used.
pub(super) async fn list(arguments: Arguments) -> Result<ExitCode, Failure> {
    let servers = arguments.config.load()?.servers;
    let disabled: Vec<String> =
        servers.iter().filter(|server| server.disabled).map(|server| server.name.clone()).collect();
    let upstreams = Upstreams::start(servers).await;
    let states = upstreams.states();
    upstreams.shutdown().await;
    if arguments.json {
        let told = serde_json::json!({ "servers": states, "disabled": disabled });
        log::print(&told.to_string());
    } else {
        log::print(&table(&states, &disabled).to_string());
    }
    let failed = states.iter().any(|state| state.state == StateKind::Failed);
    Ok(if failed { ExitCode::from(3) } else { ExitCode::SUCCESS })
}

fn table(states: &[ServerState], disabled: &[String]) -> Table<5> {
    let mut table = Table::new(["server", "state", "MCP", "tools", "what is wrong"]);
    for server in states {
        let state = match server.state {
            StateKind::Ready => "ready",
            StateKind::Failed => "failed",
        };
        let wrong = match (&server.error, server.dropped_tools.len()) {
            (Some(error), _) => error.clone(),
            (None, 0) => String::new(),
            (None, left_out) => {
                format!("{left_out} left out of its tools: `oubliette servers test` names them")
            }
        };
        let protocol = server.protocol.clone().unwrap_or_default();
        table.row([server.name.clone(), state.into(), protocol, server.tools.to_string(), wrong]);
    }
    for name in disabled {
        table.row([name.clone(), "disabled".into(), String::new(), "0".into(), String::new()]);
    }
    table
}
