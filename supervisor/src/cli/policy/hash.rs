//! `oubliette policy hash`: what the profile and everything made from it can be recognised by.

use super::super::table::Table;
use super::super::{Failure, log};
use super::ProfileChoice;
use policies::{Arch, Digests, Profile};
use serde_json::{Map, Value, json};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    profile: ProfileChoice,
    /// Print them as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn hash(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let profile = arguments.profile.load()?;
    let mut of_archs = Vec::new();
    for arch in Arch::ALL {
        let compiled = profile.compile(arch).map_err(Failure::operator)?;
        of_archs.push((arch, compiled.digests));
    }
    if arguments.json {
        log::print(&json(&profile, &of_archs).to_string());
    } else {
        log::print(&table(&of_archs).to_string());
    }
    Ok(ExitCode::SUCCESS)
}

fn json(profile: &Profile, of_archs: &[(Arch, Digests)]) -> Value {
    let digests = |(arch, digests): &(Arch, Digests)| {
        let filters = json!({ "first_filter": digests.first_filter, "last_filter": digests.last_filter });
        (arch.name().to_owned(), filters)
    };
    let source = of_archs.first().map(|(_, digests)| digests.profile.as_str());
    json!({
        "name": profile.name(),
        "profile": source,
        "filters": of_archs.iter().map(digests).collect::<Map<String, Value>>(),
    })
}

fn table(of_archs: &[(Arch, Digests)]) -> Table<3> {
    let mut table = Table::new(["what", "for", "sha256"]);
    if let Some((_, digests)) = of_archs.first() {
        table.row(["profile", "every host", &digests.profile]);
    }
    for (arch, digests) in of_archs {
        table.row(["first filter (jailer's)", arch.name(), &digests.first_filter]);
        table.row(["last filter (guest's)", arch.name(), &digests.last_filter]);
    }
    table
}
