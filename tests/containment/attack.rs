//! Attacks as data: the rows of `attacks/*.toml`.

use super::notation;
use oubliette_tests::bench::read;
use oubliette_tests::caller::Caller;
use oubliette_tests::{Failed, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The files, in the order of the results: A gate, B memory, C files, D network, E processes, F privilege, G leaks.
const FILES: [&str; 7] = ["gate", "memory", "files", "network", "processes", "privilege", "leaks"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    attack: Vec<Row>,
}

/// A row as it is written; with variants it is several attacks.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Row {
    /// The number of its group: see `groups.toml`.
    group: u32,
    name: String,
    /// What is tried, one call after the other until one fails; see `notation.rs`. `{}` is the variant's value.
    calls: Vec<String>,
    /// Calls that put things back where the attack has succeeded.
    #[serde(default)]
    undo: Vec<String>,
    /// `NAME=VALUE`.
    #[serde(default)]
    variants: Vec<String>,
    /// Errors of the last call that only who was let through gets.
    #[serde(default)]
    reached: Vec<String>,
    /// The layers that stop it alone, by the letters of `modes.rs`.
    #[serde(default)]
    alone: String,
    /// The same for the ordinary user, where it differs.
    user: Option<String>,
    /// Whether only root can do it: then for an ordinary user even the bare mode ends in EPERM or EACCES, and only
    /// the filters can stop it in another way.
    #[serde(default)]
    privileged: bool,
    /// Why it cannot succeed on this host even without a jail, as anybody.
    bare: Option<String>,
    /// The same for root only.
    bare_root: Option<String>,
    /// The same for the ordinary user only.
    bare_user: Option<String>,
    /// Whether it has succeeded only if a signal has reached the jailer.
    #[serde(default)]
    heard: bool,
    /// Whether it has succeeded when the process, having become another program, ends with status 0.
    #[serde(default)]
    becomes: bool,
}

/// One attack.
#[derive(Clone)]
pub(super) struct Attack {
    pub(super) group: u32,
    pub(super) name: String,
    pub(super) reached: Vec<String>,
    pub(super) heard: bool,
    pub(super) becomes: bool,
    /// How many calls it takes.
    pub(super) calls: usize,
    /// What the hostile guest is told.
    pub(super) program: String,
    row: Row,
}

impl Attack {
    /// The layers that are to stop it alone.
    pub(super) fn alone(&self, caller: Caller) -> String {
        match (caller, &self.row.user, self.row.privileged) {
            (Caller::User, Some(user), _) => user.clone(),
            (Caller::User, None, true) => {
                self.row.alone.chars().filter(|layer| "GJ".contains(*layer)).collect()
            }
            _ => self.row.alone.clone(),
        }
    }

    /// Why it cannot succeed even without a jail.
    pub(super) fn impossible(&self, caller: Caller) -> Option<&str> {
        let of_caller = match caller {
            Caller::User if self.row.privileged => Some("needs privileges that an ordinary user has not"),
            Caller::User => self.row.bare_user.as_deref(),
            Caller::Root => self.row.bare_root.as_deref(),
        };
        of_caller.or(self.row.bare.as_deref())
    }

    /// Whether the ordinary user lacks nothing but privileges.
    pub(super) fn is_privileged(&self) -> bool {
        self.row.privileged
    }
}

/// Every attack, in the order of the results.
pub(super) fn all() -> Result<Vec<Attack>, Failed> {
    let mut attacks = Vec::new();
    for file in FILES {
        let path = format!("containment/attacks/{file}.toml");
        let parsed: File = toml::from_str(&read(&path)?).map_err(|error| format!("{path}: {error}"))?;
        for row in parsed.attack {
            attacks.extend(expand(&row).map_err(|error| format!("{path}: {}: {error}", row.name))?);
        }
    }
    let names: BTreeSet<&str> = attacks.iter().map(|attack| attack.name.as_str()).collect();
    ensure!(names.len() == attacks.len(), "two attacks have the same name, by which the results know them");
    Ok(attacks)
}

fn expand(row: &Row) -> Result<Vec<Attack>, String> {
    if row.variants.is_empty() {
        return Ok(vec![attack(row, "", "")?]);
    }
    let one = |variant: &String| {
        let (name, value) = variant.split_once('=').ok_or_else(|| format!("{variant:?} has no value"))?;
        attack(row, name.trim(), value.trim())
    };
    row.variants.iter().map(one).collect()
}

fn attack(row: &Row, variant: &str, value: &str) -> Result<Attack, String> {
    let step = |call: &String| notation::step(&call.replace("{}", value));
    let calls: Vec<Value> = row.calls.iter().map(step).collect::<Result<_, _>>()?;
    let undo: Vec<Value> = row.undo.iter().map(step).collect::<Result<_, _>>()?;
    let count = calls.len();
    let mut program = vec![json!({ "chain": calls })];
    program.extend(undo);
    if row.heard {
        program.extend([json!({ "say": "done" }), json!("hear")]);
    }
    Ok(Attack {
        group: row.group,
        name: row.name.replace("{}", variant),
        reached: row.reached.clone(),
        heard: row.heard,
        becomes: row.becomes,
        calls: count,
        program: Value::Array(program).to_string(),
        row: row.clone(),
    })
}
