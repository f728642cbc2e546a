//! `oubliette check`: the check that every program passes before it runs, by itself.

use super::run::{finding, tell_error};
use super::{ConfigFile, Failure, exit_code, log, read_program};
use crate::report::{Blame, RunError, RunReport};
use crate::supervisor::RunRequest;
use guest_protocol::message::{Finding, Mode, Position, Severity};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Exit status: 0 nothing that would keep it from running (warnings are told), 1 something is, 2 wrong usage,
/// 4 the configuration or the host keeps it from being checked, 70 a fault of oubliette.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// Print findings and the tools it may call as one JSON object.
    #[arg(long)]
    json: bool,
    /// The program, TypeScript or JavaScript; - for standard input.
    file: PathBuf,
}

pub(super) async fn check(arguments: Arguments) -> Result<ExitCode, Failure> {
    let source = read_program(&arguments.file)?;
    let supervisor = arguments.config.start().await?;
    let request = RunRequest { source, timeout_ms: None, mode: Mode::Check, emitted: None };
    let mut report = supervisor.execute(request).await;
    supervisor.shutdown().await;
    name_file(&mut report, &arguments.file);
    if arguments.json {
        log::print(&summary(&report).to_string());
    } else {
        tell(&report);
    }
    Ok(report.error.as_ref().map_or(ExitCode::SUCCESS, |error| exit_code(error.blame)))
}

/// Places name the file as it was named on the command line; a program from standard input has the name it runs under.
fn name_file(report: &mut RunReport, file: &Path) {
    if file.as_os_str() == "-" {
        return;
    }
    let error = report.error.iter_mut().flat_map(|error| {
        let RunError { at, more, .. } = &mut **error;
        at.iter_mut().chain(more.iter_mut().filter_map(|finding| finding.at.as_mut()))
    });
    let warnings = report.warnings.iter_mut().filter_map(|finding| finding.at.as_mut());
    for at in error.chain(warnings).chain(&mut report.dynamic) {
        at.file = file.display().to_string();
    }
}

/// Findings and manifest for a pipeline. `error` is there only where the program could not be checked.
fn summary(report: &RunReport) -> Value {
    let error = report.error.as_deref();
    let first = error.and_then(as_finding);
    let more = error.map(|error| error.more.as_slice()).unwrap_or_default();
    let findings: Vec<Value> = first.iter().chain(more).chain(&report.warnings).map(flat).collect();
    let mut summary = json!({
        "ok": report.ok,
        "findings": findings,
        "manifest": report.manifest,
        "complete": report.ok && report.dynamic.is_empty(),
        "dynamic": report.dynamic,
        "denied": report.denied,
    });
    if let (Some(error), None, Some(fields)) = (error, first, summary.as_object_mut()) {
        fields.insert("error".into(), json!(error));
    }
    summary
}

/// The first error of a check stands in the report as the run's.
fn as_finding(error: &RunError) -> Option<Finding> {
    Some(Finding {
        severity: Severity::Error,
        rule: error.rule.clone()?,
        message: error.message.clone(),
        at: error.at.clone(),
        excerpt: error.excerpt.clone(),
        hint: error.hint.clone(),
    })
}

fn flat(finding: &Finding) -> Value {
    let mut flat = json!({
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "hint": finding.hint,
        "excerpt": finding.excerpt,
    });
    if let (Some(Position { file, line, column }), Some(fields)) = (&finding.at, flat.as_object_mut()) {
        fields.extend([
            ("file".to_owned(), json!(file)),
            ("line".to_owned(), json!(line)),
            ("column".to_owned(), json!(column)),
        ]);
    }
    flat
}

fn tell(report: &RunReport) {
    for warning in &report.warnings {
        log::say(&finding(warning));
    }
    match &report.error {
        Some(error) if error.blame == Blame::Guest => tell_error(error),
        Some(error) => log::say(&format!("oubliette: the program could not be checked: {}", error.message)),
        None => tell_manifest(report),
    }
}

fn tell_manifest(report: &RunReport) {
    for tool in &report.manifest {
        let denied = report.denied.contains(tool);
        let may = if denied { "may not call, for the profile does not grant it," } else { "may call" };
        log::print(&format!("{may} {}.{}", tool.server, tool.tool));
    }
    for Position { file, line, column } in &report.dynamic {
        log::print(&format!(
            "may call more: {file}:{line}:{column} takes a server or a tool without naming it"
        ));
    }
    log::print("ok");
}
