//! Many runs at once, ended in every way at random moments: afterwards the supervisor is as it was before.

use oubliette_tests::bench::Bench;
use oubliette_tests::dice::Dice;
use oubliette_tests::gateway::{Gateway, at_rest};
use oubliette_tests::holdings::{descriptors, figure, zombies};
use oubliette_tests::needs::Need;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

const RUNS: usize = 500;
/// Runs that are asked for and not answered: more than the supervisor makes at the same time.
const OPEN: usize = 48;
/// What the supervisor takes at once: runs, and waiting ones.
const ROOM: usize = 16 + 256;
/// Everything must be as before by then.
const SOON: Duration = Duration::from_secs(10);
/// How much more memory the supervisor may have after all those runs, KiB: its allocator keeps some.
const MORE_MEMORY: u64 = 24 << 10;
const SEED: u64 = 0x6f75_626c_6965_7474;

pub(super) fn add(trials: &mut Trials) {
    trials.both(
        "crowd/500 runs, cancelled and killed at random, leave nothing",
        &[Need::Places],
        random_ends,
    );
    trials.both("crowd/500 runs at the same moment: as many as there is room for", &[Need::Places], at_once);
    trials.both("crowd/a leaf counts its guest alone", &[Need::Places], apart);
}

/// What must not change.
#[derive(Debug, PartialEq, Eq)]
struct Holdings {
    processes: BTreeSet<u32>,
    leaves: usize,
    /// How many descriptors of each kind.
    descriptors: BTreeMap<String, usize>,
    zombies: usize,
}

fn holdings(gateway: &Gateway) -> Holdings {
    let processes: BTreeSet<u32> = gateway.processes().into_iter().collect();
    let (descriptors, zombies) = (descriptors(gateway.id()), zombies(&processes));
    Holdings { leaves: gateway.leaves(), descriptors, zombies, processes }
}

/// Resident memory of the supervisor, KiB.
fn resident(gateway: &Gateway) -> Result<u64, Failed> {
    Ok(figure(gateway.id(), "VmRSS")?)
}

