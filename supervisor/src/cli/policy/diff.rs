//! `oubliette policy diff`: what one profile permits and another does not, decided on the compiled filters.

use super::super::table::Table;
use super::super::{Failure, log};
use super::{FOUND, named};
use policies::{Arch, Change, Difference, Setting, difference};
use serde_json::json;
use std::collections::BTreeMap;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The profile before: a file, or `default` for the built-in one.
    before: String,
    /// The profile after.
    after: String,
    /// Print the difference as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn diff(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let (before, after) = (named(&arguments.before)?, named(&arguments.after)?);
    let mut differences = Vec::new();
    for arch in Arch::ALL {
        differences.push(difference(&before, &after, arch).map_err(Failure::operator)?);
    }
    let widened = differences.iter().any(Difference::widened);
    if arguments.json {
        log::print(&json!({ "widened": widened, "differences": differences }).to_string());
    } else if differences.iter().all(Difference::is_empty) {
        log::print("Both permit the same.");
    } else {
        print(&differences);
        let conclusion =
            if widened { "The second permits more." } else { "The second permits nothing more." };
        log::print(&format!("\n{conclusion}"));
    }
    Ok(if widened { ExitCode::from(FOUND) } else { ExitCode::SUCCESS })
}

fn print(differences: &[Difference]) {
    let calls = calls(differences);
    if !calls.is_empty() {
        let mut table = Table::new(["", "through", "call", "with", "on"]);
        for ((sign, through, call, with), archs) in calls {
            let on =
                if archs.len() == Arch::ALL.len() { "every architecture".into() } else { archs.join(", ") };
            table.row([sign.to_owned(), through.to_owned(), call, with, on]);
        }
        log::print(&table.to_string());
    }
    // They do not depend on the architecture.
    let settings: &[Setting] = differences.first().map_or(&[], |difference| &difference.settings);
    if !settings.is_empty() {
        let mut table = Table::new(["", "layer", "what", "before", "after"]);
        for setting in settings {
            let sign = sign(setting.widened);
            table.row([sign, setting.layer, &setting.what, &setting.before, &setting.after]);
        }
        log::print(&table.to_string());
    }
}

const fn sign(widened: bool) -> &'static str {
    if widened { "+" } else { "-" }
}

type Row = (&'static str, &'static str, String, String);

/// One row for what is alike on several architectures.
fn calls(differences: &[Difference]) -> BTreeMap<Row, Vec<&'static str>> {
    let mut rows: BTreeMap<Row, Vec<&'static str>> = BTreeMap::new();
    for difference in differences {
        for Change { through, widened, reach } in &difference.calls {
            let row = (sign(*widened), through.name(), reach.call.clone(), reach.conditions());
            rows.entry(row).or_default().push(difference.arch.name());
        }
    }
    rows
}
