//! `oubliette policy verify`: whether the compiled filters are exactly what the profile declares.

use super::super::finding::{self, Rule, sarif};
use super::super::table::{Table, paragraph};
use super::super::{Failure, log};
use super::{FOUND, ProfileChoice};
use policies::{Arch, Finding, Verification};
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    profile: ProfileChoice,
    /// Print the results as JSON.
    #[arg(long)]
    json: bool,
    /// Print the findings as SARIF 2.1.0.
    #[arg(long, conflicts_with = "json")]
    sarif: bool,
}

pub(super) fn verify(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let profile = arguments.profile.load()?;
    let mut results = Vec::new();
    for arch in Arch::ALL {
        let compiled = profile.compile(arch).map_err(Failure::operator)?;
        results.extend(policies::verify(&profile, &compiled, arch).map_err(Failure::operator)?);
    }
    let ok = results.iter().all(|result| result.findings.is_empty());
    let findings: Vec<finding::Finding> = results.iter().flat_map(findings).collect();
    if arguments.sarif {
        log::print(&sarif(&findings).to_string());
    } else if arguments.json {
        let filters: Vec<Value> = results.iter().map(json).collect();
        log::print(&json!({ "ok": ok, "profile": profile.name(), "filters": filters }).to_string());
    } else {
        print(&results, &findings);
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::from(FOUND) })
}

fn json(result: &Verification) -> Value {
    json!({
        "arch": result.arch,
        "filter": result.filter,
        "instructions": result.instructions,
        "paths": result.paths,
        "unreached_returns": result.closing,
        "findings": findings(result).zip(&result.findings).map(witnessed).collect::<Vec<_>>(),
        "notes": result.notes,
    })
}

fn witnessed((told, found): (finding::Finding, &Finding)) -> Value {
    let mut told = told.json();
    if let Some(fields) = told.as_object_mut() {
        fields.insert("instruction".into(), json!(found.instruction));
        fields.insert("witness".into(), json!(found.witness));
    }
    told
}

fn findings(result: &Verification) -> impl Iterator<Item = finding::Finding> {
    result.findings.iter().map(|found| {
        let at = found.instruction.map_or_else(String::new, |at| format!(", instruction {at}"));
        let place = found.place.as_ref();
        finding::Finding {
            rule: Rule { id: found.fault.id(), meaning: found.fault.meaning() },
            problem: format!("{} filter on {}{at}: {}", result.filter, result.arch.name(), found.problem),
            remedy: found.fault.remedy().into(),
            place: place.map(|place| finding::Place {
                file: place.file.clone(),
                line: place.line,
                column: place.column,
            }),
        }
    })
}

fn print(results: &[Verification], findings: &[finding::Finding]) {
    let mut table = Table::new(["architecture", "filter", "instructions", "ways walked", "result"]);
    for result in results {
        let verdict = match result.findings.len() {
            0 => "equals the profile".to_owned(),
            1 => "1 finding".to_owned(),
            many => format!("{many} findings"),
        };
        table.row([
            result.arch.name().to_owned(),
            format!("{}, the {}'s", result.filter, result.filter.owner()),
            format!("{} ({} never reached)", result.instructions, result.closing),
            result.paths.to_string(),
            verdict,
        ]);
    }
    log::print(&table.to_string());
    findings.iter().for_each(|finding| log::print(&format!("\n{}", finding.tell())));
    log::print("");
    log::print(&paragraph(
        "Equal means: for every call there can be, whatever its number, its arguments and its way into the kernel. \
         An instruction that is never reached is the return with which the compiler ends a rule that always \
         matches. Calls of other architectures and x32 numbers end the process.",
    ));
    let mut notes: Vec<&String> = results.iter().flat_map(|result| &result.notes).collect();
    notes.sort();
    notes.dedup();
    notes.into_iter().for_each(|note| log::print(&paragraph(&format!("Outside of every filter: {note}."))));
}
