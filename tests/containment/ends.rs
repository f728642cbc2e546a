//! How a guest ends that uses everything up, or crashes, or will not go: by itself or by its keepers, with nothing left,
//! and told as what it was. And where it lies in memory: nowhere one could know beforehand.

use jail_spec::EndStatus;
use oubliette_tests::bench::Bench;
use oubliette_tests::driver::{Act, Answer, Driver};
use oubliette_tests::gateway::Gateway;
use oubliette_tests::launch::Order;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

const SIGKILL: i32 = 9;
const SIGSYS: i32 = 31;

pub(super) fn add(trials: &mut Trials) {
    trials.both("ends/the stack is full", &[], |bench| ends(bench, "recurse", 0, "stack_limit"));
    trials.both("ends/the heap is full", &[], |bench| ends(bench, "fill", 1 << 40, "memory_limit"));
    trials.both("ends/a load from nowhere", &[], |bench| ends(bench, "load", 8, "internal"));
    trials.both("ends/all of the heap is written to, outside nothing grows", &[], whole_heap);
    trials.both("ends/process 1 of its namespace hears no SIGTERM, and SIGKILL", &[], signals);
    trials.both("ends/no core is written", &[], no_core);
    trials.both("ends/every guest lies elsewhere", &[], layout);
}

fn special(name: &str, argument: u64) -> Value {
    json!({ "special": [name, [{ "number": argument }]] })
}

fn ends(bench: &Bench, name: &str, argument: u64, kind: &str) -> Verdict {
    let mut gateway = bench.serve_hostile("")?;
    let report = gateway.execute(&json!([special(name, argument)]).to_string())?;
    ensure!(report["error"]["kind"] == kind, "{report}");
    ensure!(gateway.execute("[]")?["ok"] == true, "the next run");
    gateway.close().map(|_| ())
}

/// The heap is 256 MiB; what the guest wrote to is gone with it, and the supervisor has held none of it.
fn whole_heap(bench: &Bench) -> Verdict {
    let mut gateway = bench.serve_hostile("")?;
    ensure!(gateway.execute("[]")?["ok"] == true, "a first run");
    let before = resident(&gateway)?;
    for _ in 0..3 {
        let report = gateway.execute(&json!([special("fill", 200 << 20)]).to_string())?;
        ensure!(report["ok"] == true, "{report}");
    }
    let grown = resident(&gateway)?.saturating_sub(before);
    ensure!(grown < 16 << 10, "the supervisor has grown by {grown} KiB");
    gateway.close().map(|_| ())
}

/// KiB.
fn resident(gateway: &Gateway) -> Result<u64, Failed> {
    let path = format!("/proc/{}/status", gateway.id());
    let status = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().map_err(|error| format!("{line:?}: {error}").into())
}

fn guest(bench: &Bench) -> Result<Order, Failed> {
    Ok(Order::new(&bench.binary("oubliette-jailer")?, &bench.hostile_guest()?))
}

/// For the first process of a namespace only signals with a handler count, and SIGKILL from outside
/// (pid_namespaces(7)).
fn signals(bench: &Bench) -> Verdict {
    let mut driver = Driver::new(bench)?;
    let started = driver.start(&guest(bench)?)?;
    let told = Command::new("kill").args(["-TERM", &started.guest.to_string()]).status();
    ensure!(told.as_ref().is_ok_and(std::process::ExitStatus::success), "kill -TERM: {told:?}");
    let answer = driver.ask(&Act::Run("[]".into()))?;
    ensure!(matches!(&answer, Answer::Said(method, _) if method == "run.finished"), "{answer:?}");
    driver.end()?;
    driver.start(&guest(bench)?)?;
    let end = driver.end()?.map(|end| end.status);
    ensure!(end == Some(EndStatus::Killed(SIGKILL)), "{end:?}");
    driver.close()
}

/// Where cores are files and may be written, a crash without a jail leaves one here; in the jail none.
fn no_core(bench: &Bench) -> Verdict {
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").map_err(|error| error.to_string())?;
    let cores = || -> usize {
        let files = fs::read_dir(&bench.folder).into_iter().flatten().flatten();
        files.filter(|file| file.file_name().to_string_lossy().starts_with("core")).count()
    };
    let everything = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "ties", "leaf", "root", "limits"]
        .into_iter()
        .chain(["privileges", "hardening", "landlock", "descriptors", "seccomp"])
        .collect::<Vec<_>>();
    let bare =
        Order { leaf: false, ..Order::new(&bench.ablated_jailer(&everything)?, &bench.hostile_guest()?) };
    let getpid = json!([{ "call": { "entry": "native", "number": 39, "arguments": vec![json!({ "number": 0 }); 6] } }]);
    let mut driver = Driver::with_cores(bench)?;
    for (order, expected) in [(guest(bench)?, 0), (bare, usize::from(pattern.starts_with("core")))] {
        driver.start(&order)?;
        driver.ask(&Act::Run(getpid.to_string()))?;
        let end = driver.end()?.map(|end| end.status);
        ensure!(end == Some(EndStatus::Killed(SIGSYS)), "{end:?}");
        ensure!(cores() == expected, "{} cores, {expected} expected", cores());
    }
    driver.close()
}

/// The program, its heap and its stack, in several guests: as many bits differ as this kernel randomises.
fn layout(bench: &Bench) -> Verdict {
    const GUESTS: usize = 24;
    let mut driver = Driver::new(bench)?;
    let mut places: [BTreeSet<u64>; 3] = Default::default();
    for _ in 0..GUESTS {
        let started = driver.start(&guest(bench)?)?;
        let path = format!("/proc/{}/maps", started.guest);
        let maps = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let begin = |line: &str| u64::from_str_radix(line.split('-').next().unwrap_or_default(), 16).ok();
        let named = |name: &str| maps.lines().find(|line| line.contains(name)).and_then(begin);
        // The arena: the one mapping of its size without a name.
        let arena = maps.lines().find(|line| {
            let end = line.split(['-', ' ']).nth(1).and_then(|end| u64::from_str_radix(end, 16).ok());
            end.zip(begin(line)).is_some_and(|(end, begin)| end - begin >= 200 << 20)
        });
        let found = [named("oubliette-guest"), arena.and_then(begin), named("[stack]")];
        for (places, found) in places.iter_mut().zip(found) {
            places.insert(found.ok_or_else(|| format!("not in its maps:\n{maps}"))?);
        }
        driver.end()?;
    }
    driver.close()?;
    let bits = |places: &BTreeSet<u64>| {
        let first = places.first().copied().unwrap_or_default();
        places.iter().fold(0, |differ, place| differ | (place ^ first)).count_ones()
    };
    // 28 is the default and the least that x86-64 allows (vm.mmap_rnd_bits); of a stack's 34 bits 22 choose its page;
    // and a mapping of the arena's size begins at a huge page, which takes 9 of its 28.
    let (program, arena, stack) = (bits(&places[0]), bits(&places[1]), bits(&places[2]));
    ensure!(program >= 27 && arena >= 18 && stack >= 21, "bits that differ: {program}, {arena}, {stack}");
    ensure!(places.iter().all(|places| places.len() == GUESTS), "the same place twice");
    Ok(())
}
