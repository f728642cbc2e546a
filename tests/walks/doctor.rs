//! `oubliette doctor` on this host: everything is enforced here; and where a layer is missing it says which.

use oubliette_tests::bench::Bench;
use oubliette_tests::binaries::workspace;
use oubliette_tests::caller::Caller;
use oubliette_tests::invocation::Invocation;
use oubliette_tests::needs::{Need, on_path};
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::{Value, json};

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
    trials.both("doctor/a layer that the profile gives up is shown as such", &[], given_up);
    trials.both("doctor/no other layer can be given up", &[], cannot_be_given_up);
    trials.both("doctor/serve refuses in the same words as run", &[], same_words);
    trials.both("doctor/a run's record says what held it", &[], recorded);
    trials.both("doctor/what every kind of host needs", &[], hosts);
    trials.both("doctor/the systemd units leave little open", &[Need::SystemdAnalyze], exposure);
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
    let tier = if bench.caller == Caller::Root { "full" } else { "shared-identity" };
    ensure!(diagnosis["tier"] == tier, "tier {}", diagnosis["tier"]);
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
    ensure!(diagnosis["tier"].is_null(), "a tier where no guest can be made: {}", diagnosis["tier"]);
    ensure!(diagnosis["hosts"][0]["needs"][0]["how"].is_string(), "{}", diagnosis["hosts"]);
    let blocked = |layer: &&Value| layer["state"] == "blocked";
    let blocked: Vec<_> = diagnosis["layers"].as_array().into_iter().flatten().filter(blocked).collect();
    ensure!(blocked.len() == 1 && blocked[0]["layer"] == "leaf", "{blocked:?}");
    let said = diagnosis["layers"].to_string();
    ensure!(said.contains("cgroup") && said.contains("oubliette-that-nobody-made"), "{said}");
    ensure!(said.contains("chown") || said.contains("Delegate"), "no remedy: {said}");
    let refused = bench.run_program(&["--config", &config], "return 1")?;
    ensure!(refused.code == Some(4), "a program ran without its leaf: {refused:?}");
    Ok(())
}

/// The built-in profile with one layer given up, and a configuration that names it.
fn config_without(bench: &Bench, layer: &str) -> Result<String, Failed> {
    let builtin = include_str!("../../policies/profiles/default.toml");
    let lowered = format!("{builtin}\n[[lowered]]\nlayer = {layer:?}\nwhy = \"a trial of it\"\n");
    bench.write("lowered.profile.toml", lowered)?;
    bench.write("lowered.toml", "profile = \"lowered.profile.toml\"\n")
}

fn given_up(bench: &Bench) -> Verdict {
    let config = config_without(bench, "cgroup")?;
    let (code, diagnosis) = diagnosis(bench, &["--config", &config])?;
    ensure!(code == Some(0) && diagnosis["ok"] == true, "{diagnosis:#}");
    ensure!(diagnosis["tier"] == "lowered", "tier {}", diagnosis["tier"]);
    for layer in diagnosis["layers"].as_array().into_iter().flatten() {
        let given_up = ["leaf", "cgroup"].contains(&layer["layer"].as_str().unwrap_or_default());
        ensure!(layer["state"] == if given_up { "lowered" } else { "enforced" }, "{layer}");
    }
    let program = bench.write("one.ts", "return 1;")?;
    let run = bench.oubliette(&["run", "--config", &config, &program])?.run()?;
    ensure!(run.stdout.trim() == "1" && run.stderr.contains("a trial of it"), "{}{}", run.stdout, run.stderr);
    Ok(())
}

fn cannot_be_given_up(bench: &Bench) -> Verdict {
    for layer in ["seccomp", "landlock", "namespaces", "no-new-privs", "root", "everything"] {
        let config = config_without(bench, layer)?;
        let (program, said) = (bench.write("one.ts", "return 1;")?, format!("{layer:?} cannot be lowered"));
        let run = bench.oubliette(&["run", "--config", &config, &program])?.run()?;
        ensure!(run.code == Some(4) && run.stderr.contains(&said), "{:?} {}", run.code, run.stderr);
    }
    Ok(())
}

fn same_words(bench: &Bench) -> Verdict {
    let config = bench.write("missing.toml", "[host]\ncgroup = \"/oubliette-that-nobody-made\"\n")?;
    let program = bench.write("one.ts", "return 1;")?;
    let run = bench.oubliette(&["run", "--config", &config, &program])?.run()?;
    let serve = bench.oubliette(&["serve", "--config", &config])?.run()?;
    ensure!(run.code == Some(4) && serve.code == Some(4), "{:?} {:?}", run.code, serve.code);
    let doctor = bench.oubliette(&["doctor", "--json", "--config", &config])?.run()?.stdout;
    // The name of the leaf is another each time: what follows it is the reason and the remedy.
    let words = |text: &str| text.split_once("-that-nobody-made").map(|(_, words)| words.trim().to_owned());
    // A run adds a hint for the model.
    let reason =
        |text: &str| words(text).and_then(|words| Some(words.lines().next()?.split_once(": ")?.1.to_owned()));
    let (run, serve) = (reason(&run.stderr), reason(&serve.stderr));
    ensure!(run.is_some() && run == serve, "{run:?}\n{serve:?}");
    let remedy = run.as_deref().and_then(|words| words.split(". ").next()).unwrap_or_default();
    ensure!(doctor.contains(remedy), "doctor says {doctor}, run says {run:?}");
    Ok(())
}

fn recorded(bench: &Bench) -> Verdict {
    let mut gateway = bench.serve(&bench.config("")?)?;
    let execute = json!({ "name": "execute", "arguments": { "code": "return 1" } });
    let id = gateway.ask("tools/call", &execute)?;
    let result = gateway.result(id)?;
    let held = &result["_meta"]["oubliette/held"];
    let tier = if bench.caller == Caller::Root { "full" } else { "shared-identity" };
    ensure!(held["tier"] == tier, "{result}");
    ensure!(held["policy"].as_str().is_some_and(|digest| digest.len() == 64), "{held}");
    ensure!(!result["structuredContent"].to_string().contains("policy"), "a model reads what it cannot use");
    gateway.close().map(|_| ())
}

fn hosts(bench: &Bench) -> Verdict {
    let outcome = bench.oubliette(&["doctor", "--hosts"])?.run()?;
    ensure!(outcome.code == Some(0), "{outcome:?}");
    for word in
        ["Ubuntu", "apparmor_parser", "SELinux", "Docker", "systemd", "Delegate=", "landlock", "sysctl"]
    {
        ensure!(outcome.stdout.contains(word), "nothing of {word}: {}", outcome.stdout);
    }
    Ok(())
}

/// What systemd counts as left open, of ten. Later versions count more things.
const MOST_EXPOSURE: &str = "--threshold=30";

fn exposure(bench: &Bench) -> Verdict {
    let analyze = on_path("systemd-analyze").ok_or("systemd-analyze has gone")?;
    for unit in ["oubliette@.service", "oubliette-http.service"] {
        let unit = workspace().join("policies/host/systemd").join(unit).display().to_string();
        let arguments = ["security", "--offline=true", MOST_EXPOSURE, &unit];
        let outcome = Invocation::new(bench.caller, &analyze, &arguments, &bench.folder)?.run()?;
        ensure!(outcome.code == Some(0), "{}{}", outcome.stdout, outcome.stderr);
    }
    Ok(())
}
