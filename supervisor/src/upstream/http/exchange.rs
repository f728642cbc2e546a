//! One message to a remote server, and what comes back: nothing, one JSON text, or a stream of events.

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use rmcp::model::RequestId;
use tokio::time::sleep;

use super::super::cut;
use super::super::message::{Answer, Heard, Incoming, Loss, LossKind, NoResult, error_in, hear};
use super::body::{self, Body};
use super::client;
use super::dialogue::Outgoing;
use super::events::{Events, TooLong};
use super::{Line, RESUME_PAUSE};

/// Longest text of a failure that is repeated, characters.
const MAX_QUOTE: usize = 200;
/// Longest pause that a server may ask for, milliseconds: five minutes.
const MAX_PAUSE_MS: u64 = 300_000;
/// How often the rest of an answer is asked for, where the server ends its streams before it answers.
const MAX_RESUMES: usize = 100;

/// Sends a message. A request is answered in any case, if only by saying that there is no answer.
pub(super) async fn exchange(line: &Line, message: Vec<u8>) {
    let Ok(outgoing) = serde_json::from_slice::<Outgoing<'_>>(&message) else {
        return;
    };
    let Some(id) = outgoing.id.clone().filter(|_| !outgoing.method.is_empty()) else {
        if let Err(loss) = say(line, &outgoing, message.clone()).await {
            tracing::debug!(target: "upstream", server = line.server, "{} was not taken: {}", outgoing.method, loss.why);
        }
        return;
    };
    let result = ask(line, &outgoing, &id, message.clone()).await;
    let result = result.unwrap_or_else(|loss| Err(NoResult::Lost(loss)));
    line.deliver(Incoming::Answer(Answer { id, result })).await;
}

/// The answer to a request.
type Asked = Result<String, NoResult>;

/// Sends a message that has no answer.
async fn say(line: &Line, outgoing: &Outgoing<'_>, message: Vec<u8>) -> Result<(), Loss> {
    let mut response = line.post(line.dialogue.headers(outgoing), message).await?;
    if response.status().is_success() {
        return Ok(());
    }
    Err(refused(line, &mut response).await)
}

async fn ask(line: &Line, outgoing: &Outgoing<'_>, id: &RequestId, message: Vec<u8>) -> Result<Asked, Loss> {
    let mut response = line.post(line.dialogue.headers(outgoing), message).await?;
    if !response.status().is_success() {
        return failure(line, &mut response).await.map(Err);
    }
    if outgoing.method == "initialize"
        && let Some(session) = response.headers().get("mcp-session-id")
    {
        line.dialogue.begin_session(session);
    }
    match kind_of(response.headers()).as_deref() {
        Some("application/json") => one_answer(line, outgoing, id, &mut response).await,
        Some("text/event-stream") => listen(line, outgoing, id, response).await,
        kind => Err(wrong_kind(response.status(), kind)),
    }
}

/// An answer that is one JSON text.
async fn one_answer(
    line: &Line,
    outgoing: &Outgoing<'_>,
    id: &RequestId,
    response: &mut Response,
) -> Result<Asked, Loss> {
    match body::read(response, &line.room).await? {
        Body::Cut(begun) => cut_answer(outgoing, &begun),
        Body::Whole(text) => match hear(&line.server, &text) {
            Heard::Message(Incoming::Answer(answer)) if same(&answer.id, id) => Ok(answer.result),
            Heard::Message(Incoming::Answer(_)) => {
                Err(Loss::new(LossKind::Nonsense, "it answered another request than it was asked"))
            }
            _ => Err(Loss::new(LossKind::Nonsense, "its answer is no JSON-RPC answer")),
        },
    }
}

/// Of an answer that is too long only a listing is worth something.
fn cut_answer(outgoing: &Outgoing<'_>, begun: &[u8]) -> Result<Asked, Loss> {
    let listing = cut::listing(begun).filter(|_| outgoing.lists_tools());
    match listing {
        Some(listing) => Ok(Ok(listing.text())),
        None => {
            let why = format!("it sent more than the {} bytes that an answer may have", begun.len());
            Err(Loss::new(LossKind::Nonsense, why))
        }
    }
}

/// An answer that is a stream: other messages first, and the answer in the end. A server of before 2026-07-28 may
/// end the stream and have the rest fetched.
async fn listen(
    line: &Line,
    outgoing: &Outgoing<'_>,
    id: &RequestId,
    response: Response,
) -> Result<Asked, Loss> {
    let mut events = Events::default();
    let mut response = response;
    for _ in 0..MAX_RESUMES {
        match stream(line, outgoing, id, &mut response, &mut events).await {
            Ok(Some(asked)) => return Ok(asked),
            Ok(None) => {}
            Err(loss) if loss.kind != LossKind::Broken || events.resumable().is_none() => return Err(loss),
            Err(_) => {}
        }
        events = events.resumed();
        let Some(last) = events.resumable().filter(|_| line.dialogue.is_legacy()) else {
            return Err(Loss::new(LossKind::Broken, "it ended its answer before it answered"));
        };
        sleep(events.retry.unwrap_or(RESUME_PAUSE)).await;
        response = line.get(line.dialogue.stream_headers(Some(last))).await?;
        if !response.status().is_success() {
            return Err(refused(line, &mut response).await);
        }
    }
    Err(Loss::new(LossKind::Broken, "it ended its answer again and again without answering"))
}

