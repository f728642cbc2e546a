//! `oubliette policy hash`: what the profile and everything made from it can be recognised by.

use super::super::table::Table;
use super::super::{Failure, log};
use super::ProfileChoice;
use crate::guest::jail;
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

/// Every digest there is.
struct Sums {
    of_archs: Vec<(Arch, Digests)>,
    /// Of the guest's executable, which is for this host.
    image: String,
    /// Of all of this host's: what a run's report carries.
    together: String,
}

pub(super) fn hash(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let profile = arguments.profile.load()?;
    let sums = sums(&profile)?;
    if arguments.json {
        log::print(&json(&profile, &sums).to_string());
    } else {
        log::print(&table(&profile, &sums).to_string());
    }
    Ok(ExitCode::SUCCESS)
}

fn sums(profile: &Profile) -> Result<Sums, Failure> {
    let compiled = |arch| profile.compile(arch).map(|compiled| compiled.digests).map_err(Failure::operator);
    let of_arch = |arch| compiled(arch).map(|digests| (arch, digests));
    let of_archs = Arch::ALL.into_iter().map(of_arch).collect::<Result<_, _>>()?;
    let image = jail::image_digest().map_err(Failure::operator)?;
    let together = compiled(Arch::current())?.with_image(&image);
    Ok(Sums { of_archs, image, together })
}

fn json(profile: &Profile, sums: &Sums) -> Value {
    let of_arch = |(arch, digests): &(Arch, Digests)| {
        let filters = json!({
            "first_filter": digests.first_filter,
            "last_filter": digests.last_filter,
            "ruleset": digests.ruleset,
        });
        (arch.name().to_owned(), filters)
    };
    json!({
        "name": profile.name(),
        "profile": profile.digest(),
        "archs": sums.of_archs.iter().map(of_arch).collect::<Map<String, Value>>(),
        "image": sums.image,
        "together": sums.together,
    })
}

fn table(profile: &Profile, sums: &Sums) -> Table<3> {
    let mut table = Table::new(["what", "for", "sha256"]);
    table.row(["profile", "every host", profile.digest()]);
    if let Some((_, digests)) = sums.of_archs.first() {
        table.row(["ruleset", "every host", &digests.ruleset]);
    }
    for (arch, digests) in &sums.of_archs {
        table.row(["first filter", arch.name(), &digests.first_filter]);
        table.row(["last filter", arch.name(), &digests.last_filter]);
    }
    table.row(["guest image", "this host", &sums.image]);
    table.row(["together", "this host", &sums.together]);
    table
}
