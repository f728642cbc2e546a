//! Sessions from their start to their end: many runs at once, a run that is cancelled, and nothing left behind.

use oubliette_tests::bench::Bench;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Verdict, ensure};
use serde_json::json;
use std::time::{Duration, Instant};

/// Longer than any trial may wait for something that ought to be immediate.
const SOON: Duration = Duration::from_secs(15);

pub(super) fn add(trials: &mut Trials) {
    trials.both("sessions/the end of input ends everything", &[], end_of_input);
    trials.both("sessions/SIGTERM ends everything", &[], terminated);
    trials.both("sessions/SIGKILL leaves no guest running", &[], killed);
    trials.both("sessions/a cancelled run is over at once", &[], cancelled);
    trials.both("sessions/many runs at the same time", &[], many);
    trials.both("sessions/runs do not see each other", &[], apart);
}

/// A run that goes on until it is ended from outside, an upstream call in it open.
const LONG: &str = "setInterval(() => {}, 1000); await tools.scripted.slow({ ms: 60000 });";

fn end_of_input(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    gateway.execute("return 1")?;
    gateway.ask("tools/call", &json!({ "name": "execute", "arguments": { "code": LONG } }))?;
    wait_for(|| gateway.processes().len() >= 6, "supervisor, remover, two upstreams, jailer and guest")?;
    let begun = Instant::now();
    let outcome = gateway.close()?;
    ensure!(outcome.code == Some(0), "exit {:?}: {}", outcome.code, outcome.stderr);
    ensure!(begun.elapsed() < SOON * 2, "took {:?}", begun.elapsed());
    Ok(())
}

fn signal(process: u32, name: &str) -> Verdict {
    let sent = std::process::Command::new("kill").args([name, &process.to_string()]).status();
    ensure!(sent.as_ref().is_ok_and(std::process::ExitStatus::success), "kill {name} {process}: {sent:?}");
    Ok(())
}

fn terminated(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    gateway.ask("tools/call", &json!({ "name": "execute", "arguments": { "code": LONG } }))?;
    wait_for(|| gateway.processes().len() >= 6, "supervisor, remover, two upstreams, jailer and guest")?;
    signal(gateway.id(), "-TERM")?;
    wait_for(|| gateway.processes().is_empty(), "every process to end")?;
    gateway.close().map(|_| ())
}

/// Nobody is left to take anything down: the guest dies with its socket, the jailer with its own; the remover
/// removes the leaf, and goes.
fn killed(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    gateway.ask("tools/call", &json!({ "name": "execute", "arguments": { "code": LONG } }))?;
    wait_for(|| gateway.processes().len() >= 6, "supervisor, remover, two upstreams, jailer and guest")?;
    signal(gateway.id(), "-KILL")?;
    // The upstream servers end when they see the end of their input, each in its own time.
    wait_for(|| gateway.processes().is_empty(), "every process to end")?;
    gateway.close().map(|_| ())
}

fn cancelled(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    gateway.execute("return 1")?;
    let idle = gateway.processes().len();
    let id = gateway.ask("tools/call", &json!({ "name": "execute", "arguments": { "code": LONG } }))?;
    wait_for(|| gateway.processes().len() > idle, "the guest to start")?;
    gateway.send(
        &json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }),
    )?;
    wait_for(|| gateway.processes().len() == idle, "the guest to end")?;
    ensure!(gateway.execute("return 6 * 7")?["value"] == 42, "no run after that");
    gateway.close().map(|_| ())
}

fn many(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let programs: Vec<String> =
        (0..60).map(|n| format!("return (await tools.scripted.echo({{ value: {n} }})).value * 2;")).collect();
    let reports = gateway.execute_all(&programs, 60)?;
    for (n, report) in reports.iter().enumerate() {
        ensure!(report["value"] == json!(n * 2), "run {n}: {report}");
    }
    gateway.close().map(|_| ())
}

fn apart(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    gateway
        .execute("globalThis.left = 1; Object.prototype.left = 2; Array.prototype.map = null; return 0")?;
    let report = gateway.execute("return [typeof left, ({}).left === undefined, [1].map((n) => n)[0]]")?;
    ensure!(report["value"] == json!(["undefined", true, 1]), "{report}");
    let two = gateway.execute_all(&["return Math.random()".into(), "return Math.random()".into()], 2)?;
    ensure!(two[0]["value"] != two[1]["value"], "the same randomness twice: {two:?}");
    gateway.close().map(|_| ())
}

fn wait_for(mut condition: impl FnMut() -> bool, what: &str) -> Verdict {
    let begun = Instant::now();
    while !condition() {
        ensure!(begun.elapsed() < SOON, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
