//! What a server writes to its standard error: into our log, and its last lines into error messages.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::BufReader;
use tokio::process::ChildStderr;
use tokio::sync::watch;

use super::super::clean;
use super::super::lines::{self, Line};
use crate::config::ServerConfig;

/// Longest line that is kept, bytes. The rest of it is passed over.
const MAX_LINE: usize = 2048;
/// How many lines are kept for error messages.
const KEPT: usize = 12;

/// The last lines of a server's standard error.
pub(super) struct Tail {
    lines: Arc<Mutex<VecDeque<String>>>,
    closed: watch::Receiver<bool>,
}

impl Tail {
    /// Reads the stream to its end, in the background.
    pub(super) fn follow(config: Arc<ServerConfig>, stderr: ChildStderr) -> Self {
        let lines = Arc::new(Mutex::new(VecDeque::with_capacity(KEPT)));
        let (close, closed) = watch::channel(false);
        tokio::spawn(read(config, stderr, lines.clone(), close));
        Self { lines, closed }
    }

    /// The last line that says something, once the stream is closed, at the latest after `patience`.
    pub(super) async fn last(&self, patience: Duration) -> Option<String> {
        self.lines(patience).await.pop()
    }

    /// The last lines, oldest first, once the stream is closed, at the latest after `patience`.
    pub(super) async fn lines(&self, patience: Duration) -> Vec<String> {
        let mut closed = self.closed.clone();
        // Not closed in time, or the reader gone: the lines are as complete as they get.
        let _ = tokio::time::timeout(patience, closed.wait_for(|closed| *closed)).await;
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

async fn read(
    config: Arc<ServerConfig>,
    stderr: ChildStderr,
    kept: Arc<Mutex<VecDeque<String>>>,
    close: watch::Sender<bool>,
) {
    let mut stderr = BufReader::new(stderr);
    while let Ok(Some(line)) = lines::next(&mut stderr, MAX_LINE).await {
        let bytes = match line {
            Line::Whole(bytes) => bytes,
            Line::Cut(bytes) => {
                if lines::skip_rest(&mut stderr).await.is_err() {
                    break;
                }
                bytes
            }
        };
        let line = clean(&config, &bytes);
        if line.is_empty() {
            continue;
        }
        tracing::info!(target: "upstream", server = config.name, "{line}");
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(line);
    }
    close.send_replace(true);
}
