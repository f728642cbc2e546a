//! The tool `execute`.

use super::{content, fit};
use crate::report::Held;
use crate::supervisor::{RunRequest, Supervisor};
use guest_protocol::message::Mode;
use rmcp::model::{ContentBlock, JsonObject, ProtocolVersion};
use serde::Deserialize;
use serde_json::Value;

/// What a model passes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    code: String,
    timeout_ms: Option<u64>,
    #[serde(default)]
    check_only: bool,
}

/// What came of a run, as the model is shown it.
pub(super) struct Shown {
    /// Whether the program ran to its end.
    pub(super) ok: bool,
    /// The report, cut to size.
    pub(super) report: Value,
    /// What goes to the host beside it.
    pub(super) content: Vec<ContentBlock>,
    /// What held the guest.
    pub(super) held: Held,
}

/// The run that `arguments` ask for, or in words what is wrong with them.
pub(super) fn request(arguments: JsonObject) -> Result<RunRequest, String> {
    let arguments: Arguments = serde_json::from_value(Value::Object(arguments)).map_err(|error| {
        format!("The arguments of execute are wrong: {error}. Its arguments: code, timeout_ms, check_only.")
    })?;
    let mode = if arguments.check_only { Mode::Check } else { Mode::Run };
    Ok(RunRequest { source: arguments.code, timeout_ms: arguments.timeout_ms, mode, emitted: None })
}

/// Runs a program. Dropping the future ends the run.
pub(super) async fn execute(
    supervisor: &Supervisor,
    request: RunRequest,
    version: Option<&ProtocolVersion>,
) -> Shown {
    let mut report = supervisor.execute(request).await;
    let content = content::lift(&mut report, version);
    Shown { ok: report.ok, held: report.held.clone(), content, report: fit::shown(report) }
}
