//! Launches with a fault in them: a supervisor whose jailer is the faulty one, told before each launch what to do.

use crate::Failed;
use crate::bench::Bench;
use crate::binaries::make_folder;
use crate::gateway::Gateway;
use crate::invocation::Invocation;
use crate::plan::{self, Act, GO, PLAN, Plan, Point, REAL_JAILER, TRACE, Trace};
use crate::posture::Posture;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// No launch may take longer.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_micros(300);

/// A folder with the product's binaries, and the faulty jailer in the jailer's place.
#[derive(Debug)]
pub struct FaultyBinaries(PathBuf);

impl FaultyBinaries {
    /// Links them into a folder of `bench`'s.
    ///
    /// # Errors
    /// When one is missing or cannot be linked.
    pub fn link(bench: &Bench, name: &str) -> Result<Self, Failed> {
        let folder = bench.folder.join(name);
        make_folder(&folder)?;
        let told = |error: std::io::Error| format!("{}: {error}", folder.display());
        // The faulty jailer writes what it saw beside itself.
        chown(&folder, bench.caller.owner(), bench.caller.owner()).map_err(told)?;
        let links = [
            ("oubliette", "oubliette"),
            ("oubliette-guest", "oubliette-guest"),
            ("oubliette-jailer", REAL_JAILER),
            ("faulty-jailer", "oubliette-jailer"),
        ];
        for (from, to) in links {
            fs::hard_link(bench.binary(from)?, folder.join(to)).map_err(told)?;
        }
        Ok(Self(folder))
    }

    /// Where they are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The supervisor among them.
    #[must_use]
    pub fn oubliette(&self) -> PathBuf {
        self.0.join("oubliette")
    }

    /// Says what to do with the next launch.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn plan(&self, at: Option<(Point, Act)>) -> Result<(), Failed> {
        let _ = fs::remove_file(self.0.join(TRACE));
        let _ = fs::remove_file(self.0.join(GO));
        Ok(plan::write(&self.0, PLAN, &Plan { at })?)
    }

    /// What the faulty jailer has said so far.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn trace(&self) -> Result<Option<Trace>, Failed> {
        Ok(plan::read(&self.0, TRACE)?)
    }

    /// Waits until the faulty jailer holds its launch, or has seen its end.
    ///
    /// # Errors
    /// When that takes too long.
    pub fn wait_for_trace(&self) -> Result<Trace, Failed> {
        let begun = Instant::now();
        loop {
            if let Some(trace) = self.trace()? {
                return Ok(trace);
            }
            if begun.elapsed() > PATIENCE {
                return Err("the faulty jailer says nothing".into());
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Lets a launch go on that is held.
    ///
    /// # Errors
    /// When that cannot be said.
    pub fn go(&self) -> Result<(), Failed> {
        Ok(plan::write(&self.0, GO, &true)?)
    }
}

/// What became of one launch.
#[derive(Debug)]
pub struct Launched {
    /// The report that the agent's host got.
    pub report: Value,
    /// What the faulty jailer saw.
    pub trace: Trace,
    /// What the kernel said of the guest when it had just become ready; nothing where none did.
    pub posture: Option<Posture>,
}

/// A gateway whose jailer is the faulty one.
#[derive(Debug)]
pub struct FaultyGateway {
    binaries: FaultyBinaries,
    gateway: Gateway,
    idle: usize,
}

impl FaultyGateway {
    /// Starts it.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(bench: &Bench, config: &str, name: &str) -> Result<Self, Failed> {
        let binaries = FaultyBinaries::link(bench, name)?;
        let serve = ["serve", "--config", config];
        let serve = Invocation::new(bench.caller, &binaries.oubliette(), &serve, &bench.folder)?;
        let mut gateway = Gateway::start(serve)?;
        gateway.initialize(crate::gateway::LEGACY)?;
        let idle = gateway.processes().len();
        Ok(Self { binaries, gateway, idle })
    }

    /// Runs `program` in one launch that goes as planned, and makes sure that nothing of it is left.
    ///
    /// # Errors
    /// When there is no report, or something is left.
    pub fn launch(&mut self, at: Option<(Point, Act)>, program: &str) -> Result<Launched, Failed> {
        self.binaries.plan(at)?;
        let call = json!({ "name": "execute", "arguments": { "code": program } });
        let id = self.gateway.ask("tools/call", &call)?;
        let mut posture = None;
        let begun = Instant::now();
        let mut answer = loop {
            if let Some(answer) = self.gateway.answer_within(id, PAUSE)? {
                break answer;
            }
            let guest = self.binaries.trace()?.and_then(|trace| trace.guest);
            if let (None, Some(guest)) = (&posture, guest) {
                posture = Some(Posture::of(guest));
                self.binaries.go()?;
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("no report: {at:?}").into());
            }
        };
        self.wait_until_idle()?;
        let report = answer["result"]["structuredContent"].take();
        Ok(Launched { report, trace: self.binaries.wait_for_trace()?, posture })
    }

    fn wait_until_idle(&self) -> Result<(), Failed> {
        let begun = Instant::now();
        while self.gateway.processes().len() > self.idle || self.gateway.leaves() > 0 {
            if begun.elapsed() > PATIENCE {
                let (processes, leaves) = (self.gateway.processes(), self.gateway.leaves());
                return Err(format!("left behind: processes {processes:?}, {leaves} leaves").into());
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Ends it, and makes sure that nothing is left.
    ///
    /// # Errors
    /// When something is.
    pub fn close(self) -> Result<(), Failed> {
        self.gateway.close().map(|_| ())
    }
}
