//! Which protocol does this server speak? The 2026-07-28 revision has no handshake but `server/discover`, the
//! ones before have `initialize`; both kinds are in use, and many servers speak both.
//!
//! The probe is `server/discover`, as the specification asks for (2026-07-28, basic/versioning). A server that
//! does not answer it is asked `initialize` as well, without taking the probe back: a slow start cannot be told
//! from a server that passes over what it does not know, and the late answer of the one must not be taken for
//! an answer to the other.

use std::time::Duration;

use guest_protocol::offers::Offers;
use rmcp::model::{ErrorCode, ErrorData, ProtocolVersion, RequestId};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::carrier::Carrier;
use super::message::{Answer, Incoming, LossKind, NoResult};
use super::wire::{Closed, Wire};

/// How long the probe alone is waited for: a program may pass over it, over HTTP there is an answer to each request.
const PROBE: Duration = Duration::from_secs(2);
const REMOTE_PROBE: Duration = Duration::from_secs(10);
/// Ids that the connection, counting from 0, never comes to, and that fit 32 bits.
const DISCOVER_ID: i64 = 2_000_000_000;
const INITIALIZE_ID: i64 = 2_000_000_001;
const DISCOVER_AGAIN_ID: i64 = 2_000_000_002;
/// Longest instructions that are kept, characters.
const MAX_INSTRUCTIONS: usize = 64 << 10;

/// What the `_meta` of every request of 2026-07-28 is keyed by.
const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const META_CLIENT: &str = "io.modelcontextprotocol/clientInfo";
const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// The two kinds of servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    /// 2026-07-28: every request stands for itself.
    Modern,
    /// Up to 2025-11-25: `initialize` first.
    Legacy,
}

/// What a server says of itself.
#[derive(Debug, Clone)]
pub(super) struct Greeting {
    /// How it is spoken to.
    pub(super) era: Era,
    /// The revision that was agreed on.
    pub(super) protocol: ProtocolVersion,
    /// What it tells a model about itself.
    pub(super) instructions: Option<String>,
    /// What it has besides tools.
    pub(super) offers: Offers,
    /// Whether it says so when its tools change.
    pub(super) tells_changes: bool,
}

/// Why a server could not be greeted.
pub(super) enum Ungreeted {
    /// It closed its end.
    Ended,
    /// It speaks nothing that is spoken here; for the operator to read.
    Strange(String),
}

impl From<Closed> for Ungreeted {
    fn from(_: Closed) -> Self {
        Self::Ended
    }
}

/// Finds out how the server is spoken to, and does it. `known` is what an earlier connection found out.
///
/// # Errors
/// When the server speaks neither, or closes. Never for slowness: the caller has a timeout for the whole start.
pub(super) async fn greet(
    wire: &mut Wire,
    carrier: &Carrier,
    known: Option<Era>,
) -> Result<Greeting, Ungreeted> {
    let mut greeter = Greeter { refused: None, asked_again: false, initialize_sent: false };
    if known == Some(Era::Legacy) {
        greeter.refused = Some("not asked".into());
        greeter.initialize(wire).await?;
    } else {
        discover(wire, DISCOVER_ID).await?;
    }
    let probe_ends = Instant::now() + if carrier.is_remote() { REMOTE_PROBE } else { PROBE };
    loop {
        let incoming = tokio::select! {
            incoming = wire.next() => incoming.ok_or(Ungreeted::Ended)?,
            () = sleep_until(probe_ends), if !greeter.initialize_sent => {
                greeter.initialize(wire).await?;
                continue;
            }
        };
        match incoming {
            Incoming::Answer(answer) => {
                if let Some(greeting) = greeter.consider(wire, carrier, answer).await? {
                    return Ok(greeting);
                }
            }
            Incoming::Other(message) => answer_early(wire, *message).await?,
        }
    }
}

struct Greeter {
    /// Why the probe failed, once it did.
    refused: Option<String>,
    /// Whether the probe went out a second time.
    asked_again: bool,
    initialize_sent: bool,
}