/// One stream to its end; `None` where the answer was not in it.
async fn stream(
    line: &Line,
    outgoing: &Outgoing<'_>,
    id: &RequestId,
    response: &mut Response,
    events: &mut Events,
) -> Result<Option<Asked>, Loss> {
    body::refuse_encoded(response)?;
    let mut place = line.room.place();
    while let Some(chunk) = response.chunk().await.map_err(client::loss)? {
        place.hold(events.held() + chunk.len()).await;
        let mut piece = &*chunk;
        loop {
            match events.next(&mut piece) {
                Ok(None) => break,
                Ok(Some(data)) => {
                    if let Some(asked) = line.heard(&data, Some(id)).await {
                        return Ok(Some(asked));
                    }
                }
                Err(TooLong(begun)) => return cut_answer(outgoing, &begun).map(Some),
            }
        }
    }
    Ok(None)
}

impl Line {
    /// Takes one message of a stream: the result, where it is the answer to `id`; anything else is delivered.
    pub(super) async fn heard(&self, data: &[u8], id: Option<&RequestId>) -> Option<Asked> {
        match hear(&self.server, data) {
            Heard::Message(Incoming::Answer(answer)) if id.is_some_and(|id| same(&answer.id, id)) => {
                return Some(answer.result);
            }
            // The answer to something else belongs to the stream of that.
            Heard::Message(Incoming::Answer(_)) | Heard::Nothing | Heard::Stray => {}
            Heard::Message(other) => self.deliver(other).await,
            Heard::Refusal(refusal) => {
                if let Some(reply) = self.reply.upgrade() {
                    // A queue that is full belongs to a server that asks without end: it gets no answer.
                    let _ = reply.try_send(refusal);
                }
            }
        }
        None
    }
}

/// What a status that is no success comes to: the error in it, or a loss.
async fn failure(line: &Line, response: &mut Response) -> Result<NoResult, Loss> {
    let status = response.status();
    let is_json = kind_of(response.headers()).as_deref() == Some("application/json");
    if is_json && status.is_client_error() && !asks_for_credentials(status) && !line.is_expired(status) {
        let text = body::read_failure(response, &line.room).await;
        return match error_in(&text) {
            Some(error) => Ok(NoResult::Error(error)),
            None => Err(status_loss(response, &text)),
        };
    }
    Err(refused(line, response).await)
}

async fn refused(line: &Line, response: &mut Response) -> Loss {
    let status = response.status();
    if line.is_expired(status) {
        line.expired.notify_one();
        return Loss::new(LossKind::Expired, "its session is over");
    }
    if asks_for_credentials(status) {
        return unauthorized(response);
    }
    if status.is_redirection() {
        return redirected(response);
    }
    let text = body::read_failure(response, &line.room).await;
    status_loss(response, &text)
}

fn asks_for_credentials(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

fn unauthorized(response: &Response) -> Loss {
    let what = if response.status() == StatusCode::UNAUTHORIZED {
        "it wants a credential (HTTP 401)"
    } else {
        "the credential it was given is not enough (HTTP 403)"
    };
    Loss::new(LossKind::Unauthorized, format!("{what}; configure its `bearer` or `headers`"))
}

fn redirected(response: &Response) -> Loss {
    let target = response.headers().get(LOCATION).and_then(|target| target.to_str().ok());
    let target = target.and_then(|target| response.url().join(target).ok());
    let target = target.map_or_else(|| "nowhere".into(), |target| target.origin().ascii_serialization());
    let why = format!(
        "it redirects to {target} (HTTP {}), where its credentials are not sent; correct its url",
        response.status().as_u16()
    );
    Loss::new(LossKind::Refused, why)
}

/// A status, with the beginning of a text that people can read.
fn status_loss(response: &Response, text: &[u8]) -> Loss {
    let status = response.status();
    let readable = matches!(kind_of(response.headers()).as_deref(), Some("text/plain" | "application/json"));
    let quote: String = String::from_utf8_lossy(text).trim().chars().take(MAX_QUOTE).collect();
    let quote = if readable && !quote.is_empty() { format!(": {quote}") } else { String::new() };
    let reason = status.canonical_reason().unwrap_or("no standard status");
    let mut loss = Loss::new(LossKind::Refused, format!("HTTP {} ({reason}){quote}", status.as_u16()));
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        loss.pause_ms = Some(pause_ms(response.headers()));
    }
    loss
}

/// What `Retry-After` says; 0 where it says nothing in seconds.
fn pause_ms(headers: &HeaderMap) -> u64 {
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok());
    seconds.unwrap_or(0).saturating_mul(1000).min(MAX_PAUSE_MS)
}

fn wrong_kind(status: StatusCode, kind: Option<&str>) -> Loss {
    let why = match kind {
        _ if matches!(status, StatusCode::ACCEPTED | StatusCode::NO_CONTENT) => {
            format!("it accepted a request without answering it (HTTP {})", status.as_u16())
        }
        Some("text/html") => "it answered with a page for people (text/html); is its url right?".into(),
        Some(kind) => {
            let kind: String = kind.chars().take(MAX_QUOTE).collect();
            format!("it answered with {kind:?}, which is neither JSON nor a stream of events")
        }
        None => "it answered without saying what (no Content-Type)".into(),
    };
    Loss::new(LossKind::Nonsense, why)
}

/// The media type, without its parameters.
pub(super) fn kind_of(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next()?.trim().to_ascii_lowercase())
}

/// Some servers answer a number with the same number as a text.
fn same(one: &RequestId, other: &RequestId) -> bool {
    one == other || one.to_string() == other.to_string()
}
