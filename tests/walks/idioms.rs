//! What models write: tables of short programs, each in a guest of its own, against what Node makes of them.

use oubliette_tests::bench::{Bench, read};
use oubliette_tests::binaries::workspace;
use oubliette_tests::needs::{Need, on_path};
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde::Deserialize;
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

const FOLDER: &str = "programs/idioms";
/// Programs in all the tables together, at the least.
const PROGRAMS: usize = 300;
/// Of a hundred programs, how many give what Node gives.
const SAME_OF_HUNDRED: usize = 99;
/// Programs at the same time.
const WINDOW: usize = 4;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    row: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    program: String,
    /// JSON. What Node gives, unless it is made by hand.
    expected: Option<String>,
    /// Part of the error message instead.
    fails: Option<String>,
    /// The first major version of Node that has all of it.
    since: Option<u32>,
    /// Node has no such thing, or would not say it so: files of ours, types, a Map as the value.
    #[serde(default)]
    by_hand: bool,
    /// Why the guest does not give what is expected. It fails, as `fails` says, or gives `gives`.
    differs: Option<String>,
    gives: Option<String>,
}

struct Family {
    name: String,
    rows: Vec<Row>,
}

pub(super) fn add(trials: &mut Trials) -> Result<(), Failed> {
    let families: Vec<Arc<Family>> = families()?.into_iter().map(Arc::new).collect();
    for family in &families {
        let family = Arc::clone(family);
        trials.both(&format!("idioms/{}", family.name), &[], move |bench| run(bench, &family));
    }
    let all = families.clone();
    trials.once("idioms/enough of them, and enough alike", &[], move || count(&all));
    trials.once("idioms/Node says the same", &[Need::Node], move || ask_node(&families));
    Ok(())
}

fn families() -> Result<Vec<Family>, Failed> {
    let folder = workspace().join("tests").join(FOLDER);
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(told)? {
        let name = entry.map_err(told)?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".toml").map(str::to_owned));
    }
    names.sort();
    names.into_iter().map(family).collect()
}

fn family(name: String) -> Result<Family, Failed> {
    let text = read(&format!("{FOLDER}/{name}.toml"))?;
    let table: Table = toml::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
    Ok(Family { name, rows: table.row })
}

fn run(bench: &Bench, family: &Family) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let programs: Vec<String> = family.rows.iter().map(|row| row.program.clone()).collect();
    let reports = gateway.execute_all(&programs, WINDOW)?;
    gateway.close()?;
    let wrong: Vec<String> =
        family.rows.iter().zip(&reports).filter_map(|(row, report)| row.wrong(report)).collect();
    ensure!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), reports.len(), wrong.join("\n"));
    Ok(())
}

impl Row {
    /// What is wrong with the report of a run, if anything is.
    fn wrong(&self, report: &Value) -> Option<String> {
        let said = report.get("error").map(Value::to_string);
        let found = report["value"].to_string();
        match (self.fails.as_deref(), self.gives.as_deref().or(self.expected.as_deref()), said) {
            (Some(words), _, Some(said)) if said.contains(words) => None,
            (Some(words), _, _) => Some(format!("{}: no error about {words:?}: {report}", self.name)),
            (None, _, Some(_)) => Some(format!("{}: failed: {}", self.name, report["error"])),
            (None, Some(expected), None) => match serde_json::from_str::<Value>(expected) {
                Ok(expected) if same(&expected, &report["value"]) => None,
                Ok(expected) => Some(format!("{}:\n    {found}\n  instead of\n    {expected}", self.name)),
                Err(error) => Some(format!("{}: {expected}: {error}", self.name)),
            },
            (None, None, None) => Some(format!("{}: the row expects nothing", self.name)),
        }
    }

    fn asks_node(&self, version: u32) -> bool {
        !self.by_hand && self.expected.is_some() && self.since.is_none_or(|since| since <= version)
    }
}

/// Whether two values are the same to a program: JSON knows one kind of number, and `1` and `1.0` are it.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| other.get(name).is_some_and(|other| same(one, other)))
        }
        _ => one == other,
    }
}

fn count(families: &[Arc<Family>]) -> Verdict {
    let rows = || families.iter().flat_map(|family| &family.rows).filter(|row| row.expected.is_some());
    let (all, alike) = (rows().count(), rows().filter(|row| row.differs.is_none()).count());
    ensure!(all >= PROGRAMS, "only {all} programs");
    ensure!(alike * 100 >= all * SAME_OF_HUNDRED, "only {alike} of {all} programs give what Node gives");
    for row in families.iter().flat_map(|family| &family.rows) {
        let refused = row.fails.is_some() || row.gives.is_some();
        ensure!(
            refused == (row.differs.is_some() || row.expected.is_none()),
            "{:?} has to say what it gives, and why",
            row.name
        );
    }
    Ok(())
}

/// The expected values are Node's own.
fn ask_node(families: &[Arc<Family>]) -> Verdict {
    let version = Need::node_version().ok_or("no Node")?;
    let rows: Vec<&Row> =
        families.iter().flat_map(|family| &family.rows).filter(|row| row.asks_node(version)).collect();
    let programs: Vec<&str> = rows.iter().map(|row| row.program.as_str()).collect();
    let answers = node(&serde_json::to_vec(&programs).map_err(|error| error.to_string())?)?;
    let mut wrong = Vec::new();
    for (row, answer) in rows.iter().zip(&answers) {
        let expected: Value = serde_json::from_str(row.expected.as_deref().unwrap_or("null"))
            .map_err(|error| format!("{}: {error}", row.name))?;
        if !answer.get("value").is_some_and(|value| same(&expected, value)) {
            wrong.push(format!("{}: Node says {answer}, the table {expected}", row.name));
        }
    }
    ensure!(answers.len() == rows.len(), "{} answers to {} programs", answers.len(), rows.len());
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

fn node(programs: &[u8]) -> Result<Vec<Value>, Failed> {
    let node = on_path("node").ok_or("no Node")?;
    let mut child = Command::new(node)
        .arg(workspace().join("tests").join(FOLDER).join("node.mjs"))
        .env("TZ", "UTC")
        .env("LC_ALL", "en_US.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("node: {error}"))?;
    let mut input = child.stdin.take().ok_or("no standard input")?;
    input.write_all(programs).map_err(|error| format!("node: {error}"))?;
    drop(input);
    let output = child.wait_with_output().map_err(|error| format!("node: {error}"))?;
    ensure!(output.status.success(), "node ended with {}", output.status);
    serde_json::from_slice(&output.stdout).map_err(|error| format!("node: {error}").into())
}
