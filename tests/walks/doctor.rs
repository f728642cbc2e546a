//! `oubliette doctor` on this host: everything is enforced here; and where a layer is missing it says which.

use oubliette_tests::bench::Bench;
use oubliette_tests::caller::Caller;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::Value;

const LAYERS: [&str; 13] = [
    "image",
    "leaf",
    "inherit",
    "namespaces",
    "cgroup",
    "root",
    "limits",
    "privileges",
    "no-new-privs",
    "landlock",
    "descriptors",
    "seccomp",
    "lockdown",
];

pub(super) fn add(trials: &mut Trials) {
    trials.both("doctor/every layer is enforced", &[], all_enforced);
    trials.both("doctor/a named cgroup is used", &[], named_cgroup);
    trials.both("doctor/a missing cgroup is named with its remedy", &[], missing_cgroup);
}

fn diagnosis(bench: &Bench, arguments: &[&str]) -> Result<(Option<i32>, Value), Failed> {
    let outcome = bench.oubliette(&["doctor", "--json"])?;
    let outcome = arguments.iter().fold(outcome, |doctor, argument| doctor.argument(argument)).run()?;
    let told = serde_json::from_str(&outcome.stdout);
    Ok((outcome.code, told.map_err(|error| format!("{error}: {} {}", outcome.stdout, outcome.stderr))?))
}

fn all_enforced(bench: &Bench) -> Verdict {
    let (code, diagnosis) = diagnosis(bench, &[])?;
    ensure!(code == Some(0) && diagnosis["ok"] == true, "{diagnosis:#}");
    let layers = diagnosis["layers"].as_array().cloned().unwrap_or_default();
    let names: Vec<_> = layers.iter().filter_map(|layer| layer["layer"].as_str()).collect();
    ensure!(names == LAYERS, "layers: {names:?}");
    for layer in &layers {
        ensure!(layer["state"] == "enforced", "{layer}");
        ensure!(layer["evidence"].as_str().is_some_and(|evidence| !evidence.is_empty()), "{layer}");
    }
    let user = u64::from(bench.caller.owner().unwrap_or(0));
    ensure!(bench.caller == Caller::User || diagnosis["user"] == user, "user: {}", diagnosis["user"]);
    Ok(())
}

fn named_cgroup(bench: &Bench) -> Verdict {
    let doctor = bench.oubliette(&["doctor", "--json", "--config"])?;
    let path = doctor.place().path();
    if doctor.place().procs().is_empty() {
        return Ok(());
    }
    let config = bench.write("named.toml", format!("[host]\ncgroup = {path:?}\n"))?;
    let outcome = doctor.argument(&config).run()?;
    ensure!(outcome.code == Some(0), "{}{}", outcome.stdout, outcome.stderr);
    ensure!(outcome.stdout.contains(&path), "{path} is not the leaves' place: {}", outcome.stdout);
    Ok(())
}

fn missing_cgroup(bench: &Bench) -> Verdict {
    let config = bench.write("missing.toml", "[host]\ncgroup = \"/oubliette-that-nobody-made\"\n")?;
    let (code, diagnosis) = diagnosis(bench, &["--config", &config])?;
    ensure!(code == Some(4) && diagnosis["ok"] == false, "exit {code:?}: {diagnosis:#}");
    let said = diagnosis["layers"].to_string();
    ensure!(said.contains("cgroup") && said.contains("oubliette-that-nobody-made"), "{said}");
    ensure!(said.contains("chown") || said.contains("Delegate"), "no remedy: {said}");
    let refused = bench.run_program(&["--config", &config], "return 1")?;
    ensure!(refused.code == Some(4), "a program ran without its leaf: {refused:?}");
    Ok(())
}
