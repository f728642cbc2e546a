//! `oubliette attest`, as an auditor meets it.

use oubliette_tests::attestation::Attestation;
use oubliette_tests::bench::Bench;
use oubliette_tests::caller::{Caller, harness_is_root};
use oubliette_tests::live::LiveRun;
use oubliette_tests::needs::Need;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Computes and waits by turns, so that it is stopped in a system call and outside of one.
const BUSY: &str = "
    let sum = 7;
    for (let round = 0; round < 60; round++) {
        for (let step = 0; step < 20000; step++) sum = (sum * 31 + step) % 1000003;
        if (round % 3 === 0) await new Promise((done) => setTimeout(done, 40));
    }
    return sum;";
/// Long enough for one look at it.
const WAITS: &str = "await new Promise((done) => setTimeout(done, 6000)); return 42;";
/// Long enough for many, on a host that is busy: almost as long as a run may last.
const STAYS: &str = "await new Promise((done) => setTimeout(done, 28000));";

/// How often a run is looked at.
const TIMES: usize = 20;

/// Looks that are killed after every so many milliseconds, over so many runs.
const KILLS: u64 = 8;
const KILLED_RUNS: u64 = 4;

/// What the owner of a guest, without privileges on the host, cannot have proven to them.
const UNPROVEN_TO_ITS_USER: [&str; 21] = [
    "image: sha256, the installed guest's",
    "image: seals",
    "jailer: sha256, the installed jailer's",
    "jailer: environment",
    "jailer: open",
    "process: environment",
    "process: personality",
    "process: dies with its jailer of",
    "uts namespace: host name",
    "privileges: secure bits, as a number",
    "hardening: dumpable",
    "hardening: write xor execute",
    "landlock: read_dir",
    "landlock: bind_tcp",
    "landlock: connect_tcp",
    "landlock: abstract_unix_socket",
    "landlock: signal",
    "descriptors: open",
    "descriptors: kind of the socket",
    "first filter: instructions",
    "last filter: instructions",
];

pub(super) fn add(trials: &mut Trials) {
    trials.both("attest/the caller's own view of a guest", &[], own_view);
    trials.both("attest/a run that is looked at twenty times ends with its value", &[Need::Root], unharmed);
    trials.both(
        "attest/a look that is killed half-way leaves no run with a wrong value",
        &[Need::Root],
        killed,
    );
    trials.both("attest/a guest that is stopped is not asked, and not let go", &[Need::Root], stopped);
    trials.both("attest/another profile is named by its layers", &[Need::Root], another_profile);
    trials.both("attest/what is no guest is refused", &[], no_guest);
    trials.both("attest/the table and SARIF say the same", &[Need::Root], forms);
}

fn live(bench: &Bench, program: &str) -> Result<LiveRun, Failed> {
    let program = bench.write("program.ts", program)?;
    LiveRun::start(bench.oubliette(&["run", &program])?)
}

/// Root: everything is proven. Its own user: nothing differs, and exactly this is not proven.
fn own_view(bench: &Bench) -> Verdict {
    let run = live(bench, WAITS)?;
    let attestation = Attestation::of(bench, bench.caller, &bench.binary("oubliette")?, run.guest, &[])?;
    let outcome = run.end()?;
    ensure!(outcome.stdout.trim() == "42", "{outcome:?}");
    let (code, unproven): (i32, &[&str]) =
        if bench.caller == Caller::Root { (0, &[]) } else { (3, &UNPROVEN_TO_ITS_USER) };
    ensure!(attestation.items("differs").is_empty(), "{}", attestation.told());
    let found = attestation.items("not-proven");
    ensure!(found == unproven, "not proven: {found:#?}");
    ensure!(attestation.code == Some(code), "exit {:?}: {}", attestation.code, attestation.told());
    for row in attestation.rows().iter().filter(|row| row["verdict"] == "not-proven") {
        let says = |name: &str| row[name].as_str().is_some_and(|text| !text.is_empty());
        ensure!(says("why") && says("needs") && row.get("found").is_none(), "{row}");
    }
    Ok(())
}

fn unharmed(bench: &Bench) -> Verdict {
    let program = bench.write("busy.ts", BUSY)?;
    let undisturbed = bench.oubliette(&["run", &program])?.run()?;
    ensure!(undisturbed.code == Some(0), "{undisturbed:?}");
    let mut looked = 0;
    let mut runs = 0;
    while looked < TIMES {
        runs += 1;
        ensure!(runs <= 2 * TIMES, "{looked} looks in {runs} runs: the run is too short for this host");
        let run = LiveRun::start(bench.oubliette(&["run", &program])?)?;
        while looked < TIMES {
            // The run may be over by then, which is said and not guessed at.
            match Attestation::of(bench, Caller::Root, &bench.binary("oubliette")?, run.guest, &[]) {
                Ok(attestation) => {
                    ensure!(attestation.code == Some(0), "{}", attestation.told());
                    looked += 1;
                }
                Err(over) => {
                    let said = over.message().unwrap_or_default().to_owned();
                    ensure!(said.contains("process"), "{said}");
                    break;
                }
            }
        }
        let outcome = run.end()?;
        ensure!(outcome.code == Some(0) && outcome.stdout == undisturbed.stdout, "{outcome:?}");
    }
    Ok(())
}

