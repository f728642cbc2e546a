//! The soak: a while to warm up, two halves, and after each the gateway at rest.

use crate::hosts::{self, Round};
use crate::tally::Tally;
use crate::upstreams::{SERVERS, Upstreams};
use crate::weather;
use oubliette_tests::bench::Bench;
use oubliette_tests::dice::Dice;
use oubliette_tests::gateway::at_rest;
use oubliette_tests::holdings::{descriptors, figure, zombies};
use oubliette_tests::http::{At, Host};
use oubliette_tests::served::Served;
use oubliette_tests::{Failed, Verdict, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

/// What says, at the very end, how many tasks live on.
const SAYS_TASKS: &str = "oubliette::cli::serve";
const SEED: u64 = 0x6f75_626c_6965_7474;
/// Long enough for every kind of program, and for the allocator to have had its fill.
const WARM_UP: Duration = Duration::from_secs(8);
/// A thread for blocking work ends when it had none for ten seconds (tokio's default).
const IDLE_THREADS: Duration = Duration::from_secs(11);
/// By then a server that was left alone is asked again, and a session that nobody ended is over.
const SOON: Duration = Duration::from_secs(60);
/// How much more memory the supervisor may have after the second half than after the first, KiB: some of it carries
/// answers of megabytes, and its allocator keeps what it once had for them.
const MORE_MEMORY: u64 = 32 << 10;

/// What must be as before.
#[derive(Debug, PartialEq, Eq)]
struct Holdings {
    /// How many processes of each command line.
    processes: BTreeMap<String, usize>,
    zombies: usize,
    leaves: usize,
    /// How many descriptors of each kind.
    descriptors: BTreeMap<String, usize>,
    threads: u64,
}

impl Holdings {
    fn look(served: &Served) -> Self {
        let ids: BTreeSet<u32> = served.processes().into_iter().collect();
        let mut processes = BTreeMap::new();
        for id in &ids {
            let line = fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
            *processes.entry(line.replace('\0', " ")).or_default() += 1;
        }
        Self {
            processes,
            zombies: zombies(&ids),
            leaves: served.leaves(),
            descriptors: descriptors(served.id()),
            threads: figure(served.id(), "Threads").unwrap_or_default(),
        }
    }
}

impl fmt::Display for Holdings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |of: &BTreeMap<String, usize>| of.values().sum::<usize>();
        let (processes, descriptors) = (sum(&self.processes), sum(&self.descriptors));
        write!(f, "{processes} processes, {descriptors} descriptors, {} threads", self.threads)
    }
}

pub(super) fn soak(bench: &Bench, length: Duration) -> Verdict {
    let upstreams = Upstreams::start()?;
    let (served, socket) = start(bench, &upstreams)?;
    let (tally, doors) = (Tally::default(), [At::Tcp(served.address().to_owned()), At::Unix(socket)]);
    let round = |length, seed: u64, abandons| Round {
        doors: doors.clone(),
        until: Instant::now() + length,
        seed: SEED ^ seed,
        abandons,
        tally: &tally,
    };
    bustle(&served, &upstreams, &round(WARM_UP, 1, false))?;
    every_server_answers(&served, &upstreams)?;
    thread::sleep(IDLE_THREADS);
    let before = at_rest(|| Holdings::look(&served))?;
    ensure!(before.zombies == 0 && before.leaves == 0, "before: {before:#?}");
    let mut memory = vec![figure(served.id(), "VmRSS")?];
    for seed in [2, 3] {
        bustle(&served, &upstreams, &round(length / 2, seed, true))?;
        every_server_answers(&served, &upstreams)?;
        as_before(&served, &before)?;
        memory.push(figure(served.id(), "VmRSS")?);
    }
    let peak = figure(served.id(), "VmHWM")?;
    let tasks = tasks_at_the_end(served)?;
    println!(
        "soak/{}, {} s: {tally}\n  memory at rest, after the warm-up and each half: {memory:?} KiB, at most {peak} KiB\n  \
         at rest, as before: {before}; {tasks} tasks at the end",
        bench.caller.name(),
        length.as_secs(),
    );
    tally.has_everything()?;
    ensure!(tasks <= SERVERS.len(), "{tasks} tasks live on");
    ensure!(memory[2] < memory[1] + MORE_MEMORY, "it grows, KiB: {memory:?}");
    Ok(())
}

/// A gateway with all the servers, and its socket.
fn start(bench: &Bench, upstreams: &Upstreams) -> Result<(Served, PathBuf), Failed> {
    let config = bench.write("soak.toml", upstreams.config(bench)?)?;
    let socket = bench.folder.join("mcp.sock");
    let path = socket.display().to_string();
    let serve = ["serve", "--config", &config, "--http", "127.0.0.1:0", "--socket", &path];
    let log = format!("warn,rmcp=off,{SAYS_TASKS}=debug");
    Ok((Served::start(bench.oubliette(&serve)?.variable("OUBLIETTE_LOG", &log))?, socket))
}

/// Stops the gateway; how many of its tasks live on then. What has just been told to end may be among them, hardly one
/// a server.
fn tasks_at_the_end(served: Served) -> Result<usize, Failed> {
    let said = served.stop()?;
    let tasks = said.rsplit_once("everything was ended tasks=").map(|(_, rest)| rest);
    let tasks = tasks.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    tasks.ok_or_else(|| format!("it does not say how many tasks live on: {said:.3000}").into())
}

/// Hosts and faults until the round is over.
fn bustle(served: &Served, upstreams: &Upstreams, round: &Round<'_>) -> Verdict {
    thread::scope(|scope| {
        let weather = scope.spawn(|| weather::strike(served, upstreams, round).map_err(words));
        let hosts = hosts::ALL.map(|host| scope.spawn(move || host(round).map_err(words)));
        for one in hosts {
            one.join().map_err(|_| "a host panicked")??;
        }
        weather.join().map_err(|_| "the weather panicked")??;
        Ok(())
    })
    .map_err(|why: String| format!("{why}\nso far: {}\n{:.3000}", round.tally, served.said()).into())
}

/// Only text goes from thread to thread.
fn words(failed: Failed) -> String {
    failed.message().unwrap_or_default().to_owned()
}

/// However bad it was, each server is asked again, and answers; then no connection to it is kept.
fn every_server_answers(served: &Served, upstreams: &Upstreams) -> Verdict {
    let mut host = Host::new(At::Tcp(served.address().to_owned()));
    let mut dice = Dice(SEED);
    let begun = Instant::now();
    for server in SERVERS {
        loop {
            let value = dice.roll(1_000);
            let report = host
                .execute_modern(&format!("return (await tools.{server}.echo({{ value: {value} }})).value"))?;
            if report["value"] == value {
                break;
            }
            ensure!(begun.elapsed() < SOON, "{server} does not come back: {report:.2000}");
            thread::sleep(Duration::from_millis(200));
        }
    }
    upstreams.hang_up();
    Ok(())
}

fn as_before(served: &Served, before: &Holdings) -> Verdict {
    let begun = Instant::now();
    loop {
        let now = Holdings::look(served);
        if now == *before {
            return Ok(());
        }
        ensure!(begun.elapsed() < SOON, "before: {before:#?}\nnow: {now:#?}");
        thread::sleep(Duration::from_millis(100));
    }
}
