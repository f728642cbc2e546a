//! The host around a guest that was taken over: every attack once more, with the real supervisor outside, and after
//! each of them nothing out there has changed.

use super::attack::{self, Attack};
use super::matrix::SHARED_OBJECTS;
use oubliette_tests::bench::Bench;
use oubliette_tests::gateway::{Gateway, at_rest};
use oubliette_tests::needs::Need;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// The credential of an upstream: the supervisor holds it, nobody else may.
const CANARY: &str = "canary-6e1f0a7c92d84b35";
/// What ends is gone a moment later: processes, keyrings, leaves.
const SOON: Duration = Duration::from_secs(10);

pub(super) fn add(trials: &mut Trials) -> Verdict {
    let attacks = attack::all()?;
    trials.both("host/nothing outside changes, whatever is tried", &[], move |bench| {
        unchanged(bench, &attacks)
    });
    trials.both("host/no guest can read the supervisor's secret", &[Need::Root], secret);
    Ok(())
}

/// What there is outside that an attack could add to, take away or change.
#[derive(Debug, PartialEq)]
struct Host {
    supervisor: Vec<String>,
    processes: BTreeSet<u32>,
    leaves: usize,
    mounts: BTreeSet<String>,
    keys: BTreeSet<String>,
    objects: BTreeSet<String>,
}

impl Host {
    fn look(gateway: &Gateway) -> Self {
        let id = gateway.id();
        let lines = |path: &str| -> BTreeSet<String> {
            fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
        };
        // The numbers of sockets and pipes stay; what is opened for a run is closed after it.
        let open = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
        let mut supervisor: Vec<String> = open
            .filter_map(|entry| fs::read_link(entry.path()).ok())
            .map(|target| target.display().to_string())
            .collect();
        supervisor.sort();
        // A keyring of a session ends with it; every process of every test may have one.
        let keys = lines("/proc/keys").into_iter().filter(|key| !key.contains("_ses"));
        let named = |key: String| {
            // Number, owner, kind and name (keyrings(7)); the rest counts users and seconds.
            let words: Vec<&str> = key.split_whitespace().collect();
            [0, 5, 7, 8].map(|place| words.get(place).copied().unwrap_or_default()).join(" ")
        };
        let objects = ["shm", "sem", "msg"].map(|kind| lines(&format!("/proc/sysvipc/{kind}")));
        Self {
            supervisor,
            processes: gateway.processes().into_iter().collect(),
            leaves: gateway.leaves(),
            mounts: lines("/proc/self/mountinfo"),
            keys: keys.map(named).collect(),
            objects: objects.into_iter().flatten().collect(),
        }
    }