impl Greeter {
    async fn initialize(&mut self, wire: &Wire) -> Result<(), Ungreeted> {
        self.initialize_sent = true;
        let params = json!({
            "protocolVersion": ProtocolVersion::LATEST_WITH_INITIALIZE,
            "capabilities": {},
            "clientInfo": client(),
        });
        send(wire, INITIALIZE_ID, "initialize", params).await
    }

    /// The greeting, where the answer is one.
    async fn consider(
        &mut self,
        wire: &Wire,
        carrier: &Carrier,
        answer: Answer,
    ) -> Result<Option<Greeting>, Ungreeted> {
        if answers(&answer.id, DISCOVER_ID) || answers(&answer.id, DISCOVER_AGAIN_ID) {
            if !self.asked_again && refused_what_it_supports(&answer.result) {
                self.asked_again = true;
                discover(wire, DISCOVER_AGAIN_ID).await?;
                return Ok(None);
            }
            match discovered(answer.result).map_err(Ungreeted::Strange)? {
                Ok(greeting) => return Ok(Some(greeting)),
                Err(why) => self.refused = Some(why),
            }
            if !self.initialize_sent {
                self.initialize(wire).await?;
            }
        } else if answers(&answer.id, INITIALIZE_ID) && self.initialize_sent {
            return match (initialized(answer.result), &self.refused) {
                (Ok(greeting), _) => {
                    carrier.agree(&greeting.protocol, greeting.tells_changes);
                    let done = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
                    wire.put(&done).await?;
                    Ok(Some(greeting))
                }
                // The probe may still be answered: a modern server refuses `initialize` and is merely slow.
                (Err(_), None) => Ok(None),
                (Err(why), Some(probe)) => {
                    Err(Ungreeted::Strange(format!("{why} (and before, to server/discover: {probe})")))
                }
            };
        }
        Ok(None)
    }
}

#[derive(Deserialize)]
struct Greeted {
    #[serde(default, rename = "supportedVersions")]
    supported_versions: Vec<String>,
    #[serde(default, rename = "protocolVersion")]
    protocol_version: String,
    #[serde(default)]
    capabilities: Value,
    #[serde(default)]
    instructions: Option<String>,
}

impl Greeted {
    fn greeting(self, era: Era, protocol: ProtocolVersion) -> Greeting {
        let tells_changes = self.capabilities.pointer("/tools/listChanged") == Some(&Value::Bool(true));
        let instructions = self.instructions.map(|text| text.chars().take(MAX_INSTRUCTIONS).collect());
        let has = |what| self.capabilities.get(what).is_some_and(Value::is_object);
        let offers = Offers { resources: has("resources"), prompts: has("prompts") };
        Greeting { era, protocol, instructions, offers, tells_changes }
    }
}

/// The greeting of a modern server; inside, why `initialize` is to be tried.
fn discovered(result: Result<String, NoResult>) -> Result<Result<Greeting, String>, String> {
    let text = match result {
        Ok(text) => text,
        Err(NoResult::Error(error)) => return refused(&error).map(Err),
        // Whoever cannot be reached, or wants a credential first, would say the same to `initialize`.
        Err(NoResult::Lost(loss)) => match loss.kind {
            LossKind::Unreached | LossKind::Unauthorized => return Err(loss.why),
            _ => return Ok(Err(loss.why)),
        },
    };
    let greeted: Greeted = match serde_json::from_str(&text) {
        Ok(greeted) => greeted,
        Err(error) => return Ok(Err(format!("not a result ({error})"))),
    };
    let modern = ProtocolVersion::V_2026_07_28;
    if greeted.supported_versions.iter().any(|version| version == modern.as_str()) {
        return Ok(Ok(greeted.greeting(Era::Modern, modern)));
    }
    if greeted.supported_versions.is_empty() {
        // Some servers answer whatever they do not know with an empty result.
        return Ok(Err("it names no revision".into()));
    }
    legacy_or_strange(&greeted.supported_versions).map(Err)
}

