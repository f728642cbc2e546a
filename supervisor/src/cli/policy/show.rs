//! `oubliette policy show`: the document as tables.

use super::super::table::{Table, paragraph};
use super::super::{Failure, log};
use super::ProfileChoice;
use policies::{Profile, Statement};
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    profile: ProfileChoice,
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn show(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let profile = arguments.profile.load()?;
    if arguments.json {
        log::print(&json(&profile).to_string());
    } else {
        print(&profile);
    }
    Ok(ExitCode::SUCCESS)
}

fn json(profile: &Profile) -> Value {
    let statement = |one: Statement| json!({ "layer": one.layer, "what": one.what, "why": one.why });
    json!({
        "name": profile.name(),
        "why": profile.why(),
        "parent": profile.parent_name(),
        "statements": profile.statements().into_iter().map(statement).collect::<Vec<_>>(),
    })
}

fn print(profile: &Profile) {
    let parent = profile.parent_name().map(|parent| format!(", a child of {parent}")).unwrap_or_default();
    log::print(&paragraph(&format!("{}{parent}: {}", profile.name(), profile.why())));
    log::print("");
    let mut table = Table::new(["layer", "what", "why"]);
    for statement in profile.statements() {
        table.row([statement.layer.to_owned(), statement.what, statement.why]);
    }
    log::print(&table.to_string());
}
