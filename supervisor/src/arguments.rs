//! Whether a call's arguments fit what its tool takes, before the call goes anywhere.
//!
//! After the grants, so that a denied tool costs nothing and is refused for one reason only; and on the very value that
//! is sent on, read from the guest's text once: what was validated cannot read differently upstream.

use crate::upstream::CallFailure;
use catalog::{Catalog, Judgement};
use guest_protocol::message::{ToolCall, ToolFailure, ToolFailureCode};
use serde_json::{Map, Value};
use std::sync::Arc;

/// What may be done with a call.
pub(crate) enum Validated {
    /// Its arguments fit: they are sent.
    Fit(Map<String, Value>),
    /// They could not be validated, and why; the upstream server decides.
    Unvalidated(Map<String, Value>, String),
    /// They do not fit; nothing is sent.
    Misfit(CallFailure),
}

/// Validates the arguments of `call` on a thread for work that takes long: a large schema is compiled here.
pub(crate) async fn validated(catalog: &Arc<Catalog>, call: ToolCall) -> Validated {
    let catalog = Arc::clone(catalog);
    let judged = tokio::task::spawn_blocking(move || {
        let ToolCall { server, tool, arguments } = call;
        let arguments = Value::Object(arguments);
        match (catalog.judge(&server, &tool, &arguments), arguments) {
            (Judgement::Fit, Value::Object(arguments)) => Validated::Fit(arguments),
            (Judgement::Unvalidated(why), Value::Object(arguments)) => Validated::Unvalidated(arguments, why),
            (Judgement::Misfit(problems), _) => {
                Validated::Misfit(misfit(&catalog, &server, &tool, &problems))
            }
            (_, _) => Validated::Misfit(failure("the arguments are not an object".into(), None)),
        }
    });
    let broken = |error| {
        let message = format!("the arguments could not be validated, a fault of oubliette: {error}");
        Validated::Misfit(failure(message, Some("Please report it. The call was not sent.".into())))
    };
    judged.await.unwrap_or_else(broken)
}

/// In words for a model: a line for each problem, and what the tool takes.
fn misfit(catalog: &Catalog, server: &str, tool: &str, problems: &[String]) -> CallFailure {
    let lines: String = problems.iter().map(|problem| format!("\n- {problem}")).collect();
    let message =
        format!("the arguments for `{tool}` of server `{server}` do not fit, so it was not called:{lines}");
    let signature = catalog.tool(server, tool).map(|tool| format!("\nSignature: {}", tool.signature()));
    failure(message + &signature.unwrap_or_default(), None)
}

fn failure(message: String, hint: Option<String>) -> CallFailure {
    let code = ToolFailureCode::InvalidArguments;
    CallFailure { message, failure: ToolFailure { code, retryable: false, hint } }
}
