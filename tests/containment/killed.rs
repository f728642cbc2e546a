//! The supervisor is ended at every moment of a launch, by what it can answer to and by what it cannot: no process, no
//! leaf and no mount is left. Mounts and the sealed image live in what the processes hold, and go with them.

use oubliette_tests::bench::Bench;
use oubliette_tests::faulty::FaultyBinaries;
use oubliette_tests::gateway::{Gateway, LEGACY};
use oubliette_tests::invocation::{Invocation, wait};
use oubliette_tests::needs::{Need, unified_mount};
use oubliette_tests::place::Place;
use oubliette_tests::plan::{Act, Half, Point, every_call, points};
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::json;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::fs::chown;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// All that is left must be gone by then. It takes milliseconds; the rest is for a host that stands still.
const SOON: Duration = Duration::from_secs(10);
/// Of the points that a fault is tried at, one in so many for each way to end.
const SAMPLE: usize = 8;
const FEWER: usize = 40;
/// Moments before the jailer's first call and after the guest's first frame: spread over a whole run.
const MOMENTS: u32 = 40;
const LONGEST: Duration = Duration::from_millis(400);
const FOR_EVER: &str = "for (;;) {}";

pub(super) fn add(trials: &mut Trials) {
    let needs = [Need::Tracing, Need::Places];
    trials.both("killed/SIGKILL at every step", &needs, |bench| at_points(bench, "KILL", SAMPLE));
    trials.both("killed/SIGTERM at every step", &needs, |bench| at_points(bench, "TERM", FEWER));
    trials.both("killed/SIGINT at every step", &needs, |bench| at_points(bench, "INT", FEWER));
    trials.both("killed/SIGKILL at any moment", &[Need::Places], at_moments);
    trials.both("killed/a remover that was killed is replaced", &[Need::Places], remover);
    trials.both("killed/what both left behind, the next supervisor clears", &[Need::Places], both_killed);
    trials.both("killed/on cgroup v2 the remover ends what is in a leaf", &[Need::Unified], unified);
}

/// A run of a program that never ends.
fn start(bench: &Bench, oubliette: &std::path::Path) -> Result<(Child, Place), Failed> {
    let (config, program) = (bench.write("none.toml", "")?, bench.write("program.ts", FOR_EVER)?);
    let run = ["run", "--config", &config, &program];
    Invocation::new(bench.caller, oubliette, &run, &bench.folder)?.start()
}

fn send(signal: &str, process: u32) -> Verdict {
    let sent = Command::new("kill").args(["-s", signal, &process.to_string()]).status();
    ensure!(sent.as_ref().is_ok_and(std::process::ExitStatus::success), "kill -{signal}: {sent:?}");
    Ok(())
}

/// Ends one supervisor while its launch is held at this point, or when its guest has just become ready.
fn at_point(
    bench: &Bench,
    binaries: &FaultyBinaries,
    at: Option<Point>,
    signal: &str,
) -> Result<bool, Failed> {
    binaries.plan(at.map(|point| (point, Act::Hold)))?;
    let (mut supervisor, mut place) = start(bench, &binaries.oubliette())?;
    let trace = binaries.wait_for_trace()?;
    send(signal, supervisor.id())?;
    if signal == "KILL" {
        // What was held goes on, and finds its supervisor gone.
        supervisor.wait().map_err(|error| error.to_string())?;
        binaries.go()?;
    } else {
        let status = wait(&mut supervisor, SOON)?;
        ensure!(matches!(status.code(), Some(130 | 143)), "SIG{signal} at {at:?}: {status}");
    }
    place.remove_within(SOON).map_err(|left| format!("SIG{signal} at {at:?}: {left}"))?;
    Ok(trace.reached || at.is_none())
}

fn at_points(bench: &Bench, signal: &str, sample: usize) -> Verdict {
    let binaries = FaultyBinaries::link(bench, "faulty")?;
    binaries.plan(None)?;
    let (mut supervisor, _place) = start(bench, &binaries.oubliette())?;
    let calls = binaries.wait_for_trace()?.calls;
    supervisor.kill().and_then(|()| supervisor.wait()).map_err(|error| error.to_string())?;
    binaries.go()?;
    let step = if every_call() { 1 } else { sample };
    let mut reached = at_point(bench, &binaries, None, signal).map(usize::from)?;
    let points = [Half::Outside, Half::Inside].map(|half| points(&calls, half));
    let points: Vec<Point> = points.into_iter().flatten().step_by(step).collect();
    for point in &points {
        reached += usize::from(at_point(bench, &binaries, Some(*point), signal)?);
    }
    ensure!(reached + 1 >= points.len(), "{reached} of {} points were reached", points.len());
    Ok(())
}

/// From before the first line of `main` to long after the program has begun.
fn at_moments(bench: &Bench) -> Verdict {
    let oubliette = bench.binary("oubliette")?;
    let mut slowest = Duration::ZERO;
    for moment in 0..MOMENTS {
        let (mut supervisor, mut place) = start(bench, &oubliette)?;
        std::thread::sleep(LONGEST * moment / MOMENTS);
        supervisor.kill().and_then(|()| supervisor.wait()).map_err(|error| error.to_string())?;
        let begun = Instant::now();
        place
            .remove_within(SOON)
            .map_err(|left| format!("after {:?}: {left}", LONGEST * moment / MOMENTS))?;
        slowest = slowest.max(begun.elapsed());
    }
    ensure!(slowest < SOON, "took {slowest:?}");
    Ok(())
}

