//! Signs of life while a run lasts: hosts end a call that is silent for too long.

use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::Peer;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Between two of them.
const INTERVAL: Duration = Duration::from_secs(3);

/// Sends progress for as long as it is polled; none where the host did not ask for any.
pub(super) async fn report(peer: Peer<RoleServer>, token: Option<ProgressToken>) -> Infallible {
    let begun = Instant::now();
    let Some(token) = token else { return std::future::pending().await };
    loop {
        sleep(INTERVAL).await;
        let seconds = begun.elapsed().as_secs_f64().round();
        let progress = ProgressNotificationParam::new(token.clone(), seconds)
            .with_message(format!("running, {seconds} s"));
        if peer.notify_progress(progress).await.is_err() {
            return std::future::pending().await;
        }
    }
}
