//! What `layers.toml` claims of the layers behind the filters stands in the measured results.

use serde::Deserialize;
use std::collections::BTreeMap;

const RESULTS: &str = include_str!("../../tests/containment/RESULTS.md");
const LAYERS: &str = include_str!("../layers.toml");

#[derive(Deserialize)]
struct Layers {
    class: Vec<Class>,
}

#[derive(Deserialize)]
struct Class {
    shown: BTreeMap<String, String>,
    behind: Vec<BTreeMap<String, String>>,
}

/// The results of guests that root started: by attack (group and name), the cell of each column.
fn measured() -> BTreeMap<String, BTreeMap<String, String>> {
    let section =
        RESULTS.split("\n## ").find(|section| section.starts_with("Started by root")).expect("a section");
    let mut rows = section.lines().filter(|line| line.starts_with("| ")).map(|line| {
        line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect::<Vec<String>>()
    });
    let headings = rows.next().expect("headings");
    rows.map(|cells| {
        let attack = format!("{} {}", cells[0], cells[1]);
        (attack, headings.iter().cloned().zip(cells).collect())
    })
    .collect()
}

/// The columns that are called otherwise than the step.
fn column(layer: &str) -> &str {
    match layer {
        "landlock" => "Landlock",
        "cgroup" => "leaf",
        other => other,
    }
}

#[test]
fn every_claim_was_measured_with_that_layer_alone() {
    let measured = measured();
    let layers: Layers = toml::from_str(LAYERS).expect("layers.toml can be read");
    let mut claims = 0;
    for class in &layers.class {
        for (call, attack) in &class.shown {
            let cells = measured.get(attack).unwrap_or_else(|| panic!("no attack is called {attack:?}"));
            assert_eq!(cells.get("bare").map(String::as_str), Some("**yes**"), "{attack} shows nothing");
            for behind in &class.behind {
                let (layer, answer) = (&behind["layer"], &behind["answer"]);
                assert_eq!(cells.get(column(layer)), Some(answer), "{call}: {layer}, shown by {attack}");
                claims += 1;
            }
        }
    }
    assert!(claims > 120, "{claims} claims");
}
