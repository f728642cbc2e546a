//! The body of an answer, read only up to its bound, and only a few large ones at the same time.

use reqwest::Response;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::super::message::{Loss, LossKind, MAX_MESSAGE};
use super::client;

/// A body beyond this takes one of the few places for large ones, bytes.
const LARGE: usize = 1 << 20;
/// Large bodies of one server that are in memory at the same time, unfinished.
const LARGE_PLACES: usize = 4;
/// Most that is read of an answer that is a failure, bytes.
const MAX_FAILURE: usize = 64 << 10;

/// The places for large bodies of one server.
pub(super) struct Room(Semaphore);

/// A body's place, once it needs one.
pub(super) struct Place<'r> {
    room: &'r Room,
    held: Option<SemaphorePermit<'r>>,
}

/// A body.
pub(super) enum Body {
    /// All of it.
    Whole(Vec<u8>),
    /// Its first bytes: it goes on beyond the bound.
    Cut(Vec<u8>),
}

impl Room {
    pub(super) fn new() -> Self {
        Self(Semaphore::new(LARGE_PLACES))
    }

    /// For a body that may become large.
    pub(super) fn place(&self) -> Place<'_> {
        Place { room: self, held: None }
    }
}

impl Place<'_> {
    /// Waits for a place where `bytes` need one, and gives it back where they do not any more.
    pub(super) async fn hold(&mut self, bytes: usize) {
        if bytes <= LARGE {
            self.held = None;
        } else if self.held.is_none() {
            // The semaphore is never closed.
            self.held = self.room.0.acquire().await.ok();
        }
    }
}

/// Reads the body of a success.
///
/// # Errors
/// When it breaks off.
pub(super) async fn read(response: &mut Response, room: &Room) -> Result<Body, Loss> {
    let mut place = room.place();
    read_up_to(response, MAX_MESSAGE, &mut place).await
}

/// What there is of the body of a failure.
pub(super) async fn read_failure(response: &mut Response, room: &Room) -> Vec<u8> {
    match read_up_to(response, MAX_FAILURE, &mut room.place()).await {
        Ok(Body::Whole(bytes) | Body::Cut(bytes)) => bytes,
        Err(_) => Vec::new(),
    }
}

async fn read_up_to(response: &mut Response, bound: usize, place: &mut Place<'_>) -> Result<Body, Loss> {
    refuse_encoded(response)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(client::loss)? {
        place.hold(body.len() + chunk.len()).await;
        let room = bound - body.len();
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() > room {
            return Ok(Body::Cut(body));
        }
    }
    Ok(Body::Whole(body))
}

/// Compression was not asked for, and is not undone: a few bytes could become any number.
///
/// # Errors
/// When the body is compressed.
pub(super) fn refuse_encoded(response: &Response) -> Result<(), Loss> {
    match response.headers().get(reqwest::header::CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => {
            Err(Loss::new(LossKind::Nonsense, "it sent a compressed answer, which it was not asked for"))
        }
        _ => Ok(()),
    }
}
