//! `oubliette policy compare`: what the profile leaves reachable, beside what well-known sandboxes do.

use super::super::table::{Table, paragraph};
use super::super::{Failure, log};
use super::ProfileChoice;
use policies::bpf::{Diagrams, reaches};
use policies::{Arch, Baseline, Profile, baselines, classes};
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// Whose numbers the lists are in.
const ARCH: Arch = Arch::X86_64;

/// The table of classes: its first column, and how the names of the lists begin.
const COLUMNS: [&str; 8] = [
    "allowed beyond the profile",
    "firecracker",
    "openssh",
    "crosvm",
    "gvisor",
    "chromium",
    "systemd",
    "docker",
];

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    profile: ProfileChoice,
    /// With which of them, and call by call; without it with all, in numbers.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    with: Vec<String>,
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
}

/// The difference to one of them.
struct Comparison {
    baseline: Baseline,
    /// Calls that it allows and the profile does not, by class.
    only_there: Vec<(&'static str, Vec<&'static str>)>,
    /// Calls that the profile allows and it does not.
    only_here: Vec<String>,
}

pub(super) fn compare(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let profile = arguments.profile.load()?;
    let ours = reachable(&profile)?;
    let chosen = choose(&arguments.with)?;
    let compared: Vec<Comparison> =
        chosen.into_iter().map(|baseline| Comparison::new(baseline, &ours)).collect();
    if arguments.json {
        log::print(&json(&profile, &ours, &compared).to_string());
    } else {
        print(&profile, &ours, &compared, !arguments.with.is_empty());
    }
    Ok(ExitCode::SUCCESS)
}

/// The calls that pass both filters with some arguments, read from the compiled bytes.
fn reachable(profile: &Profile) -> Result<Vec<String>, Failure> {
    let compiled = profile.compile(ARCH).map_err(Failure::operator)?;
    let mut diagrams = Diagrams::default();
    let set = compiled.passes_both(&mut diagrams).map_err(Failure::operator)?;
    let rows = reaches(&mut diagrams, set, ARCH).map_err(Failure::operator)?;
    Ok(rows.into_iter().map(|row| row.call).collect())
}

fn choose(names: &[String]) -> Result<Vec<Baseline>, Failure> {
    let all = baselines().map_err(Failure::internal)?;
    let known: Vec<&str> = all.iter().map(|baseline| baseline.name.as_str()).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        let known = known.join(", ");
        return Err(Failure::operator(format!("no list is called {unknown:?}. Name some of: {known}")));
    }
    Ok(all.into_iter().filter(|baseline| names.is_empty() || names.contains(&baseline.name)).collect())
}

impl Comparison {
    fn new(baseline: Baseline, ours: &[String]) -> Self {
        let there = |call: &&str| baseline.calls.iter().any(|one| one == call);
        let here = |call: &&str| ours.iter().any(|one| one == call);
        let only_there = classes()
            .map(|(class, calls)| {
                (class, calls.into_iter().filter(|call| there(call) && !here(call)).collect())
            })
            .filter(|(_, calls): &(_, Vec<&str>)| !calls.is_empty())
            .collect();
        let only_here = ours.iter().filter(|call| !baseline.calls.contains(call)).cloned().collect();
        Self { baseline, only_there, only_here }
    }

    fn beyond(&self, class: &str) -> usize {
        self.only_there.iter().find(|(one, _)| *one == class).map_or(0, |(_, calls)| calls.len())
    }
}

fn json(profile: &Profile, ours: &[String], compared: &[Comparison]) -> Value {
    let one = |comparison: &Comparison| {
        let Baseline { name, title, source, version, how, otherwise, count, .. } = &comparison.baseline;
        let classes: Map<String, Value> =
            comparison.only_there.iter().map(|(class, calls)| ((*class).to_owned(), json!(calls))).collect();
        json!({
            "name": name, "title": title, "source": source, "version": version, "how": how,
            "otherwise": otherwise, "count": count, "only_there": classes, "only_here": comparison.only_here,
        })
    };
    json!({
        "profile": profile.name(),
        "arch": ARCH.name(),
        "calls": ours,
        "count": ours.len(),
        "with": compared.iter().map(one).collect::<Vec<_>>(),
    })
}

fn print(profile: &Profile, ours: &[String], compared: &[Comparison], in_detail: bool) {
    let mut counts = Table::new(["sandbox", "calls", "any other", "what it is"]);
    let own = format!("profile {}: {}", profile.name(), ours.join(", "));
    counts.row(["oubliette", &ours.len().to_string(), "kill", &own]);
    for Baseline { name, title, count, otherwise, .. } in compared.iter().map(|one| &one.baseline) {
        counts.row([name, &count.to_string(), otherwise, title]);
    }
    log::print(&counts.to_string());
    for comparison in compared {
        if in_detail {
            log::print("");
            detail(profile, comparison);
        }
    }
    if !in_detail {
        log::print("");
        by_class(compared);
    }
    for Baseline { name, source, version, how, .. } in compared.iter().map(|one| &one.baseline) {
        log::print("");
        log::print(&paragraph(&format!("{name}, from {source}; {version}. Counted: {how}.")));
    }
}

fn detail(profile: &Profile, comparison: &Comparison) {
    let name = &comparison.baseline.name;
    let mut table = Table::new(["class", "calls", "which"]);
    for (class, calls) in &comparison.only_there {
        table.row([(*class).to_owned(), calls.len().to_string(), calls.join(", ")]);
    }
    log::print(&format!("{name} allows, and {} does not:", profile.name()));
    log::print(&table.to_string());
    let other =
        if comparison.only_here.is_empty() { "nothing".into() } else { comparison.only_here.join(", ") };
    log::print(&paragraph(&format!("{} allows, and {name} does not: {other}.", profile.name())));
}

/// How many calls each allows beyond the profile, class by class.
fn by_class(compared: &[Comparison]) {
    let mut table = Table::new(COLUMNS);
    for (class, _) in classes() {
        let counts = COLUMNS.map(|column| {
            let of_column = compared.iter().find(|one| one.baseline.name.starts_with(column));
            of_column.map_or(0, |one| one.beyond(class))
        });
        if counts.iter().any(|&count| count > 0) {
            let mut row = counts.map(|count| count.to_string());
            row[0] = class.to_owned();
            table.row(row);
        }
    }
    log::print(&table.to_string());
}

#[cfg(test)]
mod tests {
    use super::COLUMNS;

    #[test]
    fn every_list_has_its_column() {
        let all = policies::baselines().unwrap();
        assert_eq!(all.len() + 1, COLUMNS.len());
        for baseline in all {
            let columns = COLUMNS.iter().filter(|column| baseline.name.starts_with(**column)).count();
            assert_eq!(columns, 1, "{}", baseline.name);
        }
    }
}
