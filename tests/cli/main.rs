//! Command lines: a table of rows, each a start of `oubliette` with its exit status and what is said where.

use oubliette_tests::bench::{Bench, read};
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde::Deserialize;
use std::process::ExitCode;
use std::sync::Arc;

const TABLES: [&str; 15] = [
    "cli/usage.toml",
    "cli/run.toml",
    "cli/check.toml",
    "cli/search.toml",
    "cli/serve.toml",
    "cli/servers.toml",
    "cli/policy-show.toml",
    "cli/policy-check.toml",
    "cli/policy-explain.toml",
    "cli/policy-compare.toml",
    "cli/policy-hash.toml",
    "cli/policy-verify.toml",
    "cli/policy-simulate.toml",
    "cli/policy-diff.toml",
    "cli/policy-disasm.toml",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    row: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    /// `CONFIG` stands for a configuration with the demo shop and the scripted upstream, `PROFILE` for the file with
    /// `profile` in it.
    arguments: Vec<String>,
    #[serde(default)]
    input: String,
    #[serde(default)]
    profile: String,
    exit: i32,
    /// All of standard output, but for the last line's end.
    stdout: Option<String>,
    #[serde(default)]
    stdout_has: Vec<String>,
    #[serde(default)]
    stderr_has: Vec<String>,
}

fn main() -> Result<ExitCode, Failed> {
    let mut trials = Trials::new()?;
    for path in TABLES {
        let table: Table = toml::from_str(&read(path)?).map_err(|error| format!("{path}: {error}"))?;
        let name = path.trim_start_matches("cli/").trim_end_matches(".toml");
        for row in table.row {
            let row = Arc::new(row);
            trials.both(&format!("{name}/{}", row.name), &[], move |bench| check(bench, &row));
        }
    }
    Ok(trials.run())
}

fn check(bench: &Bench, row: &Row) -> Verdict {
    let config = bench.config("")?;
    let profile = bench.write("profile.toml", &row.profile)?;
    let arguments = row.arguments.iter().map(|argument| match argument.as_str() {
        "CONFIG" => &config,
        "PROFILE" => &profile,
        _ => argument,
    });
    let invocation =
        arguments.fold(bench.oubliette(&[])?, |invocation, argument| invocation.argument(argument));
    let outcome = invocation.input(row.input.as_str()).run()?;
    ensure!(outcome.code == Some(row.exit), "exit {:?}: {}{}", outcome.code, outcome.stdout, outcome.stderr);
    if let Some(expected) = &row.stdout {
        ensure!(outcome.stdout.trim_end_matches('\n') == expected, "standard output: {:?}", outcome.stdout);
    }
    for words in &row.stdout_has {
        ensure!(outcome.stdout.contains(words), "no {words:?} on standard output: {}", outcome.stdout);
    }
    for words in &row.stderr_has {
        ensure!(outcome.stderr.contains(words), "no {words:?} on standard error: {}", outcome.stderr);
    }
    Ok(())
}
