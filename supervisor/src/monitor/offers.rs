//! What a program asks servers for besides tools. It passes the same gates as a tool call, in the same order.

use super::{Monitored, failed, refusal};
use crate::upstream::CallResult;
use guest_protocol::envelope::Refusal;
use guest_protocol::message::ToolFailureCode;
use guest_protocol::offers::Ask;

/// Asks, where the profile grants it.
pub(super) async fn ask(ask: Ask, run: &Monitored) -> Result<CallResult, Refusal> {
    if let Some(unknown) = unknown(&ask, run) {
        return Err(unknown);
    }
    let method = ask.asked.method();
    let allowed = run.allowed(&ask.server, method)?;
    let index = run.begin(&ask.server, method)?;
    let result = run.upstreams.ask(allowed, ask.asked, run.limits.result_bytes).await;
    run.end(index, &result);
    result.map_err(failed)
}

/// There is no such server, or it has nothing of the kind.
fn unknown(ask: &Ask, run: &Monitored) -> Option<Refusal> {
    let offer = ask.asked.offer();
    let (code, message) = match run.catalog.offers(&ask.server) {
        None => (ToolFailureCode::UnknownServer, run.catalog.unknown_server(&ask.server)),
        Some(offers) if !offers.has(offer) => {
            (ToolFailureCode::NotOffered, run.catalog.not_offered(&ask.server, offer))
        }
        Some(_) => return None,
    };
    run.record().refuse(&ask.server, ask.asked.method(), code);
    Some(refusal(message, code, None))
}
