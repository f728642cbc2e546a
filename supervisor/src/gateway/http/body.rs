//! Bodies: of a request, bounded before it is parsed; of an answer, whose end says that nobody waits any more.

use super::sessions::Sessions;
use crate::gateway::wire::{self, Rejected};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use rmcp::model::{ClientRequest, JsonRpcMessage};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{OwnedMutexGuard, watch};
use tokio::time::timeout;

/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a body is not passed on.
pub(super) enum Refusal {
    /// It is longer than so many bytes.
    TooLong(usize),
    /// It did not come in time, or not whole.
    Broken,
    /// It is not a message.
    NoMessage(Rejected),
    /// It would begin a session too many.
    NoRoom,
    /// It is a notification that nobody knows: there is nothing to do.
    Nothing,
}

/// What was found while a body was read: the SDK reads it after it has looked at the head.
#[derive(Default)]
pub(super) struct Found {
    pub(super) refusal: Option<Refusal>,
    /// Held until a session that begins is counted.
    pub(super) beginning: Option<OwnedMutexGuard<()>>,
}

/// The body of a request: read whole, looked at, and only then given to the SDK, as one frame.
pub(super) struct Checked(Option<Reading>);

type Reading = Pin<Box<dyn Future<Output = Option<Bytes>> + Send>>;

/// Where [`Found`] is put.
pub(super) type Finding = Arc<Mutex<Found>>;

impl Checked {
    /// Reads at most `most` bytes of `body`, once somebody asks for them.
    pub(super) fn new(body: Incoming, most: usize, sessions: Arc<Sessions>, finding: Finding) -> Self {
        Self(Some(Box::pin(async move {
            let (bytes, found) = match read(body, most).await {
                Ok((bytes, false)) => (Some(bytes), Found::default()),
                Ok((bytes, true)) => match sessions.may_begin().await {
                    Some(beginning) => (Some(bytes), Found { refusal: None, beginning: Some(beginning) }),
                    None => (None, Found { refusal: Some(Refusal::NoRoom), beginning: None }),
                },
                Err(refusal) => (None, Found { refusal: Some(refusal), beginning: None }),
            };
            *finding.lock().unwrap_or_else(PoisonError::into_inner) = found;
            bytes
        })))
    }
}

/// The bytes of a message, and whether it asks for a session.
async fn read(body: Incoming, most: usize) -> Result<(Bytes, bool), Refusal> {
    let whole = timeout(PATIENCE, Limited::new(body, most).collect()).await;
    let bytes = match whole {
        Ok(Ok(whole)) => whole.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(Refusal::TooLong(most)),
        Ok(Err(_)) | Err(_) => return Err(Refusal::Broken),
    };
    match wire::message(&bytes) {
        Ok(Some(JsonRpcMessage::Request(asked))) => {
            let begins = matches!(asked.request, ClientRequest::InitializeRequest(_));
            Ok((bytes, begins))
        }
        Ok(Some(_)) => Ok((bytes, false)),
        Ok(None) if bytes.trim_ascii().is_empty() => Err(Refusal::Broken),
        Ok(None) => Err(Refusal::Nothing),
        Err(rejected) => Err(Refusal::NoMessage(rejected)),
    }
}

impl Body for Checked {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        let Some(reading) = &mut self.0 else { return Poll::Ready(None) };
        reading.as_mut().poll(context).map(|bytes| {
            self.0 = None;
            Some(bytes.map(Frame::data).ok_or("refused"))
        })
    }
}

/// The body of an answer. When it is dropped, unfinished or not, its request is over.
pub(super) struct Answer {
    inside: BoxBody<Bytes, Infallible>,
    _there: Option<watch::Sender<()>>,
}

impl Answer {
    /// `inside`, and what is dropped with it.
    pub(super) fn new(inside: BoxBody<Bytes, Infallible>, there: Option<watch::Sender<()>>) -> Self {
        Self { inside, _there: there }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.inside).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inside.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inside.size_hint()
    }
}
