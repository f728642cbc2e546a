//! The stream of what an initialized server says unasked: asked for again when it ends.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::events::Events;
use super::{Line, RESUME_PAUSE, body, exchange};

/// Longest pause between two attempts.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// Listens for as long as the server lets us. One that does not offer the stream is not asked again.
pub(super) async fn follow(line: Arc<Line>) {
    let mut pause = RESUME_PAUSE;
    let mut events = Events::default();
    loop {
        let headers = line.dialogue.stream_headers(events.resumable());
        match line.get(headers).await {
            Ok(mut response) if response.status().is_success() => {
                let is_stream = exchange::kind_of(response.headers()).as_deref() == Some("text/event-stream");
                if !is_stream || body::refuse_encoded(&response).is_err() {
                    return;
                }
                if listen(&line, &mut response, &mut events).await {
                    pause = events.retry.unwrap_or(RESUME_PAUSE);
                }
                events = events.resumed();
            }
            Ok(response) if line.is_expired(response.status()) => {
                line.expired.notify_one();
                return;
            }
            Ok(response) if response.status().is_client_error() => return,
            Ok(_) | Err(_) => {}
        }
        sleep(pause).await;
        pause = (pause * 2).min(MAX_PAUSE);
    }
}

/// Whether anything was said before the stream ended.
async fn listen(line: &Line, response: &mut reqwest::Response, events: &mut Events) -> bool {
    let mut said = false;
    let mut place = line.room.place();
    while let Ok(Some(chunk)) = response.chunk().await {
        place.hold(events.held() + chunk.len()).await;
        let mut piece = &*chunk;
        loop {
            match events.next(&mut piece) {
                Ok(None) => break,
                Ok(Some(data)) => {
                    said = true;
                    line.heard(&data, None).await;
                }
                Err(_) => return false,
            }
        }
    }
    said
}
