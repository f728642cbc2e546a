//! What a host hears while a run lasts: what the program emits, and signs of life where it is silent, for hosts end a
//! call that is silent for too long.

use crate::supervisor::RunRequest;
use guest_protocol::limits::EMITS;
use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::Peer;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

/// Silence after which there is a sign of life.
const INTERVAL: Duration = Duration::from_secs(3);
/// Progress is seconds, and must grow with every notification (basic/utilities/progress): by this at least.
const STEP: f64 = 0.001;

/// The progress of one run.
pub(super) struct Progress {
    listener: Option<Listener>,
    begun: Instant,
    last: f64,
}

/// A host that asked for progress.
struct Listener {
    peer: Peer<RoleServer>,
    token: ProgressToken,
    emitted: mpsc::Receiver<String>,
}

impl Progress {
    /// Has `request` tell here what its program emits, where the host asked for progress.
    pub(super) fn new(
        peer: Peer<RoleServer>,
        token: Option<ProgressToken>,
        request: &mut RunRequest,
    ) -> Self {
        let listener = token.map(|token| {
            let (sender, emitted) = mpsc::channel(EMITS);
            request.emitted = Some(sender);
            Listener { peer, token, emitted }
        });
        Self { listener, begun: Instant::now(), last: 0.0 }
    }

    /// Tells it for as long as it is polled.
    pub(super) async fn report(&mut self) -> Infallible {
        loop {
            let Some(listener) = &mut self.listener else { return std::future::pending().await };
            let words = match timeout(INTERVAL, listener.emitted.recv()).await {
                Ok(Some(words)) => words,
                Ok(None) => return std::future::pending().await,
                Err(_) => format!("running, {} s", self.begun.elapsed().as_secs()),
            };
            self.tell(words).await;
        }
    }

    /// Tells what is left to tell: the last words come before the result.
    pub(super) async fn finish(&mut self) {
        while let Some(words) = self.listener.as_mut().and_then(|listener| listener.emitted.try_recv().ok()) {
            self.tell(words).await;
        }
    }

    /// A host that cannot be told any more is not told.
    async fn tell(&mut self, words: String) {
        let Some(listener) = &self.listener else { return };
        self.last = self.begun.elapsed().as_secs_f64().max(self.last + STEP);
        let progress = ProgressNotificationParam::new(listener.token.clone(), self.last).with_message(words);
        if listener.peer.notify_progress(progress).await.is_err() {
            self.listener = None;
        }
    }
}
