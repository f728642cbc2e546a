//! The table of endings: each row by itself, then all of them through one gateway.

use oubliette_tests::bench::{Bench, read};
use oubliette_tests::invocation::Outcome;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a run may take beyond its own limits: start, upstream servers, end, on a busy machine.
const SLACK: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    limits: toml::Table,
    ending: Vec<Ending>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Ending {
    name: String,
    code: Option<String>,
    nested: Option<Nested>,
    timeout_ms: Option<u64>,
    kind: Option<OneOf>,
    #[serde(default = "Ending::guest")]
    blame: String,
    value: Option<String>,
    #[serde(default)]
    says: Vec<String>,
    at: Option<String>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Nested {
    open: String,
    inside: String,
    close: String,
    depth: usize,
    #[serde(default = "Nested::once")]
    times: usize,
}

#[derive(Deserialize, Clone, Debug)]
#[serde(untagged)]
enum OneOf {
    One(String),
    Any(Vec<String>),
}

/// What one ending looks like, through whichever way it was seen.
struct Seen {
    error: Option<SeenError>,
    value: Value,
    /// Everything that was said besides the value.
    said: String,
}

struct SeenError {
    kind: String,
    blame: String,
    /// `line:column`.
    at: Option<String>,
}

impl Ending {
    fn guest() -> String {
        "guest".into()
    }

    fn source(&self) -> String {
        match (&self.code, &self.nested) {
            (Some(code), _) => code.clone(),
            (None, Some(nested)) => nested.source(),
            (None, None) => String::new(),
        }
    }

    fn check(&self, seen: &Seen) -> Verdict {
        for words in &self.says {
            ensure!(seen.said.contains(words), "nothing about {words:?} in: {:.2000}", seen.said);
        }
        match (&self.kind, &seen.error) {
            (None, None) => {
                let expected = self.value.as_deref().unwrap_or("null");
                ensure!(seen.value == parsed(expected)?, "value {} instead of {expected}", seen.value);
                Ok(())
            }
            (None, Some(_)) => Err(format!("failed: {:.2000}", seen.said).into()),
            (Some(kind), None) => {
                Err(format!("no error, but the value {:.200}, instead of {kind:?}", seen.value.to_string())
                    .into())
            }
            (Some(kind), Some(error)) => self.check_error(kind, error, seen),
        }
    }

    fn check_error(&self, kind: &OneOf, error: &SeenError, seen: &Seen) -> Verdict {
        ensure!(kind.has(&error.kind), "{} instead of {kind:?}: {:.2000}", error.kind, seen.said);
        ensure!(self.blame == error.blame, "blame on {}: {:.2000}", error.blame, seen.said);
        let Some(expected) = &self.at else { return Ok(()) };
        let at = error.at.as_deref().unwrap_or("nowhere");
        let there = if expected == "any" { at != "nowhere" } else { at.starts_with(expected) };
        ensure!(there, "at {at} instead of {expected}: {:.2000}", seen.said);
        Ok(())
    }
}

fn parsed(json: &str) -> Result<Value, Failed> {
    serde_json::from_str(json).map_err(|error| format!("{json}: {error}").into())
}

impl Nested {
    const fn once() -> usize {
        1
    }

    fn source(&self) -> String {
        let one = format!("{}{}{}", self.open.repeat(self.depth), self.inside, self.close.repeat(self.depth));
        one.repeat(self.times)
    }
}

impl OneOf {
    fn has(&self, kind: &str) -> bool {
        match self {
            Self::One(one) => one == kind,
            Self::Any(any) => any.iter().any(|one| one == kind),
        }
    }
}

pub(super) fn add(trials: &mut Trials) -> Result<(), Failed> {
    let table: Table = toml::from_str(&read("walks/endings.toml")?).map_err(|error| error.to_string())?;
    let limits = Arc::new(format!("[limits]\n{}", table.limits));
    for ending in &table.ending {
        let (ending, limits) = (ending.clone(), Arc::clone(&limits));
        trials.both(&format!("endings/{}", ending.name), &[], move |bench| alone(bench, &ending, &limits));
    }
    let endings = Arc::new(table.ending);
    trials.both("endings/all through one gateway", &[], move |bench| together(bench, &endings, &limits));
    Ok(())
}

fn alone(bench: &Bench, ending: &Ending, limits: &str) -> Verdict {
    let config = bench.config(limits)?;
    let timeout = ending.timeout_ms.map(|ms| ms.to_string());
    let mut arguments = vec!["--config", &config];
    if let Some(timeout) = &timeout {
        arguments.extend(["--timeout-ms", timeout]);
    }
    let outcome = bench.run_program(&arguments, &ending.source())?;
    ensure!(outcome.took < Duration::from_secs(20) + SLACK, "took {:?}", outcome.took);
    ending.check(&seen_by_a_person(outcome)?)
}

/// `oubliette: KIND at /main.ts:LINE:COLUMN: MESSAGE` on standard error, and the blame in the exit status.
fn seen_by_a_person(outcome: Outcome) -> Result<Seen, Failed> {
    let blame = match outcome.code {
        Some(0) => {
            let value = serde_json::from_str(&outcome.stdout)
                .map_err(|error| format!("{error}: {:.200}", outcome.stdout))?;
            return Ok(Seen { error: None, value, said: outcome.stderr });
        }
        Some(1) => "guest",
        Some(3) => "upstream",
        Some(4) => "operator",
        _ => "us",
    };
    ensure!(outcome.stdout.is_empty(), "an error, and yet on standard output: {:.200}", outcome.stdout);
    let line = outcome
        .stderr
        .lines()
        .filter_map(|line| line.strip_prefix("oubliette: "))
        .next_back()
        .unwrap_or_default();
    let (head, _) = line.split_once(": ").unwrap_or((line, ""));
    let (kind, at) = match head.split_once(" at /main.ts:") {
        Some((kind, at)) => (kind, Some(at.to_owned())),
        None => (head, None),
    };
    let error = SeenError { kind: kind.into(), blame: blame.into(), at };
    Ok(Seen { error: Some(error), value: Value::Null, said: outcome.stderr })
}

fn together(bench: &Bench, endings: &[Ending], limits: &str) -> Verdict {
    let config = bench.config(limits)?;
    let mut gateway = bench.serve(&config)?;
    let mut wrong = Vec::new();
    for ending in endings {
        let mut arguments = json!({ "code": ending.source() });
        if let Some(ms) = ending.timeout_ms {
            arguments["timeout_ms"] = json!(ms);
        }
        let report = gateway.call("execute", &arguments)?;
        if let Err(why) = ending.check(&seen_by_a_model(report)) {
            wrong.push(format!("{}: {}", ending.name, why.message().unwrap_or_default()));
        }
        let begun = Instant::now();
        let next = gateway.execute("return 6 * 7;")?;
        ensure!(next["value"] == 42, "after {:?} the next run failed: {next}", ending.name);
        ensure!(begun.elapsed() < SLACK, "after {:?} the next run took {:?}", ending.name, begun.elapsed());
    }
    gateway.close()?;
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

fn seen_by_a_model(report: Value) -> Seen {
    let error = report.get("error").map(|error| {
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        let at = error.get("at").map(|at| format!("{}:{}", at["line"], at["column"]));
        SeenError { kind: text("kind"), blame: text("blame"), at }
    });
    let logs = report["logs"].as_array().into_iter().flatten().filter_map(|line| line["text"].as_str());
    let mut said: String = logs.collect::<Vec<_>>().join("\n");
    said.push_str(&report["error"].to_string());
    Seen { error, value: report.get("value").cloned().unwrap_or_default(), said }
}
