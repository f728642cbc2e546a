//! The guest's own JSON, between bytes and values of the engine: whatever it takes it writes so that it reads the
//! same again, and it takes what another reader takes.

#![no_main]
#![allow(
    dead_code,
    reason = "the guest's own modules are taken whole, and only what reads and writes is driven"
)]

use boa_engine::{Context, JsValue};
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;

#[path = "json_bridge/realm.rs"]
mod realm;

/// In place of the guest's heap: here there is the usual one.
mod arena {
    pub(crate) fn collect_if_grown() {}
}

use realm::json::read::{self, Invalid};
use realm::json::write::{self, Gap, LoneSurrogates, Style};

/// Below `serde_json`'s own 128, so that both refuse for the same reason.
const DEPTH: usize = 100;

thread_local! {
    static CONTEXT: RefCell<Context> = RefCell::default();
}

fuzz_target!(|bytes: &[u8]| {
    // What a frame brings has been checked to be UTF-8.
    if std::str::from_utf8(bytes).is_err() {
        return;
    }
    CONTEXT.with_borrow_mut(|context| {
        let peer = serde_json::from_slice::<serde_json::Value>(bytes);
        match read::value(bytes, DEPTH, context) {
            Ok(value) => round(&value, context),
            Err(Invalid::Depth) => {}
            Err(Invalid::End) => assert!(peer.is_err(), "a whole text was called unfinished"),
            Err(Invalid::At(at)) => {
                assert!(at < bytes.len(), "a place outside of the text");
                assert!(peer.is_err(), "refused at {at}: {}", String::from_utf8_lossy(bytes));
            }
        }
    });
});

fn round(value: &JsValue, context: &mut Context) {
    let first = text(value, LoneSurrogates::Escaped, context);
    let again = read::value(first.as_bytes(), DEPTH, context);
    let again = again.unwrap_or_else(|_| panic!("written, but cannot be read: {first}"));
    assert_eq!(first, text(&again, LoneSurrogates::Escaped, context));
    let outgoing = text(value, LoneSurrogates::Replaced, context);
    serde_json::from_str::<serde::de::IgnoredAny>(&outgoing).expect("another reader takes what goes out");
}

fn text(value: &JsValue, lone: LoneSurrogates, context: &mut Context) -> String {
    let style = Style { gap: Gap::new(), lone, depth: DEPTH, collections: true };
    write::text(value, style, context).expect("JSON has no getters").expect("JSON has no undefined")
}
