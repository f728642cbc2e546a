//! A whole run under strace: after `guest.ready` there are only three system calls.

use oubliette_tests::bench::{Bench, read};
use oubliette_tests::invocation::Invocation;
use oubliette_tests::needs::{Need, on_path};
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use std::collections::BTreeMap;
use std::fs;

const ALLOWED: [&str; 3] = ["read", "write", "exit_group"];

pub(super) fn add(trials: &mut Trials) {
    trials.both("strace/a busy run makes three system calls", &[Need::Strace], busy_run);
}

fn busy_run(bench: &Bench) -> Verdict {
    let config = bench.config("[limits]\nwall_ms = 120000\ncpu_s = 60\n")?;
    let program = bench.write("busy.ts", read("programs/busy.ts")?)?;
    let strace = on_path("strace").ok_or("strace has gone")?;
    let trace = bench.folder.join("trace").display().to_string();
    let oubliette = bench.binary("oubliette")?.display().to_string();
    let arguments = ["-ff", "-s", "64", "-o", &trace, &oubliette, "run", "--config", &config, &program];
    let outcome = Invocation::new(bench.caller, &strace, &arguments, &bench.folder)?.run()?;
    ensure!(outcome.code == Some(0), "exit {:?}: {}", outcome.code, outcome.stderr);
    let calls = after_ready(bench)?;
    let other: Vec<_> = calls.keys().filter(|name| !ALLOWED.contains(&name.as_str())).collect();
    ensure!(other.is_empty(), "{other:?} among {calls:?}");
    // The last call may be missing: after the last frame the supervisor kills a guest that has not left yet.
    let made = |name| calls.get(name).copied().unwrap_or(0);
    ensure!(made("read") > 50 && made("write") > 50, "too quiet a run: {calls:?}");
    Ok(())
}

/// The calls of the one process that says `guest.ready`, from then on, and how often each was made.
fn after_ready(bench: &Bench) -> Result<BTreeMap<String, usize>, Failed> {
    let mut calls = BTreeMap::new();
    let mut guests = 0;
    for entry in fs::read_dir(&bench.folder).map_err(|error| error.to_string())?.flatten() {
        if !entry.file_name().to_string_lossy().starts_with("trace.") {
            continue;
        }
        let trace = fs::read(entry.path()).map_err(|error| error.to_string())?;
        let trace = String::from_utf8_lossy(&trace);
        let Some((_, after)) = trace.split_once("guest.ready") else { continue };
        // The supervisor reads what the guest writes: only one of the two has been executed from a descriptor.
        if !trace.contains("write(3, \"{\\\"jsonrpc\\\":\\\"2.0\\\",\\\"method\\\":\\\"guest.ready") {
            continue;
        }
        guests += 1;
        for line in after.lines().skip(1).filter(|line| !line.starts_with("+++") && !line.starts_with("---"))
        {
            let name = line.split('(').next().unwrap_or(line);
            *calls.entry(name.to_owned()).or_default() += 1;
        }
    }
    ensure!(guests == 1, "{guests} processes wrote guest.ready on descriptor 3");
    Ok(calls)
}
