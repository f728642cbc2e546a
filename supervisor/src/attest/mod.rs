//! What a live guest is, beside what the profile says it must be: an exact comparison, not a list of absences, so
//! that a mount, a descriptor or a filter too many is found as surely as one that is missing.
//!
//! [`process`] reads what the kernel shows, the crate `readback` asks for what it does not; [`expectation`] is the
//! other side; every other file compares one layer, or a few that belong together. What could not be asked is
//! `not proven`, never `equal`.

mod descriptors;
mod expectation;
mod filters;
mod identity;
mod image;
mod jailer;
mod landlock;
mod leaf;
mod limits;
mod namespaces;
mod privileges;
mod process;
mod root;
mod row;
mod state;

use crate::guest::jail::companion;
use expectation::Expectation;
pub(crate) use expectation::Terms;
use process::Process;
use readback::Readback;
pub(crate) use row::{Row, Verdict};
use serde::Serialize;

/// Names of the jailer and the guest that the kernel keeps and they cannot change: 15 bytes of the executed file's
/// (comm in proc(5)). Before Linux 6.14 an executed descriptor is named by its number.
const JAILER: &str = "oubliette-jaile";

/// One guest, layer by layer.
#[derive(Debug, Serialize)]
pub(crate) struct Attestation {
    pub(crate) pid: i32,
    pub(crate) run: String,
    pub(crate) supervisor: i32,
    pub(crate) verdict: Verdict,
    pub(crate) rows: Vec<Row>,
}

impl Attestation {
    /// The layers with a row of this verdict, in order.
    pub(crate) fn layers(&self, verdict: Verdict) -> Vec<&'static str> {
        let mut layers: Vec<&str> =
            self.rows.iter().filter(|row| row.verdict == verdict).map(|row| row.layer).collect();
        layers.dedup();
        layers
    }
}

/// Compares process `pid` with what a guest on these terms must be.
///
/// # Errors
/// When there is no such process, it is no guest, or it ends meanwhile.
pub(crate) fn attest(pid: i32, terms: Terms<'_>) -> Result<Attestation, String> {
    let guest = look(pid)?;
    let parent = |process: &Process| process.number("PPid", 0).and_then(|pid| i32::try_from(pid).ok());
    let jailer = look(parent(&guest).unwrap_or_default())?;
    if jailer.field("Name").as_deref() != Ok(JAILER) {
        let name = guest.field("Name").unwrap_or_default();
        return Err(format!(
            "process {pid} ({name}) is no guest: its parent is not oubliette-jailer. {FIND}"
        ));
    }
    let supervisor = look(parent(&jailer).unwrap_or_default())?;
    let expected = Expectation::of(terms, &guest, &jailer, &supervisor);
    let read = readback::read(pid, || guest.is_same());
    let rows = rows(&guest, &expected, &read);
    if !guest.is_same() {
        return Err(format!("process {pid} ended while it was looked at: nothing is known of it. {FIND}"));
    }
    let verdict = rows.iter().map(|row| row.verdict).max().unwrap_or(Verdict::NotProven);
    Ok(Attestation { pid, run: expected.spec.run.clone(), supervisor: supervisor.pid, verdict, rows })
}

/// How a guest is found.
const FIND: &str = "`pgrep -af '^oubliette-guest'` lists the guests that run";

fn look(pid: i32) -> Result<Process, String> {
    Process::look(pid).map_err(|unproven| format!("no process {pid} to look at: {}. {FIND}", unproven.why))
}

fn rows(guest: &Process, expected: &Expectation<'_>, read: &Readback) -> Vec<Row> {
    let answers = &read.answers;
    let profile = expected.terms.profile;
    [
        image::rows(guest, &companion("oubliette-guest")),
        jailer::rows(guest, expected, &companion("oubliette-jailer")),
        state::rows(guest, expected, answers),
        namespaces::rows(guest, expected, answers),
        leaf::rows(guest, expected),
        root::rows(guest),
        limits::rows(guest, expected),
        privileges::rows(guest, profile.privileges, answers),
        landlock::rows(&profile.ruleset, answers),
        descriptors::rows(guest, expected),
        filters::rows(guest, expected, &read.filters),
    ]
    .concat()
}