/// Whether it names, in refusing it, the very revision that it was asked in: then it is asked once more (2026-07-28,
/// basic/versioning, wants a client to choose from that list).
fn refused_what_it_supports(result: &Result<String, NoResult>) -> bool {
    let Err(NoResult::Error(error)) = result else { return false };
    supported(error).is_some_and(|list| list.iter().any(|one| one == ProtocolVersion::V_2026_07_28.as_str()))
}

/// The revisions that it names, where it refuses one.
fn supported(error: &ErrorData) -> Option<Vec<String>> {
    let supported = || serde_json::from_value(error.data.as_ref()?.get("supported")?.clone()).ok();
    (error.code == ErrorCode::UNSUPPORTED_PROTOCOL_VERSION).then(|| supported().unwrap_or_default())
}

/// Why `initialize` is to be tried after this error.
fn refused(error: &ErrorData) -> Result<String, String> {
    match supported(error) {
        Some(supported) => legacy_or_strange(&supported),
        None => Ok(format!("{} {}", error.code.0, error.message)),
    }
}

fn legacy_or_strange(supported: &[String]) -> Result<String, String> {
    if supported.iter().any(|version| spoken(version).is_some_and(|version| version.has_initialize())) {
        return Ok("it prefers a revision with initialize".into());
    }
    let names = supported.join(", ");
    if supported.iter().any(|version| spoken(version).is_some()) {
        return Err(format!("it names the revisions of MCP that it speaks ({names}), and refuses them"));
    }
    Err(format!("it speaks only revisions of MCP that this version does not know: {names}"))
}

fn initialized(result: Result<String, NoResult>) -> Result<Greeting, String> {
    let text = result.map_err(|why| match why {
        NoResult::Error(error) => format!("it refused initialize: {} {}", error.code.0, error.message),
        NoResult::Lost(loss) => loss.why,
    })?;
    let greeted: Greeted = serde_json::from_str(&text)
        .map_err(|error| format!("its answer to initialize is not one: {error}"))?;
    match spoken(&greeted.protocol_version) {
        Some(version) if version.has_initialize() => Ok(greeted.greeting(Era::Legacy, version)),
        _ => Err(format!("it answered initialize with the unknown revision {:?}", greeted.protocol_version)),
    }
}

fn spoken(version: &str) -> Option<ProtocolVersion> {
    ProtocolVersion::KNOWN_VERSIONS.iter().find(|known| known.as_str() == version).cloned()
}

fn answers(id: &RequestId, expected: i64) -> bool {
    match id {
        RequestId::Number(number) => *number == expected,
        RequestId::String(text) => text.parse() == Ok(expected),
    }
}

/// A ping may come before the handshake is over; other requests may not.
async fn answer_early(
    wire: &Wire,
    message: rmcp::service::RxJsonRpcMessage<rmcp::RoleClient>,
) -> Result<(), Closed> {
    let Some((request, id)) = message.into_request() else {
        return Ok(());
    };
    let id = id.into_json_value();
    let answer = match request {
        rmcp::model::ServerRequest::PingRequest(_) => json!({ "jsonrpc": "2.0", "id": id, "result": {} }),
        _ => {
            json!({ "jsonrpc": "2.0", "id": id, "error": { "code": ErrorCode::INVALID_REQUEST, "message": "not initialized" } })
        }
    };
    wire.put(&answer).await
}

async fn discover(wire: &Wire, id: i64) -> Result<(), Ungreeted> {
    send(wire, id, "server/discover", json!({ "_meta": meta() })).await
}

async fn send(wire: &Wire, id: i64, method: &str, params: Value) -> Result<(), Ungreeted> {
    let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    Ok(wire.put(&request).await?)
}

fn client() -> Value {
    json!({ "name": "oubliette", "version": env!("CARGO_PKG_VERSION") })
}

fn meta() -> Value {
    json!({ META_VERSION: ProtocolVersion::V_2026_07_28, META_CLIENT: client(), META_CAPABILITIES: {} })
}
