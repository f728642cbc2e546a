//! That none of the 115 groups of attacks is left out: each has rows, or tests that exist.

use super::attack;
use oubliette_tests::bench::read;
use oubliette_tests::binaries::workspace;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Verdict, ensure};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

const GROUPS: u32 = 115;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    what: String,
    #[serde(default)]
    tests: Vec<String>,
}

pub(super) fn add(trials: &mut Trials) {
    trials.once("groups/none is left out", &[], none_left_out);
}

fn none_left_out() -> Verdict {
    let text = read("containment/groups.toml")?;
    let chapters: BTreeMap<String, BTreeMap<String, Group>> =
        toml::from_str(&text).map_err(|error| error.to_string())?;
    let with_rows: BTreeSet<u32> = attack::all()?.iter().map(|attack| attack.group).collect();
    let mut listed = BTreeSet::new();
    let mut wrong = Vec::new();
    for (number, group) in chapters.values().flatten() {
        let number: u32 = number.parse().map_err(|error| format!("{number}: {error}"))?;
        listed.insert(number);
        if group.tests.is_empty() && !with_rows.contains(&number) {
            wrong.push(format!("{number}, {}: neither rows nor tests", group.what));
        }
        wrong.extend(
            group.tests.iter().filter(|test| !exists(test)).map(|test| format!("{number}: no {test}")),
        );
    }
    let all: BTreeSet<u32> = (1..=GROUPS).collect();
    ensure!(listed == all, "missing: {:?}", all.difference(&listed));
    ensure!(with_rows.is_subset(&all), "rows of other groups: {:?}", with_rows.difference(&all));
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// Whether these words stand in that file.
fn exists(test: &str) -> bool {
    let Some((file, words)) = test.split_once(": ") else { return false };
    fs::read_to_string(workspace().join(file)).is_ok_and(|text| text.contains(words))
}
