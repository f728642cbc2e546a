//! Hosts over HTTP and over a unix socket: many connections, one gateway.
//!
//! `listener` opens the doors, `accept` keeps the connections, `door` decides who may come in, `front` takes each
//! request to the SDK's transport and back, `body` bounds what is read, `sessions` knows whose a session is.

mod accept;
mod body;
mod door;
mod front;
mod listener;
mod sessions;
mod tls;

pub(crate) use listener::Listeners;

use super::SETTLE;
use super::session::Session;
use crate::config::Http;
use crate::supervisor::Supervisor;
use front::Front;
use rmcp::transport::StreamableHttpService;
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use sessions::Sessions;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{RwLock, watch};

/// Between two comments on a stream that has nothing to say, so that nobody in between closes it.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long runs may take to finish once the gateway is told to stop. The SDK gives those of standard input as long.
const FINISH: Duration = Duration::from_secs(5);
/// Room for everything that is not the program in the body of a request, bytes.
const ENVELOPE: usize = 1 << 20;
/// Longest escape of a byte of a program in JSON: `\u0000`.
const ESCAPED: usize = 6;
/// A session outlives its longest silent run by this.
const AFTER_A_RUN: Duration = Duration::from_secs(5);

/// Serves every host that comes to one of the `listeners`, until `stop` comes true. Then no new connection is taken,
/// runs get five seconds to finish, and what is left of them is cancelled; when this returns their guests are gone.
pub(crate) async fn serve_http(
    supervisor: Arc<Supervisor>,
    http: &Http,
    listeners: Listeners,
    stop: impl Future<Output = ()>,
) {
    let calls = Arc::new(RwLock::new(()));
    let longest_run = Duration::from_millis(supervisor.limits.wall_ms);
    let sessions = Sessions::new(http.sessions, http.idle.max(longest_run + AFTER_A_RUN));
    let config = transport(http, &listeners);
    let cancel = config.cancellation_token.clone();
    let most_bytes = ENVELOPE + ESCAPED * supervisor.limits.source_bytes;
    let service = {
        let calls = Arc::clone(&calls);
        let session = move || Ok(Session::new(Arc::clone(&supervisor), Arc::clone(&calls)));
        StreamableHttpService::new(session, sessions.of_transport(), config)
    };
    let front = Arc::new(Front::new(service, sessions, most_bytes));
    let (stopping, stopped) = watch::channel(());
    let connections = accept::connections(listeners, front, http.connections, stopped);
    let mut connections = std::pin::pin!(connections);
    tokio::select! {
        () = &mut connections => {}
        () = stop => {}
    }
    drop(stopping);
    let finished = async {
        let _ = tokio::time::timeout(FINISH, calls.write()).await;
        cancel.cancel();
        if tokio::time::timeout(SETTLE, calls.write()).await.is_err() {
            tracing::warn!("runs were still being taken down when the gateway ended");
        }
    };
    tokio::select! {
        // It returns when every connection has had its last answer.
        () = async { tokio::join!(&mut connections, finished); } => {}
        () = tokio::time::sleep(FINISH + SETTLE * 2) => tracing::warn!("connections were cut off"),
    }
}

/// What the SDK is told. Its own check of `Origin` is off unless it is asked for.
fn transport(http: &Http, listeners: &Listeners) -> StreamableHttpServerConfig {
    let loopback = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let own = listeners.address().filter(|address| !address.ip().is_unspecified());
    let own = own.map(|address| address.ip().to_string());
    let hosts = loopback.into_iter().chain(own).chain(http.hosts.iter().cloned());
    let origins = own_origins(listeners).into_iter().chain(http.origins.iter().cloned());
    StreamableHttpServerConfig::default()
        .with_allowed_hosts(hosts)
        .with_allowed_origins(origins)
        .enforce_origin_validation()
        .with_sse_keep_alive(Some(KEEP_ALIVE))
        .with_json_response(true)
        // Our own bound is kept where the body is read (`body`).
        .with_max_request_body_bytes(usize::MAX)
}

/// A loopback address is its own origin, by each of its names; nothing of ours is ever shown by a browser there.
fn own_origins(listeners: &Listeners) -> Vec<String> {
    let Some(port) =
        listeners.address().filter(|address| address.ip().is_loopback()).map(|address| address.port())
    else {
        return Vec::new();
    };
    ["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{}://{name}:{port}", listeners.scheme())).to_vec()
}
