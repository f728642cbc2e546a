//! What the faulty jailer is told, and what it tells: three small files in its own folder, because the supervisor
//! starts it without arguments and without an environment.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// The harness says what to do.
pub const PLAN: &str = "plan.json";
/// The faulty jailer says how far it came: the guest is ready, the point to hold at is reached, or all is over.
pub const TRACE: &str = "trace.json";
/// The harness says that it has seen enough.
pub const GO: &str = "go";
/// The name of the real jailer in that folder.
pub const REAL_JAILER: &str = "real-jailer";

/// One of the two processes of a jailer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Half {
    /// The one that the supervisor starts, and that stays.
    Outside,
    /// The one in the namespaces, which becomes the guest.
    Inside,
}

/// A system call of one launch: the n-th of this process, from 0 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Point {
    /// Whose.
    pub half: Half,
    /// Which.
    pub nth: usize,
}

/// What happens at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// The call is not made, and this error number is its result.
    Fail(i32),
    /// The call is not made until the harness says so.
    Hold,
}

/// What to do with one launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Where, and what; nothing is a launch that is only looked at.
    pub at: Option<(Point, Act)>,
}

/// A system call as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Where.
    pub point: Point,
    /// Its number on this architecture.
    pub number: i64,
    /// Its first two arguments.
    pub arguments: [u64; 2],
}

/// What became of a launch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Trace {
    /// Every call up to the guest's first frame.
    pub calls: Vec<Call>,
    /// Whether the point of the plan was reached.
    pub reached: bool,
    /// The process that has just sent the guest's first frame, and is held there.
    pub guest: Option<i32>,
}

/// Writes a file that is never seen half written.
///
/// # Errors
/// When that fails.
pub fn write<T: Serialize>(folder: &Path, name: &str, what: &T) -> Result<(), String> {
    let (draft, path) = (folder.join(format!("{name}.draft")), folder.join(name));
    let text = serde_json::to_vec(what).map_err(|error| error.to_string())?;
    fs::write(&draft, text)
        .and_then(|()| fs::rename(&draft, &path))
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// Reads one of the files; nothing where it is not there.
///
/// # Errors
/// When it is there and cannot be read.
pub fn read<T: for<'a> Deserialize<'a>>(folder: &Path, name: &str) -> Result<Option<T>, String> {
    let path = folder.join(name);
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    match fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(told(&error)),
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| told(&error)),
    }
}

/// Has every single call tried, which takes some minutes.
const EVERY_CALL: &str = "OUBLIETTE_TEST_EVERY_CALL";
/// Of a call that is made in a loop (signals, capabilities, descriptors) the first are tried, then one in so many.
const FIRST: usize = 8;
const THEN_EVERY: usize = 32;

/// Whether every single call is to be tried: `OUBLIETTE_TEST_EVERY_CALL=1`.
#[must_use]
pub fn every_call() -> bool {
    std::env::var_os(EVERY_CALL).is_some()
}

/// The calls of one half to try.
#[must_use]
pub fn points(calls: &[Call], half: Half) -> Vec<Point> {
    let mut seen: HashMap<(i64, u64), usize> = HashMap::new();
    let mut points = Vec::new();
    for call in calls.iter().filter(|call| call.point.half == half) {
        let option = if call.number == nix::libc::SYS_prctl { call.arguments[0] } else { 0 };
        let before = seen.entry((call.number, option)).or_default();
        if every_call() || *before < FIRST || before.is_multiple_of(THEN_EVERY) {
            points.push(call.point);
        }
        *before += 1;
    }
    points
}
