//! The guest's socket. From here on every byte that comes up is hostile: its length is checked before memory
//! is taken, its depth and size before it is parsed.
//!
//! Reading and writing are two tasks, so that a guest that does not read can never keep us from reading, nor
//! the other way round: two blocking writers would wait for each other for ever.

use guest_protocol::frame::{self, TO_SUPERVISOR_HEADER};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Frames read ahead of the monitor. Small: a frame may have eight megabytes.
const READ_AHEAD: usize = 4;

/// The two halves of a guest's socket.
#[derive(Debug)]
pub(crate) struct Link {
    frames: mpsc::Receiver<Result<Vec<u8>, LinkError>>,
    outgoing: mpsc::UnboundedSender<Vec<u8>>,
    tasks: [JoinHandle<()>; 2],
}

/// What a guest did to its socket.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    /// A length outside its bound.
    #[error("{0}")]
    Length(#[from] frame::FrameTooLong),
    /// It ended inside a frame, or the socket failed.
    #[error("the guest's socket: {0}")]
    Socket(#[from] std::io::Error),
}

impl Link {
    pub(crate) fn new(socket: UnixStream) -> Self {
        let (reader, writer) = socket.into_split();
        let (frames_in, frames) = mpsc::channel(READ_AHEAD);
        // Unbounded, yet bounded: the monitor answers requests, and counts those that are open.
        let (outgoing, to_write) = mpsc::unbounded_channel();
        let tasks =
            [tokio::spawn(read_frames(reader, frames_in)), tokio::spawn(write_frames(writer, to_write))];
        Self { frames, outgoing, tasks }
    }

    /// The next frame's payload; `None` when the guest has closed its end.
    pub(crate) async fn next(&mut self) -> Option<Result<Vec<u8>, LinkError>> {
        self.frames.recv().await
    }

    /// Queues a frame. A guest that is gone is noticed when reading.
    pub(crate) fn send(&self, payload: Vec<u8>) {
        let _ = self.outgoing.send(payload);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn read_frames(mut reader: OwnedReadHalf, frames: mpsc::Sender<Result<Vec<u8>, LinkError>>) {
    loop {
        match read_frame(&mut reader).await {
            Ok(None) => return,
            Ok(Some(payload)) => {
                if frames.send(Ok(payload)).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                let _ = frames.send(Err(error)).await;
                return;
            }
        }
    }
}

async fn read_frame(reader: &mut OwnedReadHalf) -> Result<Option<Vec<u8>>, LinkError> {
    let mut header = [0; TO_SUPERVISOR_HEADER];
    match reader.read(&mut header[..1]).await {
        Ok(0) => return Ok(None),
        // It ended with frames of ours unread: killed, for example. That breaks no protocol.
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return Ok(None),
        read => read?,
    };
    reader.read_exact(&mut header[1..]).await?;
    let mut payload = vec![0; frame::from_guest(header)?];
    reader.read_exact(&mut payload).await?;
    Ok(Some(payload))
}

async fn write_frames(mut writer: OwnedWriteHalf, mut payloads: mpsc::UnboundedReceiver<Vec<u8>>) {
    while let Some(payload) = payloads.recv().await {
        let Ok(header) = frame::to_guest(&payload, clock_us()) else {
            tracing::error!(
                bytes = payload.len(),
                "a frame to the guest is over its bound; the run is given up"
            );
            return;
        };
        if writer.write_all(&header).await.is_err() || writer.write_all(&payload).await.is_err() {
            return;
        }
    }
}

/// The wall clock that the guest is told.
fn clock_us() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_micros()).unwrap_or(u64::MAX)
}