/// Ids of the removers among the gateway's processes.
fn removers(processes: &[u32]) -> Vec<u32> {
    let is_remover = |id: &u32| {
        std::fs::read_to_string(format!("/proc/{id}/cmdline"))
            .is_ok_and(|line| line.contains("remove-leaves"))
    };
    processes.iter().copied().filter(is_remover).collect()
}

fn remover(bench: &Bench) -> Verdict {
    let mut gateway = bench.serve(&bench.write("none.toml", "")?)?;
    ensure!(gateway.execute("return 1")?["value"] == 1, "no run with a remover");
    let first = removers(&gateway.processes());
    ensure!(first.len() == 1, "removers: {first:?}");
    let environment =
        std::fs::read(format!("/proc/{}/environ", first[0])).map_err(|error| error.to_string())?;
    ensure!(environment.is_empty(), "the remover has an environment");
    // What a service manager sends to the whole group is not for the remover.
    send("TERM", first[0])?;
    ensure!(gateway.execute("return 2")?["value"] == 2, "no run after SIGTERM to the remover");
    ensure!(removers(&gateway.processes()) == first, "SIGTERM ended the remover");
    send("KILL", first[0])?;
    let begun = Instant::now();
    while std::fs::read_to_string(format!("/proc/{}/cmdline", first[0])).is_ok_and(|line| !line.is_empty()) {
        ensure!(begun.elapsed() < SOON, "SIGKILL did not end the remover");
    }
    ensure!(gateway.execute("return 3")?["value"] == 3, "no run after the remover's end");
    let second = removers(&gateway.processes());
    ensure!(second.len() == 1 && second != first, "removers: {first:?}, then {second:?}");
    gateway.ask("tools/call", &json!({ "name": "execute", "arguments": { "code": FOR_EVER } }))?;
    while gateway.leaves() == 0 {
        ensure!(begun.elapsed() < SOON, "no leaf for the last run");
    }
    send("KILL", gateway.id())?;
    gateway.close().map(|_| ())
}

/// The one thing that a remover cannot do anything about is its own SIGKILL, together with the supervisor's.
fn both_killed(bench: &Bench) -> Verdict {
    let config = bench.write("none.toml", "")?;
    let serve = bench.oubliette(&["serve", "--config", &config])?;
    let named = bench.write("named.toml", format!("[host]\ncgroup = {:?}\n", serve.place().path()))?;
    let mut gateway = Gateway::start(serve)?;
    gateway.initialize(LEGACY)?;
    gateway.ask("tools/call", &json!({ "name": "execute", "arguments": { "code": FOR_EVER } }))?;
    let begun = Instant::now();
    while gateway.processes().len() < 4 {
        ensure!(begun.elapsed() < SOON, "supervisor, remover, jailer, guest: {:?}", gateway.processes());
    }
    for process in removers(&gateway.processes()).into_iter().chain([gateway.id()]) {
        send("KILL", process)?;
    }
    while !gateway.processes().is_empty() {
        ensure!(begun.elapsed() < SOON * 2, "still there: {:?}", gateway.processes());
    }
    ensure!(gateway.leaves() > 0, "somebody else has removed the leaf");
    let doctor = bench.oubliette(&["doctor", "--config", &named])?.run()?;
    ensure!(doctor.code == Some(0), "{}{}", doctor.stdout, doctor.stderr);
    gateway.close().map(|_| ())
}

/// Where cgroup v2 has no controllers (a hybrid host) it still has groups: the remover alone is tried, on a leaf of its
/// supervisor with a process in it, beside the leaf of another supervisor with the same process id.
fn unified(bench: &Bench) -> Verdict {
    let parent = unified_mount()
        .ok_or("no cgroup v2")?
        .join(format!("oubliette-test-unified-{}", bench.caller.name()));
    let told = |error: std::io::Error| error.to_string();
    let (own, others) = (parent.join("oubliette-run-1-7-run-1"), parent.join("oubliette-run-1-8-run-1"));
    for group in [&parent, &own, &others] {
        std::fs::create_dir(group).map_err(told)?;
        for what in [group.clone(), group.join("cgroup.procs"), group.join("cgroup.kill")] {
            chown(what, bench.caller.owner(), bench.caller.owner()).map_err(told)?;
        }
    }
    let mut inside = Command::new("sleep").arg("600").spawn().map_err(told)?;
    std::fs::write(own.join("cgroup.procs"), inside.id().to_string()).map_err(told)?;
    let (mut line, removers) = UnixStream::pair().map_err(told)?;
    let oubliette = bench.binary("oubliette")?.display().to_string();
    let mut remover = bench
        .caller
        .command(&oubliette, &[])
        .args(["remove-leaves", "oubliette-run-1-7-"])
        .arg(&parent)
        .stdin(Stdio::from(OwnedFd::from(removers)))
        .spawn()
        .map_err(told)?;
    line.read_exact(&mut [0; 1]).map_err(told)?;
    let before = own.exists() && inside.try_wait().map_err(told)?.is_none();
    drop(line);
    let ended = wait(&mut remover, SOON)?.success() && wait(&mut inside, SOON).is_ok();
    let (gone, left) = (!own.exists(), others.exists());
    for group in [&others, &parent] {
        std::fs::remove_dir(group).map_err(told)?;
    }
    ensure!(
        before && ended && gone && left,
        "waited: {before}, ended: {ended}, removed: {gone}, others left: {left}"
    );
    Ok(())
}
