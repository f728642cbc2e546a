//! `oubliette attest`: what the kernel holds of a live guest, compared with the profile.

use super::finding::{Finding, Rule, sarif};
use super::table::{Table, paragraph};
use super::{ConfigFile, Failure, log};
use crate::attest::{self, Attestation, Row, Terms, Verdict};
use policies::{Arch, Profile};
use std::path::PathBuf;
use std::process::ExitCode;

/// The usage was right, and yet there is no guest to look at.
const NO_GUEST: u8 = 2;
const DIFFERS: u8 = 1;
const NOT_PROVEN: u8 = 3;

const RULE_DIFFERS: Rule = Rule { id: "posture-differs", meaning: "A guest is not what its profile says." };
const RULE_NOT_PROVEN: Rule =
    Rule { id: "posture-not-proven", meaning: "Something about a guest could not be found out." };

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// The profile, in place of the one that the configuration names.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Print every row as JSON.
    #[arg(long)]
    json: bool,
    /// Print what is not equal as SARIF 2.1.0.
    #[arg(long, conflicts_with = "json")]
    sarif: bool,
    /// Process id of the guest: `pgrep -af '^oubliette-guest'` lists them, each with its run.
    #[arg(value_parser = clap::value_parser!(i32).range(1..))]
    pid: i32,
}

/// Exit status: 0 equal, 1 something differs, 2 no such guest, 3 nothing differs but something is not proven.
pub(super) fn attest(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let config = arguments.config.load()?;
    let path = arguments.profile.as_deref().or(config.profile.as_deref());
    let profile = path.map_or_else(Profile::builtin, Profile::load).map_err(Failure::operator)?;
    let compiled = profile.compile(Arch::current()).map_err(Failure::operator)?;
    let cgroup = config.host.cgroup.as_deref();
    let terms = Terms { profile: &compiled, limits: &config.limits, cgroup };
    let attestation = match attest::attest(arguments.pid, terms) {
        Ok(attestation) => attestation,
        Err(problem) => {
            log::say(&format!("oubliette: {problem}"));
            return Ok(ExitCode::from(NO_GUEST));
        }
    };
    if arguments.sarif {
        log::print(&sarif(&findings(&attestation)).to_string());
    } else if arguments.json {
        log::print(&serde_json::to_string(&attestation).map_err(Failure::internal)?);
    } else {
        log::print(&table(&attestation).to_string());
        log::print("");
        log::print(&paragraph(&verdict(&attestation)));
    }
    Ok(match attestation.verdict {
        Verdict::Equal => ExitCode::SUCCESS,
        Verdict::Differs => ExitCode::from(DIFFERS),
        Verdict::NotProven => ExitCode::from(NOT_PROVEN),
    })
}

fn table(attestation: &Attestation) -> Table<4> {
    let mut table = Table::new(["layer", "what", "the kernel says", "verdict"]);
    let mut layer = "";
    for row in &attestation.rows {
        let heading = if row.layer == layer { "" } else { row.layer };
        layer = row.layer;
        table.row([heading.to_owned(), row.item.clone(), shown(row), judged(row)]);
    }
    table
}

fn shown(row: &Row) -> String {
    match (&row.found, &row.why) {
        (Some(found), _) if found.trim_end_matches('\0').is_empty() => "none".into(),
        (Some(found), _) => shortened(found.trim_end_matches('\0')),
        (None, why) => why.clone().unwrap_or_default(),
    }
}

/// The first words of a digest tell it apart; `--json` has all of it.
fn shortened(found: &str) -> String {
    const SHOWN: usize = 16;
    let short = |word: &str| match word.len() {
        64 if word.bytes().all(|byte| byte.is_ascii_hexdigit()) => format!("{}…", &word[..SHOWN]),
        _ => word.to_owned(),
    };
    found.split(' ').map(short).collect::<Vec<_>>().join(" ")
}

fn judged(row: &Row) -> String {
    match row.verdict {
        Verdict::Equal => "equal".into(),
        Verdict::Differs => format!("DIFFERS: expected {}", shortened(&row.expected)),
        Verdict::NotProven => format!("not proven: needs {}", row.needs.as_deref().unwrap_or("another look")),
    }
}

/// The last line.
fn verdict(attestation: &Attestation) -> String {
    let Attestation { pid, run, supervisor, rows, .. } = attestation;
    let subject = format!("Guest {pid} ({run} of supervisor {supervisor})");
    let count = |verdict| rows.iter().filter(|row| row.verdict == verdict).count();
    let unproven = count(Verdict::NotProven);
    let layers = |verdict| attestation.layers(verdict).join(", ");
    match attestation.verdict {
        Verdict::Equal => format!("{subject} equals its profile: {} rows, all proven.", rows.len()),
        Verdict::NotProven => format!(
            "{subject}: nothing differs, but {unproven} of {} rows are not proven, in: {}.",
            rows.len(),
            layers(Verdict::NotProven)
        ),
        Verdict::Differs => {
            let differs = layers(Verdict::Differs);
            let more =
                if unproven == 0 { String::new() } else { format!(" {unproven} rows are not proven.") };
            format!("{subject} DIFFERS from its profile in: {differs}.{more}")
        }
    }
}

fn findings(attestation: &Attestation) -> Vec<Finding> {
    let finding = |row: &Row| {
        let Row { layer, item, expected, source, .. } = row;
        let (rule, remedy) = match row.verdict {
            Verdict::Equal => return None,
            Verdict::Differs => (RULE_DIFFERS, "End the run, and find out what started it".to_owned()),
            Verdict::NotProven => {
                (RULE_NOT_PROVEN, format!("Provide {}", row.needs.as_deref().unwrap_or("another look")))
            }
        };
        let problem = format!(
            "guest {} ({}): {layer}: {item} is {:?} by {source} where {expected:?} is expected",
            attestation.pid,
            attestation.run,
            shown(row)
        );
        Some(Finding { rule, problem, remedy, place: None })
    };
    attestation.rows.iter().filter_map(finding).collect()
}