/// A guest whose registers are lent when its tracer dies must not run on with them: it is killed, and says so.
fn killed(bench: &Bench) -> Verdict {
    let program = bench.write("busy.ts", BUSY)?;
    let undisturbed = bench.oubliette(&["run", &program])?.run()?;
    let oubliette = bench.binary("oubliette")?;
    for first in 0..KILLED_RUNS {
        let run = LiveRun::start(bench.oubliette(&["run", &program])?)?;
        for step in 0..KILLS {
            let mut look = Command::new(&oubliette)
                .args(["attest", &run.guest.to_string()])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .map_err(|error| error.to_string())?;
            std::thread::sleep(Duration::from_millis(first + step * KILLED_RUNS));
            look.kill().and_then(|()| look.wait()).map_err(|error| error.to_string())?;
        }
        let ended = run.end()?;
        let right = ended.code == Some(0) && ended.stdout == undisturbed.stdout;
        let said = ended.code != Some(0) && ended.stdout.is_empty() && ended.stderr.contains("SIGKILL");
        ensure!(right || said, "{ended:?} instead of {}", undisturbed.stdout);
    }
    Ok(())
}

/// Its stop is somebody else's: what /proc shows is compared, what would take a run of it is not proven.
fn stopped(bench: &Bench) -> Verdict {
    let run = live(bench, WAITS)?;
    let signal = |name: &str| {
        let sent = Command::new("/bin/sh").args(["-c", &format!("kill -{name} {}", run.guest)]).status();
        sent.map_err(|error| error.to_string())
    };
    let state = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", run.guest)).unwrap_or_default();
        status.lines().find_map(|line| line.strip_prefix("State:\t")?.chars().next())
    };
    signal("STOP")?;
    let attestation = Attestation::of(bench, Caller::Root, &bench.binary("oubliette")?, run.guest, &[])?;
    let left = state();
    signal("CONT")?;
    ensure!(left == Some('T'), "it is {left:?} afterwards");
    ensure!(attestation.items("differs").is_empty(), "{}", attestation.told());
    ensure!(attestation.code == Some(3) && attestation.told().contains("SIGCONT"), "{}", attestation.told());
    let outcome = run.end()?;
    ensure!(outcome.stdout.trim() == "42", "{outcome:?}");
    Ok(())
}

/// The built-in profile with one sentence changed, and the layer in which a guest of the built-in one differs.
fn another_profile(bench: &Bench) -> Verdict {
    let builtin = include_str!("../../policies/profiles/default.toml");
    let cases = [
        ("resource = \"nofile\"\nvalue = 4", "resource = \"nofile\"\nvalue = 5", "limits"),
        ("calls = [\"ptrace\", ", "calls = [", "first filter"),
        ("calls = [\"exit_group\"]", "calls = [\"exit_group\", \"sched_yield\"]", "last filter"),
        ("uid = 1900000000", "uid = 1900000001", "user namespace"),
    ];
    let run = live(bench, STAYS)?;
    for (index, (from, to, layer)) in cases.into_iter().enumerate() {
        // Only root's guests get the identity of the profile.
        if layer == "user namespace" && bench.caller == Caller::User {
            continue;
        }
        ensure!(builtin.contains(from), "the built-in profile does not say {from:?}");
        let file = bench.write(&format!("another-{index}.toml"), builtin.replace(from, to))?;
        let more = ["--profile", file.as_str()];
        let attestation =
            Attestation::of(bench, Caller::Root, &bench.binary("oubliette")?, run.guest, &more)?;
        let differs = attestation.layers("differs");
        ensure!(differs == [layer], "{differs:?} instead of {layer}:\n{}", attestation.told());
        ensure!(attestation.code == Some(1), "exit {:?}", attestation.code);
    }
    run.kill()
}

fn no_guest(bench: &Bench) -> Verdict {
    let own = std::process::id().to_string();
    for (pid, says) in [(own.as_str(), "is no guest"), ("4194303", "no process"), ("0", "invalid value")] {
        let outcome = bench.oubliette(&["attest", pid])?.run()?;
        ensure!(outcome.code == Some(2) && outcome.stdout.is_empty(), "{pid}: {outcome:?}");
        ensure!(outcome.stderr.contains(says), "{pid}: {}", outcome.stderr);
    }
    Ok(())
}

fn forms(bench: &Bench) -> Verdict {
    let run = live(bench, STAYS)?;
    let builtin = include_str!("../../policies/profiles/default.toml");
    let other = builtin.replace("resource = \"nofile\"\nvalue = 4", "resource = \"nofile\"\nvalue = 5");
    let (profile, pid) = (bench.write("other.toml", other)?, run.guest.to_string());
    ensure!(harness_is_root(), "only root is proven everything");
    let as_root = |arguments: &[&str]| {
        let arguments = [&["attest"], arguments, &[pid.as_str()]].concat();
        let oubliette = bench.binary("oubliette")?;
        oubliette_tests::invocation::Invocation::new(Caller::Root, &oubliette, &arguments, &bench.folder)?
            .variable("COLUMNS", "200")
            .run()
    };
    let table = as_root(&["--profile", &profile])?;
    ensure!(table.code == Some(1) && table.stdout.contains("DIFFERS: expected 5 5"), "{}", table.stdout);
    let last = table.stdout.lines().last().unwrap_or_default();
    ensure!(last.ends_with("DIFFERS from its profile in: limits."), "{last}");
    let sarif: serde_json::Value =
        serde_json::from_str(&as_root(&["--sarif", "--profile", &profile])?.stdout)
            .map_err(|error| error.to_string())?;
    let results = sarif["runs"][0]["results"].as_array().cloned().unwrap_or_default();
    ensure!(results.len() == 1 && results[0]["ruleId"] == "posture-differs", "{results:?}");
    let equal = as_root(&[])?;
    let last = equal.stdout.lines().last().unwrap_or_default();
    ensure!(equal.code == Some(0) && last.ends_with("rows, all proven."), "{}", equal.stdout);
    let sarif = as_root(&["--sarif"])?;
    ensure!(sarif.code == Some(0) && sarif.stdout.contains("\"results\":[]"), "{}", sarif.stdout);
    run.kill()
}
