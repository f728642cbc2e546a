//! `oubliette check`: the check that every program passes before it runs, by itself.

use super::run::{finding, tell_error};
use super::{ConfigFile, Failure, exit_code, log, read_program};
use crate::queue::Lane;
use crate::report::{Blame, RunReport};
use crate::supervisor::RunRequest;
use guest_protocol::message::Mode;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// Print findings and the tools it may call as JSON.
    #[arg(long)]
    json: bool,
    /// The program, TypeScript or JavaScript; - for standard input.
    file: PathBuf,
}

pub(super) async fn check(arguments: Arguments) -> Result<ExitCode, Failure> {
    let source = read_program(&arguments.file)?;
    let supervisor = arguments.config.start().await?;
    let request = RunRequest { source, timeout_ms: None, mode: Mode::Check, emitted: None };
    let report = supervisor.execute(&Lane::only(), request).await;
    supervisor.shutdown().await;
    if arguments.json {
        log::print(&json(&report));
    } else {
        tell(&report);
    }
    Ok(report.error.as_ref().map_or(ExitCode::SUCCESS, |error| exit_code(error.blame)))
}

fn json(report: &RunReport) -> String {
    let checked = serde_json::json!({
        "ok": report.ok,
        "error": report.error,
        "warnings": report.warnings,
        "manifest": report.manifest,
        "denied": report.denied,
    });
    checked.to_string()
}

fn tell(report: &RunReport) {
    for warning in &report.warnings {
        log::say(&finding(warning));
    }
    match &report.error {
        Some(error) if error.blame == Blame::Guest => tell_error(error),
        Some(error) => log::say(&format!("oubliette: the program could not be checked: {}", error.message)),
        None => {
            for tool in &report.manifest {
                let denied = report.denied.contains(tool);
                let may =
                    if denied { "may not call, for the profile does not grant it," } else { "may call" };
                log::print(&format!("{may} {}.{}", tool.server, tool.tool));
            }
            log::print("ok");
        }
    }
}
