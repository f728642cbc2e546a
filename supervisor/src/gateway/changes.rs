//! Telling hosts that the tools they see have changed: by themselves up to 2025-11-25, to those who listen since.

use crate::direct::DirectTool;
use crate::supervisor::Supervisor;
use rmcp::RoleServer;
use rmcp::service::{Peer, SubscriptionContext};
use std::sync::Arc;
use tokio::sync::watch;

/// Tells a host with a session, until it is gone.
pub(super) async fn tell(supervisor: Arc<Supervisor>, host: Peer<RoleServer>) {
    let mut seen = Seen::now(&supervisor);
    loop {
        seen.change(&supervisor).await;
        if host.notify_tool_list_changed().await.is_err() {
            return;
        }
    }
}

/// Tells a host that listens, until it does so no longer.
pub(super) async fn tell_subscriber(supervisor: &Supervisor, subscription: SubscriptionContext) {
    let mut seen = Seen::now(supervisor);
    loop {
        tokio::select! {
            () = subscription.cancelled() => return,
            () = seen.change(supervisor) => {}
        }
        if subscription.sink().notify_tool_list_changed().await.is_err() {
            return;
        }
    }
}

/// What a host has seen.
struct Seen {
    tools: Arc<Vec<DirectTool>>,
    changes: watch::Receiver<u64>,
}

impl Seen {
    fn now(supervisor: &Supervisor) -> Self {
        let changes = supervisor.upstreams.changes();
        Self { tools: supervisor.direct_tools(), changes }
    }

    /// Returns when the tools differ from those that were seen. Most changes are in tools that no host sees.
    async fn change(&mut self, supervisor: &Supervisor) {
        loop {
            if self.changes.changed().await.is_err() {
                // The upstream servers are gone, and we are next.
                return std::future::pending().await;
            }
            let now = supervisor.direct_tools();
            if now != self.tools {
                self.tools = now;
                return;
            }
        }
    }
}
