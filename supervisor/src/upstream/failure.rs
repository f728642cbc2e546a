//! Why a tool call has no result: in words for a model, and as the guest's protocol has it.

use std::time::Duration;

use guest_protocol::message::{ToolFailure, ToolFailureCode};
use rmcp::model::{ErrorCode, ErrorData};

use super::connection::Unanswered;
use super::message::{Loss, LossKind};

/// A tool call without a result.
#[derive(Debug, Clone)]
pub(crate) struct CallFailure {
    /// For the guest.
    pub(crate) failure: ToolFailure,
    /// For the model to read: which tool, what happened, whose fault.
    pub(crate) message: String,
}

impl CallFailure {
    pub(super) fn unknown_server(server: &str, known: &[&str]) -> Self {
        let known = known.join(", ");
        Self::new(
            ToolFailureCode::UnknownServer,
            format!("there is no server `{server}`"),
            Some(format!("The servers are: {known}.")),
        )
    }

    pub(super) fn unknown_tool(server: &str, tool: &str) -> Self {
        Self::new(
            ToolFailureCode::UnknownTool,
            format!("server `{server}` has no tool `{tool}`"),
            Some(format!("List /servers or search to see the tools of `{server}`.")),
        )
    }

    pub(super) fn not_offered(server: &str, method: &str, why: &str) -> Self {
        let message = format!("server `{server}` was not asked {method}: {why}");
        Self::new(ToolFailureCode::NotOffered, message, None)
    }

    pub(super) fn unavailable(server: &str, why: &str) -> Self {
        let message = format!("server `{server}` is not available: {why}");
        Self::new(ToolFailureCode::Unavailable, message, None).retryable()
    }

    pub(super) fn unanswered(server: &str, tool: &str, why: Unanswered) -> Self {
        match why {
            Unanswered::Refused(error) => Self::refused(server, tool, &error),
            Unanswered::Late(time) => Self::late(server, tool, time),
            Unanswered::Lost(loss) => Self::lost(server, tool, &loss),
            Unanswered::Closed { why, retryable } => {
                let message = format!("server `{server}` failed during `{tool}`: {why}");
                let mut failure = Self::new(ToolFailureCode::Unavailable, message, None);
                failure.failure.retryable = retryable;
                failure.failure.hint = Some(if retryable {
                    "It is started again by the next call. Whether this call took effect is not known.".into()
                } else {
                    "Ask for less: a page, a filter, fewer fields.".into()
                });
                failure
            }
        }
    }

    /// Nothing is asked of the server before `wait` is over.
    pub(super) fn paused(server: &str, why: &str, wait: Duration) -> Self {
        let seconds = wait.as_secs() + 1;
        let mut failure = Self::unavailable(server, &format!("{why}; it is asked again in {seconds} s"));
        failure.failure.hint =
            Some(format!("Go on with other servers, or call again after {seconds} seconds."));
        failure
    }

    /// As many calls as may be open at the server stayed open for all the time that a call has.
    pub(super) fn crowded(server: &str, places: u32, waited: Duration) -> Self {
        let ms = waited.as_millis();
        let why = format!("{places} calls (calls_in_flight) were open at it for {ms} ms");
        let mut failure = Self::unavailable(server, &why);
        failure.failure.hint = Some("Make fewer calls at the same time.".into());
        failure
    }

    /// A result of too many bytes.
    pub(super) fn too_long(server: &str, tool: &str, bytes: usize, limit: usize) -> Self {
        Self::new(
            ToolFailureCode::Limit,
            format!(
                "the result of `{tool}` of server `{server}` has {bytes} bytes; this run takes at most {limit}"
            ),
            Some("Ask for less: a page, a filter, fewer fields.".into()),
        )
    }

    /// A result that is nested too deeply, or has too many values.
    pub(super) fn too_complex(server: &str, tool: &str, how: &dyn std::fmt::Display) -> Self {
        Self::new(
            ToolFailureCode::Limit,
            format!("the result of `{tool}` of server `{server}` is {how}, more than this run takes"),
            Some("Ask for less: a page, a filter, fewer fields.".into()),
        )
    }

    /// An answer that is no tool result.
    pub(super) fn no_result(server: &str, tool: &str, what: &str) -> Self {
        let message = format!("server `{server}` did not answer `{tool}` with a result but with {what}");
        Self::new(ToolFailureCode::Upstream, message, None)
    }

    fn refused(server: &str, tool: &str, error: &ErrorData) -> Self {
        let invalid = error.code == ErrorCode::INVALID_PARAMS;
        let code = if invalid { ToolFailureCode::InvalidArguments } else { ToolFailureCode::Upstream };
        let message = format!(
            "server `{server}` refused `{tool}`: {} (JSON-RPC error {})",
            error.message, error.code.0
        );
        Self::new(code, message, invalid.then(|| "Compare the arguments with the tool's declaration.".into()))
    }

    fn lost(server: &str, tool: &str, loss: &Loss) -> Self {
        let message = format!("server `{server}` failed during `{tool}`: {}", loss.why);
        let (code, hint) = match loss.kind {
            LossKind::Unreached | LossKind::Expired => {
                (ToolFailureCode::Unavailable, "The call did not reach the server: it may be made again.")
            }
            LossKind::Broken => (ToolFailureCode::Unavailable, "Whether this call took effect is not known."),
            LossKind::Unauthorized => {
                (ToolFailureCode::Unavailable, "Only the operator can give the server a credential.")
            }
            LossKind::Refused | LossKind::Nonsense => (
                ToolFailureCode::Upstream,
                "The answer was no MCP answer; the operator can look at the server.",
            ),
        };
        let mut failure = Self::new(code, message, Some(hint.into()));
        failure.failure.retryable = loss.retryable();
        failure
    }

    fn late(server: &str, tool: &str, time: Duration) -> Self {
        let ms = time.as_millis();
        Self::new(
            ToolFailureCode::Timeout,
            format!("server `{server}` did not answer `{tool}` within {ms} ms; it was told to stop"),
            Some("Ask for less. Whether the call took effect is not known.".into()),
        )
        .retryable()
    }

    fn new(code: ToolFailureCode, message: String, hint: Option<String>) -> Self {
        Self { failure: ToolFailure { code, retryable: false, hint }, message }
    }

    fn retryable(mut self) -> Self {
        self.failure.retryable = true;
        self
    }
}
