//! What came of a run: the same data for the model (`execute`), for a person (`run`) and for a pipeline.

use crate::guest::tier::Tier;
use guest_protocol::message::{Finding, Level, Position, ToolName};
use serde::Serialize;
use serde_json::value::RawValue;

/// The result of one run.
#[derive(Debug, Serialize)]
pub(crate) struct RunReport {
    /// Whether the program ran to its end.
    pub(crate) ok: bool,
    /// Its value; absent where it is `undefined`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<Box<RawValue>>,
    /// What it printed, in order.
    pub(crate) logs: Vec<LogLine>,
    /// Every tool call that was made, in the order of their start, and the latest that were refused: a failed run
    /// says what already happened.
    pub(crate) calls: Vec<CallRecord>,
    /// Why it did not run to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Box<RunError>>,
    /// What the check found that did not keep it from running.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<Finding>,
    /// The tools a checked program names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) manifest: Vec<ToolName>,
    /// Where a checked program takes a server or a tool without naming it: the manifest is not all then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) dynamic: Vec<Position>,
    /// Those of them that the operator's profile does not grant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) denied: Vec<ToolName>,
    /// What held the guest: for the record, not for a model.
    #[serde(skip)]
    pub(crate) held: Held,
    /// What had to be cut from this report, in words; empty when nothing was.
    pub(crate) truncated: Vec<String>,
    /// What the run used.
    pub(crate) usage: RunUsage,
}

/// What held a guest.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Held {
    /// How much of the jail this host gives.
    pub(crate) tier: Tier,
    /// The layers that the operator gave up, each with the reason; empty as it should be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) lowered: Vec<String>,
    /// Hex SHA-256 of all that decided what the guest could do: what `oubliette policy hash` calls "together".
    pub(crate) policy: String,
}

/// One line of a program's console.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LogLine {
    /// Which method of `console`.
    pub(crate) level: Level,
    /// What it printed.
    pub(crate) text: String,
}

/// One tool call.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CallRecord {
    /// The server's original name.
    pub(crate) server: String,
    /// The tool's original name.
    pub(crate) tool: String,
    /// Whether it came back with a result that is not an error.
    pub(crate) ok: bool,
    /// From the request to the answer, milliseconds.
    pub(crate) ms: u64,
    /// What else is to be known of it: that it was not sent, or sent without being validated, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

/// Why a run failed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RunError {
    /// A short stable name: `syntax`, `exception`, `time_limit`, `memory_limit`, `jail`, …
    pub(crate) kind: &'static str,
    /// Whose fault it is.
    pub(crate) blame: Blame,
    /// What went wrong, for a model to read.
    pub(crate) message: String,
    /// Where in the TypeScript.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<Position>,
    /// The line, with a marker below the column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) excerpt: Option<String>,
    /// What would work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    /// Call stack, innermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) stack: Vec<String>,
    /// Which rule of the check was broken, where the check found it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<String>,
    /// More findings of the same check.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) more: Vec<Finding>,
}

/// Whose fault an error is. The exit code of `oubliette run` follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Blame {
    /// The program, or whoever took the guest over.
    Guest,
    /// An upstream server.
    Upstream,
    /// The configuration or the host.
    Operator,
    /// Oubliette itself.
    Us,
}

/// What a run used.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct RunUsage {
    /// From the request to the report, milliseconds.
    pub(crate) wall_ms: u64,
    /// Processor time of the guest, milliseconds.
    pub(crate) cpu_ms: u64,
    /// The largest extent of the guest's heap, bytes; 0 where the guest could not say.
    pub(crate) memory_bytes: u64,
    /// Bytecode instructions; 0 where the guest could not say.
    pub(crate) instructions: u64,
}
