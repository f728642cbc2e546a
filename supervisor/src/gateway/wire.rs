//! Lines of standard input as messages, messages as lines of standard output.
//!
//! Written in place of the SDK's transport, which drops a line that is too long or is not JSON without an answer,
//! so that its sender waits for ever; and which parses before anything has bounded depth and number of values.

use crate::upstream::lines::{self, Line};
use guest_protocol::limits::check_json;
use rmcp::RoleServer;
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde_json::{Value, json};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{Mutex, mpsc};

/// Longest message from a host, in bytes: the longest program, every character escaped, many times over.
const MAX_LINE: usize = 16 << 20;
/// Deepest JSON in a message: what the parser takes.
const MAX_DEPTH: usize = 120;
/// Most values in a message.
const MAX_NODES: usize = 1 << 20;
/// Messages read ahead. A host that sends faster waits in its pipe.
const AHEAD: usize = 16;

/// JSON-RPC's own codes.
const PARSE_ERROR: i32 = -32_700;
const INVALID_REQUEST: i32 = -32_600;

/// The two ends of a session.
pub(super) struct Wire<W> {
    incoming: mpsc::Receiver<RxJsonRpcMessage<RoleServer>>,
    output: Output<W>,
}

/// Lines are written whole, one after the other.
struct Output<W>(Arc<Mutex<Option<W>>>);

impl<W> Clone for Output<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<W: AsyncWrite + Send + Unpin + 'static> Wire<W> {
    /// Starts reading. A task of its own reads, because the session may drop the future that waits for a message
    /// at any time, and half a line must not be lost with it.
    pub(super) fn new<R: AsyncRead + Send + Unpin + 'static>(input: R, output: W) -> Self {
        let output = Output(Arc::new(Mutex::new(Some(output))));
        let (outgoing, incoming) = mpsc::channel(AHEAD);
        let answers = output.clone();
        tokio::spawn(async move {
            if let Err(error) = read(input, &answers, &outgoing).await {
                tracing::warn!(%error, "the host's end of the session failed");
            }
        });
        Self { incoming, output }
    }
}

impl<W: AsyncWrite + Send + Unpin + 'static> Transport<RoleServer> for Wire<W> {
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let output = self.output.clone();
        async move {
            let line = serde_json::to_vec(&message)?;
            output.write(line).await
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        self.incoming.recv().await
    }

    async fn close(&mut self) -> io::Result<()> {
        self.output.0.lock().await.take();
        Ok(())
    }
}

impl<W: AsyncWrite + Send + Unpin> Output<W> {
    async fn write(&self, mut line: Vec<u8>) -> io::Result<()> {
        line.push(b'\n');
        let mut output = self.0.lock().await;
        let output = output.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        output.write_all(&line).await?;
        output.flush().await
    }
}

/// Reads until the input closes or nobody listens any more. What is not a message is answered here.
async fn read<R, W>(
    input: R,
    output: &Output<W>,
    messages: &mpsc::Sender<RxJsonRpcMessage<RoleServer>>,
) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Send + Unpin,
{
    let mut input = BufReader::with_capacity(64 << 10, input);
    while let Some(line) = lines::next(&mut input, MAX_LINE).await? {
        let read = match line {
            Line::Whole(line) => message(&line),
            Line::Cut(_) => {
                lines::skip_rest(&mut input).await?;
                let reason = format!("A message is longer than {MAX_LINE} bytes. Send a shorter program.");
                Err(Rejected { id: Value::Null, code: INVALID_REQUEST, reason })
            }
        };
        match read {
            Ok(None) => {}
            Ok(Some(message)) => {
                if messages.send(message).await.is_err() {
                    return Ok(());
                }
            }
            Err(rejected) => output.write(rejected.line()).await?,
        }
    }
    Ok(())
}

/// Bytes that are not a message, and what their sender is told.
#[derive(Debug)]
pub(super) struct Rejected {
    /// `null` where the line has none that can be read, as JSON-RPC asks.
    id: Value,
    code: i32,
    reason: String,
}

impl Rejected {
    /// The answer: an error of JSON-RPC, in one line without its end.
    pub(super) fn line(&self) -> Vec<u8> {
        let error = json!({ "code": self.code, "message": self.reason });
        json!({ "jsonrpc": "2.0", "id": self.id, "error": error }).to_string().into_bytes()
    }
}

/// The message on a line, or in the body of a request; nothing for an empty one, and for a notification that nobody
/// knows.
pub(super) fn message(line: &[u8]) -> Result<Option<RxJsonRpcMessage<RoleServer>>, Rejected> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii();
    if line.is_empty() {
        return Ok(None);
    }
    let rejected = |id, code, reason: String| Rejected { id, code, reason };
    check_json(line, MAX_DEPTH, MAX_NODES)
        .map_err(|error| rejected(Value::Null, INVALID_REQUEST, format!("A message is {error}.")))?;
    let value: Value = serde_json::from_slice(line)
        .map_err(|error| rejected(Value::Null, PARSE_ERROR, format!("A line is not JSON: {error}.")))?;
    let id = value.get("id").filter(|id| id.is_string() || id.is_i64() || id.is_u64()).cloned();
    let is_request = value.get("method").is_some() && value.get("id").is_some();
    let is_message =
        value.get("method").or_else(|| value.get("result")).or_else(|| value.get("error")).is_some();
    match serde_json::from_value(value) {
        Ok(message) => Ok(Some(message)),
        Err(_) if is_message && !is_request => Ok(None),
        Err(_) => {
            let reason = "Not a request of JSON-RPC 2.0 whose parameters its method has.".to_owned();
            Err(rejected(id.unwrap_or_default(), INVALID_REQUEST, reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{INVALID_REQUEST, PARSE_ERROR, message};
    use serde_json::{Value, json};

    fn refusal(line: &[u8]) -> Option<(Value, i32)> {
        message(line).err().map(|rejected| (rejected.id, rejected.code))
    }

    #[test]
    fn what_is_no_message_is_answered_with_its_id_where_it_has_one() {
        assert_eq!(refusal(b"not json"), Some((Value::Null, PARSE_ERROR)));
        assert_eq!(refusal(b"{\"id\":1,\"method\":\"\xff\"}"), Some((Value::Null, PARSE_ERROR)));
        assert_eq!(refusal("[".repeat(100_000).as_bytes()), Some((Value::Null, INVALID_REQUEST)));
        assert_eq!(
            refusal(br#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#),
            Some((Value::Null, INVALID_REQUEST))
        );
        let unfit = br#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":5}}"#;
        assert!(refusal(unfit).is_none_or(|(id, _)| id == json!(7)));
    }

    #[test]
    fn messages_pass_and_empty_lines_are_passed_over() {
        assert!(matches!(message(b"\r"), Ok(None)));
        assert!(matches!(message(br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#), Ok(Some(_))));
        assert!(matches!(
            message(b"\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"tools/list\"}"),
            Ok(Some(_))
        ));
    }
}
