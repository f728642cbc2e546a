//! Who asks: whose turn it takes, and whether anybody still waits for the answer.

use crate::queue::Lane;
use rmcp::RoleServer;
use rmcp::service::RequestContext;
use tokio::sync::watch;

/// The host behind one request.
#[derive(Debug, Clone)]
pub(super) struct Host {
    lane: Lane,
    /// Closed when the connection or the session that the request came over ended. Nothing where that ends the
    /// whole gateway.
    there: Option<watch::Receiver<()>>,
}

impl Host {
    /// A host that is gone as soon as the other end of `there` is dropped.
    pub(super) fn new(lane: Lane, there: watch::Receiver<()>) -> Self {
        Self { lane, there: Some(there) }
    }

    /// The host of a request: what the transport attached to it, or the only one there is.
    pub(super) fn of(request: &RequestContext<RoleServer>) -> Self {
        let parts = request.extensions.get::<hyper::http::request::Parts>();
        let attached = parts.and_then(|parts| parts.extensions.get::<Self>()).cloned();
        attached.unwrap_or_else(|| Self { lane: Lane::only(), there: None })
    }

    /// Whose turns it takes.
    pub(super) const fn lane(&self) -> &Lane {
        &self.lane
    }

    /// Returns when nobody waits for an answer any more.
    pub(super) async fn gone(&mut self) {
        match &mut self.there {
            // Nothing is ever sent; an error is the other end's end.
            Some(there) => while there.changed().await.is_ok() {},
            None => std::future::pending().await,
        }
    }
}