fn wait_until_as_before(gateway: &Gateway, before: &Holdings) -> Verdict {
    let begun = Instant::now();
    loop {
        let now = holdings(gateway);
        if now == *before {
            return Ok(());
        }
        ensure!(begun.elapsed() < SOON, "before: {before:?}\nnow: {now:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn ask(gateway: &mut Gateway, code: &str) -> Result<u64, Failed> {
    gateway.ask("tools/call", &json!({ "name": "execute", "arguments": { "code": code, "timeout_ms": 400 } }))
}

fn random_ends(bench: &Bench) -> Verdict {
    let mut gateway = bench.serve(&bench.write("none.toml", "")?)?;
    let mut dice = Dice(SEED);
    bustle(&mut gateway, &mut dice, OPEN)?;
    let (before, memory) = (at_rest(|| holdings(&gateway))?, resident(&gateway)?);
    ensure!(before.zombies == 0 && before.leaves == 0, "before: {before:?}");
    let kinds = bustle(&mut gateway, &mut dice, RUNS)?;
    // Ended by themselves, by their deadline, and by the loss of their jailer or guest.
    ensure!(kinds.contains("none") && kinds.contains("time_limit") && kinds.len() > 2, "endings: {kinds:?}");
    wait_until_as_before(&gateway, &before)?;
    let now = resident(&gateway)?;
    ensure!(now < memory + MORE_MEMORY, "{memory} KiB before, {now} KiB now");
    ensure!(gateway.execute("return 6 * 7")?["value"] == 42, "no run after all that");
    gateway.close().map(|_| ())
}

/// So many runs, of which some are cancelled and some lose their jailer or their guest; the kinds of their ends.
fn bustle(gateway: &mut Gateway, dice: &mut Dice, runs: usize) -> Result<BTreeSet<String>, Failed> {
    let idle: BTreeSet<u32> = gateway.processes().into_iter().collect();
    let mut kinds = BTreeSet::new();
    let mut open = Vec::new();
    for _ in 0..runs {
        while open.len() >= OPEN {
            let id = open.remove(dice.roll(open.len()));
            kinds.insert(answered(gateway, id)?);
        }
        let code =
            ["return 1", "for (;;) {}", "await new Promise(() => setInterval(() => {}, 50))"][dice.roll(3)];
        open.push(ask(gateway, code)?);
        match dice.roll(4) {
            0 => {
                let id = open.remove(dice.roll(open.len()));
                let params = json!({ "requestId": id });
                gateway.send(
                    &json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }),
                )?;
            }
            1 => kill_any(gateway, &idle, dice),
            _ => std::thread::sleep(Duration::from_millis(u64::try_from(dice.roll(12)).unwrap_or(0))),
        }
    }
    for id in open {
        kinds.insert(answered(gateway, id)?);
    }
    let begun = Instant::now();
    while gateway.processes().len() > idle.len() {
        ensure!(begun.elapsed() < SOON, "still there: {:?}", gateway.processes());
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(kinds)
}

/// SIGKILL to one process that belongs to a run. It may have ended in the meantime.
fn kill_any(gateway: &Gateway, idle: &BTreeSet<u32>, dice: &mut Dice) {
    let theirs: Vec<u32> = gateway.processes().into_iter().filter(|id| !idle.contains(id)).collect();
    if !theirs.is_empty() {
        let _ =
            Command::new("kill").args(["-s", "KILL", &theirs[dice.roll(theirs.len())].to_string()]).output();
    }
}

/// However a run ended, it says how: the kind of its error.
fn answered(gateway: &mut Gateway, id: u64) -> Result<String, Failed> {
    let report = gateway.structured(id)?;
    let says = |name: &str| report["error"][name].as_str().is_some_and(|text| !text.is_empty());
    ensure!(report["ok"] == true || (says("kind") && says("message")), "{report:#}");
    Ok(report["error"]["kind"].as_str().unwrap_or("none").to_owned())
}

/// What the supervisor holds for a run is not the run's: its memory is counted elsewhere, and the kernel, when it must,
/// kills the guest first.
fn apart(bench: &Bench) -> Verdict {
    let mut gateway = bench.serve(&bench.write("none.toml", "")?)?;
    let idle: BTreeSet<u32> = gateway.processes().into_iter().collect();
    let code = "await new Promise(() => setInterval(() => {}, 50))";
    gateway.ask("tools/call", &json!({ "name": "execute", "arguments": { "code": code } }))?;
    let read = |id: u32, name: &str| fs::read_to_string(format!("/proc/{id}/{name}")).unwrap_or_default();
    let in_leaf = |id: &u32| read(*id, "cgroup").contains("/oubliette-run-");
    let begun = Instant::now();
    loop {
        let guests: Vec<u32> = gateway.processes().into_iter().filter(in_leaf).collect();
        let scores: Vec<String> = guests.iter().map(|id| read(*id, "oom_score_adj")).collect();
        if scores == ["1000\n"] && gateway.processes().len() == idle.len() + 2 {
            break;
        }
        ensure!(begun.elapsed() < SOON, "in the leaf: {guests:?}, to be killed: {scores:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    for id in idle {
        ensure!(!in_leaf(&id) && read(id, "oom_score_adj") != "1000\n", "{id} is in the guest's leaf");
    }
    gateway.close().map(|_| ())
}

/// Whatever does not fit is refused at once and in words; whatever fits is run.
fn at_once(bench: &Bench) -> Verdict {
    let mut gateway = bench.serve(&bench.write("none.toml", "")?)?;
    gateway.execute("return 0")?;
    let before = at_rest(|| holdings(&gateway))?;
    let code = "return 1";
    let call = json!({ "name": "execute", "arguments": { "code": code } });
    let ids = (0..RUNS).map(|_| gateway.ask("tools/call", &call)).collect::<Result<Vec<_>, _>>()?;
    let (mut ran, mut busy) = (0, 0);
    for id in ids {
        let report = gateway.structured(id)?;
        if report["value"] == 1 {
            ran += 1;
        } else {
            let message = report["error"]["message"].as_str().unwrap_or_default();
            ensure!(report["error"]["kind"] == "busy" && message.contains("256 are waiting"), "{report:#}");
            busy += 1;
        }
    }
    ensure!(ran >= ROOM && busy > 0 && ran + busy == RUNS, "{ran} ran, {busy} were refused");
    wait_until_as_before(&gateway, &before)?;
    gateway.close().map(|_| ())
}
