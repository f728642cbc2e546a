//! Payloads of frames, in both directions: bounded, parsed, told apart, and read as what their method takes.

#![no_main]

use guest_protocol::envelope::{self, Message};
use guest_protocol::limits::{Limits, check_json};
use guest_protocol::message::{
    ConsoleWrite, DescribeServer, Emit, Fault, Finished, ListDirectory, Path, Prepare, Ready, Sleep, Start,
    ToolCall, method,
};
use guest_protocol::offers::Ask;
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

fuzz_target!(|payload: &[u8]| {
    let limits = Limits::default();
    if check_json(payload, limits.json_depth, limits.json_nodes).is_err() {
        return;
    }
    match envelope::read(payload) {
        Ok(Message::Request { id, method, params }) => {
            let written = envelope::request(id, &method, params).expect("what was read can be written");
            let Ok(Message::Request { id: again, .. }) = envelope::read(&written) else {
                panic!("a request is a request when it is written again");
            };
            assert_eq!(id, again);
            typed(&method, params);
        }
        Ok(Message::Notification { method, params }) => typed(&method, params),
        Ok(Message::Answer { id, result: Ok(result) }) => {
            let written = envelope::success(id, result).expect("what was read can be written");
            assert!(matches!(envelope::read(&written), Ok(Message::Answer { result: Ok(_), .. })));
        }
        Ok(Message::Answer { id, result: Err(refusal) }) => {
            let written = envelope::failure(id, refusal.clone()).expect("what was read can be written");
            let Ok(Message::Answer { result: Err(again), .. }) = envelope::read(&written) else {
                panic!("a refusal is a refusal when it is written again");
            };
            assert_eq!(refusal.message, again.message);
        }
        Err(_) => {}
    }
});

/// The parameters as the type that belongs to the method.
fn typed(method: &str, params: &RawValue) {
    match method {
        method::PREPARE => stable::<Prepare>(params),
        method::START => stable::<Start>(params),
        method::READY => stable::<Ready>(params),
        method::CONSOLE => stable::<ConsoleWrite>(params),
        method::FINISHED => stable::<Finished>(params),
        method::FAULT => stable::<Fault>(params),
        method::TOOL_CALL => stable::<ToolCall>(params),
        method::DESCRIBE => stable::<DescribeServer>(params),
        method::ASK => stable::<Ask>(params),
        method::EMIT => stable::<Emit>(params),
        method::FILE_READ | method::FILE_STAT => stable::<Path>(params),
        method::FILE_LIST => stable::<ListDirectory>(params),
        method::SLEEP => stable::<Sleep>(params),
        _ => {}
    }
}

/// What can be read can be written, and reads the same again.
fn stable<P: DeserializeOwned + Serialize>(params: &RawValue) {
    let Ok(first) = envelope::params::<P>(params) else { return };
    let written = envelope::raw(&first).expect("what was read can be written");
    let second: P = envelope::params(&written).expect("what was written can be read");
    assert_eq!(written.get(), envelope::raw(&second).expect("twice").get());
}
