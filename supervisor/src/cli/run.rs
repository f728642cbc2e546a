//! `oubliette run`: one program, its value on standard output, everything else on standard error.

use super::{ConfigFile, Failure, exit_code, log, read_program};
use crate::report::{RunError, RunReport};
use crate::supervisor::RunRequest;
use guest_protocol::limits::EMITS;
use guest_protocol::message::{Finding, Level, Mode};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// Wall clock for the program, milliseconds; at most the configured limit.
    #[arg(long, value_name = "N")]
    timeout_ms: Option<u64>,
    /// The program, TypeScript or JavaScript; - for standard input.
    file: PathBuf,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let source = read_program(&arguments.file)?;
    let supervisor = arguments.config.start().await?;
    let (emitted, telling) = tell_progress();
    let request =
        RunRequest { source, timeout_ms: arguments.timeout_ms, mode: Mode::Run, emitted: Some(emitted) };
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::internal)?;
    let ended = tokio::select! {
        report = supervisor.execute(request) => Ok(report),
        _ = tokio::signal::ctrl_c() => Err(SignalKind::interrupt()),
        _ = terminate.recv() => Err(SignalKind::terminate()),
    };
    supervisor.shutdown().await;
    telling.await.map_err(Failure::internal)?;
    match ended {
        Ok(report) => Ok(tell(&report)),
        Err(signal) => Ok(ended_by(signal)),
    }
}

/// Says what the program emits as it comes, to the end of the run.
fn tell_progress() -> (mpsc::Sender<String>, JoinHandle<()>) {
    let (emitted, mut words) = mpsc::channel::<String>(EMITS);
    let telling = tokio::spawn(async move {
        while let Some(words) = words.recv().await {
            log::say(&words);
        }
    });
    (emitted, telling)
}

/// What shells expect of a command that a signal ended: 128 and the signal's number.
fn ended_by(signal: SignalKind) -> ExitCode {
    ExitCode::from(u8::try_from(128 + signal.as_raw_value()).unwrap_or(u8::MAX))
}

fn tell(report: &RunReport) -> ExitCode {
    for line in &report.logs {
        match line.level {
            Level::Debug | Level::Log | Level::Info => log::say(&line.text),
            Level::Warn => log::say(&format!("warning: {}", line.text)),
            Level::Error => log::say(&format!("error: {}", line.text)),
        }
    }
    for layer in &report.held.lowered {
        log::say(&format!("warning: the profile gives up a layer of the jail: {layer}"));
    }
    for warning in &report.warnings {
        log::say(&finding(warning));
    }
    match &report.error {
        Some(error) => {
            tell_error(error);
            exit_code(error.blame)
        }
        None => {
            log::print(report.value.as_deref().map_or("null", |value| value.get()));
            ExitCode::SUCCESS
        }
    }
}

/// The error as a person reads it: kind and place, excerpt, hint, stack.
pub(super) fn tell_error(error: &RunError) {
    let place =
        error.at.as_ref().map(|at| format!(" at {}:{}:{}", at.file, at.line, at.column)).unwrap_or_default();
    log::say(&format!("oubliette: {}{place}: {}", error.kind, error.message));
    if let Some(excerpt) = &error.excerpt {
        log::say(excerpt);
    }
    if let Some(hint) = &error.hint {
        log::say(&format!("hint: {hint}"));
    }
    for frame in &error.stack {
        log::say(&format!("    at {frame}"));
    }
    for more in &error.more {
        log::say(&finding(more));
    }
}

/// One finding as a line or several.
pub(super) fn finding(finding: &Finding) -> String {
    let severity = match finding.severity {
        guest_protocol::message::Severity::Error => "error",
        guest_protocol::message::Severity::Warning => "warning",
    };
    let place =
        finding.at.as_ref().map(|at| format!("{}:{}:{}: ", at.file, at.line, at.column)).unwrap_or_default();
    let excerpt = finding.excerpt.as_ref().map(|excerpt| format!("\n{excerpt}")).unwrap_or_default();
    let hint = finding.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    format!("{place}{severity} [{}]: {}{excerpt}{hint}", finding.rule, finding.message)
}