    /// Waits until it looks like this again.
    fn comes_back(&self, gateway: &Gateway) -> Verdict {
        let begun = Instant::now();
        loop {
            let now = Self::look(gateway);
            if now == *self {
                return Ok(());
            }
            if begun.elapsed() > SOON {
                return Err(format!("before: {self:#?}\nafter: {now:#?}").into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A configuration whose upstream has a credential.
fn with_secret(bench: &Bench) -> Result<Gateway, Failed> {
    let scripted = bench.binary("scripted-upstream")?;
    bench.serve_hostile(&format!(
        "[limits]\nsource_bytes = 4000000\n[servers.secret]\ncommand = {scripted:?}\nenv = {{ TOKEN = \"{CANARY}\" }}\n"
    ))
}

fn unchanged(bench: &Bench, attacks: &[Attack]) -> Verdict {
    // The same attacks without a jail make objects for a moment.
    let _alone = SHARED_OBJECTS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut gateway = with_secret(bench)?;
    ensure!(gateway.execute("[]")?["ok"] == true, "a guest that does nothing");
    let before = at_rest(|| Host::look(&gateway))?;
    for attack in attacks {
        let told = |what: String| format!("{}: {what}", attack.name);
        let report = gateway.execute(&attack.program)?;
        let results = report["value"].as_array().cloned().unwrap_or_default();
        let failed = results.iter().any(|result| result.as_i64().is_some_and(|result| result < 0));
        ensure!(report["ok"] != true || failed, "{}", told(format!("it worked: {report}")));
        ensure!(!report.to_string().contains(CANARY), "{}", told("the secret is in the report".into()));
        before
            .comes_back(&gateway)
            .map_err(|failed| told(failed.message().unwrap_or_default().to_owned()))?;
    }
    let next = gateway.execute("[]")?;
    ensure!(next["ok"] == true, "the next run: {next}");
    let outcome = gateway.close()?;
    ensure!(!outcome.stderr.contains(CANARY), "the secret is in the log");
    Ok(())
}

/// A guest that has tried everything that does not end it, then waits; all of its memory is read from outside.
fn secret(bench: &Bench) -> Verdict {
    let mut gateway = with_secret(bench)?;
    let idle: BTreeSet<u32> = gateway.processes().into_iter().collect();
    let kernel = |number: u64, address: u64| {
        json!({ "call": { "entry": "native", "number": number, "arguments": [
            { "number": 3 }, { "number": address }, { "number": 4096 },
            { "number": 0 }, { "number": 0 }, { "number": 0 }
        ] } })
    };
    let steps = json!([kernel(1, 0xffff_ffff_8100_0000), kernel(0, 0xffff_8880_0000_0000), "listen"]);
    gateway.ask("tools/call", &json!({ "name": "execute", "arguments": { "code": steps.to_string() } }))?;
    let guest = wait_for_guest(&gateway, &idle)?;
    // First that looking finds anything at all: the supervisor has it.
    ensure!(
        memory_holds(gateway.id(), CANARY)?,
        "the supervisor's memory has no secret: nothing was looked for"
    );
    ensure!(memory_holds(guest, "\"listen\"")?, "the guest's memory has no program: nothing was looked at");
    ensure!(!memory_holds(guest, CANARY)?, "the secret is in the guest's memory");
    for process in gateway.processes().into_iter().filter(|id| !idle.contains(id) && *id != guest) {
        ensure!(!memory_holds(process, CANARY)?, "the secret is in the memory of process {process}");
    }
    gateway.close().map(|_| ())
}

fn wait_for_guest(gateway: &Gateway, idle: &BTreeSet<u32>) -> Result<u32, Failed> {
    let begun = Instant::now();
    while begun.elapsed() < SOON {
        for id in gateway.processes().into_iter().filter(|id| !idle.contains(id)) {
            let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
            if status.contains("Seccomp_filters:\t2") && memory_holds(id, "\"listen\"").unwrap_or(false) {
                return Ok(id);
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err("no guest has begun".into())
}

/// Whether any readable page of a process holds this text.
fn memory_holds(process: u32, text: &str) -> Result<bool, Failed> {
    let told = |error: std::io::Error| format!("process {process}: {error}");
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).map_err(told)?;
    let memory = File::open(format!("/proc/{process}/mem")).map_err(told)?;
    for line in maps.lines() {
        let range = line.split(' ').next().and_then(|range| range.split_once('-'));
        let number = |hex: &str| u64::from_str_radix(hex, 16).ok();
        let Some((Some(begin), Some(end))) = range.map(|(begin, end)| (number(begin), number(end))) else {
            continue;
        };
        if line.contains(" r") && chunks_hold(&memory, begin, end, text) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn chunks_hold(memory: &File, begin: u64, end: u64, text: &str) -> bool {
    const CHUNK: u64 = 1 << 20;
    let overlap = text.len() as u64;
    let mut at = begin;
    while at < end {
        let length = usize::try_from((end - at).min(CHUNK + overlap)).unwrap_or_default();
        let mut bytes = vec![0; length];
        // Pages of the kernel's own, like vvar, are listed and cannot be read.
        let Ok(count) = memory.read_at(&mut bytes, at) else { return false };
        // An arena that was never touched is zeroes, a thousand times as long as anything else.
        let touched = bytes[..count].iter().any(|byte| *byte != 0);
        if touched && String::from_utf8_lossy(&bytes[..count]).contains(text) {
            return true;
        }
        at += CHUNK;
    }
    false
}
