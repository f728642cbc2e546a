//! Every way to a tool, and to what servers have besides tools: `ways.toml`.

use oubliette_tests::bench::{Bench, read};
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    way: Vec<Way>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Way {
    name: String,
    code: String,
    value: Option<String>,
    fails: Option<String>,
    #[serde(default)]
    says: Vec<String>,
}

pub(super) fn add(trials: &mut Trials) -> Result<(), Failed> {
    let table: Table = toml::from_str(&read("walks/ways.toml")?).map_err(|error| error.to_string())?;
    for way in table.way {
        let name = format!("ways/{}", way.name);
        trials.both(&name, &[], move |bench| walk(bench, &way));
    }
    Ok(())
}

fn walk(bench: &Bench, way: &Way) -> Verdict {
    let scripted = bench.binary("scripted-upstream")?;
    let weird = format!(
        "[limits]\ncalls_in_flight = 100\n[servers.weird-server]\ncommand = {scripted:?}\nargs = [\"weird\"]\n"
    );
    let config = bench.config(&weird)?;
    let outcome = bench.run_program(&["--config", &config], &way.code)?;
    match (&way.value, &way.fails) {
        (Some(value), None) => {
            ensure!(outcome.code == Some(0), "exit {:?}: {:.4000}", outcome.code, outcome.stderr);
            let expected: Value = serde_json::from_str(value).map_err(|error| format!("{value}: {error}"))?;
            let seen: Value = serde_json::from_str(&outcome.stdout)
                .map_err(|error| format!("{error}: {:.2000}", outcome.stdout))?;
            ensure!(seen == expected, "{seen}\ninstead of {expected}\n{:.2000}", outcome.stderr);
        }
        (None, Some(kind)) => {
            ensure!(outcome.code == Some(1), "exit {:?}: {:.2000}", outcome.code, outcome.stdout);
            let head = format!("oubliette: {kind} at /main.ts:");
            ensure!(outcome.stderr.contains(&head), "no {head:?} in {:.4000}", outcome.stderr);
        }
        _ => return Err("a row has a value, or it fails".into()),
    }
    for words in &way.says {
        ensure!(outcome.stderr.contains(words), "nothing about {words:?} in: {:.4000}", outcome.stderr);
    }
    Ok(())
}
