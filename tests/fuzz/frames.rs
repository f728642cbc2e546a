//! Frames of a guest, as the supervisor reads them: any bytes, in pieces of any length.
//!
//! The first byte is the length of the pieces; the rest is what the guest writes.

#![no_main]

use guest_protocol::frame::{MAX_TO_SUPERVISOR, TO_SUPERVISOR_HEADER};
use libfuzzer_sys::fuzz_target;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

#[allow(
    dead_code,
    reason = "the supervisor's own module is taken whole, and only its reading half is driven"
)]
#[path = "../../supervisor/src/guest/link.rs"]
mod link;

use link::Link;

fuzz_target!(|bytes: &[u8]| {
    let Some((&piece, written)) = bytes.split_first() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(hear(written, usize::from(piece).max(1)));
});

async fn hear(written: &[u8], piece: usize) {
    let (ours, mut guests) = UnixStream::pair().expect("a socket pair");
    let mut link = Link::new(ours);
    let bytes = written.to_vec();
    let writing = tokio::spawn(async move {
        for piece in bytes.chunks(piece) {
            // The supervisor hangs up at the first frame that is none.
            if guests.write_all(piece).await.is_err() {
                return;
            }
        }
    });
    let mut rest = written;
    let refused = loop {
        match link.next().await {
            None => break false,
            Some(Err(_)) => break true,
            Some(Ok(payload)) => {
                let (header, after) = rest.split_at(TO_SUPERVISOR_HEADER);
                assert_eq!(header, u32::try_from(payload.len()).expect("a length").to_le_bytes());
                assert_eq!(payload, &after[..payload.len()], "a frame is what was written");
                rest = &after[payload.len()..];
            }
        }
    };
    assert_eq!(
        refused,
        !rest.is_empty(),
        "a socket closed between two frames is an end, anything else is not"
    );
    if let Some(header) = rest.first_chunk() {
        let claimed = u32::from_le_bytes(*header) as usize;
        let whole = rest.len() - TO_SUPERVISOR_HEADER >= claimed;
        assert!(claimed == 0 || claimed > MAX_TO_SUPERVISOR || !whole, "a whole frame was refused");
    }
    writing.abort();
}
