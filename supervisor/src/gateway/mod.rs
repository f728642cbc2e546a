//! The MCP server that an agent's host talks to: two tools, however many the upstream servers have.
//!
//! `wire` turns lines into messages, `session` answers them, `search` and `execute` are the two tools, `fit` keeps
//! an answer within what a model can take, `definitions` is all that a model is told beforehand.

mod content;
mod definitions;
mod execute;
mod fit;
mod progress;
mod search;
mod session;
mod wire;

use crate::supervisor::Supervisor;
use session::Session;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use wire::Wire;

/// How long runs that were cancelled at the end of a session may take to take their guests down.
const SETTLE: Duration = Duration::from_secs(5);

/// Why a session ended before its input did.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GatewayError {
    /// The session's task panicked: our fault.
    #[error("the session with the host ended by itself: {0}")]
    Session(#[from] tokio::task::JoinError),
}

/// Serves one session on standard input and output until the input closes, or `stop` comes true.
///
/// Runs that are still going get the SDK's five seconds to finish and are cancelled then; when this returns their
/// guests are gone, and the upstream servers can be ended.
///
/// # Errors
/// When the session ends for any other reason.
pub(crate) async fn serve_stdio(
    supervisor: Arc<Supervisor>,
    stop: impl Future<Output = ()>,
) -> Result<(), GatewayError> {
    let (input, output) = rmcp::transport::io::stdio_pipes();
    serve(supervisor, input, output, stop).await
}

async fn serve<R, W>(
    supervisor: Arc<Supervisor>,
    input: R,
    output: W,
    stop: impl Future<Output = ()>,
) -> Result<(), GatewayError>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let session = Session::new(supervisor);
    let calls = session.calls();
    // Without the SDK's handshake: it ends the session at the first message that it does not expect, and since
    // 2026-07-28 every request says for itself which revision it speaks.
    let service = rmcp::service::serve_directly(session, Wire::new(input, output), None);
    let cancel = service.cancellation_token();
    let mut ended = std::pin::pin!(service.waiting());
    let ended = tokio::select! {
        ended = &mut ended => ended,
        () = stop => {
            cancel.cancel();
            ended.await
        }
    };
    if tokio::time::timeout(SETTLE, calls.write()).await.is_err() {
        tracing::warn!("runs were still being taken down when the session ended");
    }
    ended?;
    Ok(())
}
