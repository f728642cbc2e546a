//! `oubliette policy check`: whether profiles may be used, with every fault at its place.

use super::super::finding::{Finding, Place, Rule, sarif};
use super::super::{Failure, exit_code, log};
use crate::report::Blame;
use policies::{Profile, ProfileError};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
    /// Print the findings as SARIF 2.1.0.
    #[arg(long, conflicts_with = "json")]
    sarif: bool,
    /// The profiles.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

pub(super) fn check(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let faults = arguments.files.iter().filter_map(|file| Profile::load(file).err());
    let findings: Vec<Finding> = faults.flat_map(findings).collect();
    if arguments.sarif {
        log::print(&sarif(&findings).to_string());
    } else if arguments.json {
        let found: Vec<Value> = findings.iter().map(Finding::json).collect();
        log::print(&json!({ "ok": findings.is_empty(), "findings": found }).to_string());
    } else if findings.is_empty() {
        log::print("ok");
    } else {
        findings.iter().for_each(|finding| log::say(&finding.tell()));
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { exit_code(Blame::Operator) })
}

/// The error and those behind it, one finding each.
fn findings(error: ProfileError) -> Vec<Finding> {
    let more = error.more.into_iter().flat_map(findings);
    let first = Finding {
        rule: Rule { id: error.rule.id(), meaning: error.rule.meaning() },
        problem: error.problem,
        remedy: error.remedy,
        place: Some(Place { file: error.file, line: error.line, column: error.column }),
    };
    std::iter::once(first).chain(more).collect()
}
