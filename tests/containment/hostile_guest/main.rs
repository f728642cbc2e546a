//! A guest that was taken over: it has the real link and the real lockdown, and in place of an engine it does
//! what the program text says, step by step. It stands in the guest's place beside the real supervisor and the
//! real jailer; no product binary contains any of it.

#![no_main]
#![allow(dead_code, reason = "the guest's own modules are taken whole, and attackers need only a part")]

#[path = "../../../guest-runtime/src/arena.rs"]
mod arena;
mod calls;
#[path = "../../../guest-runtime/src/clock.rs"]
mod clock;
#[path = "../../../guest-runtime/src/fault.rs"]
mod fault;
#[path = "../../../guest-runtime/src/link.rs"]
mod link;
#[path = "../../../guest-runtime/src/lockdown.rs"]
mod lockdown;
mod memory;
mod special;
mod steps;
#[path = "../../../guest-runtime/src/sys.rs"]
mod sys;

use guest_protocol::message::{Finished, Outcome, Prepare, Ready, Start, Usage, method};
use guest_protocol::{EXIT_DONE, VERSION, envelope};
use std::rc::Rc;

fn guest() -> i32 {
    fault::catch_panics();
    let link = link::Link::new(Rc::default());
    let prepare: Prepare = link.receive().expect(method::PREPARE);
    arena::open(prepare.memory_bytes).expect("the heap");
    sys::catch_memory_faults().expect("the fault handler");
    // A test that leaves the last filter out sends none; the supervisor always has one.
    if !prepare.filter.is_empty() {
        lockdown::enter(&prepare);
    }
    link.notify(method::READY, Ready { version: VERSION, filter_digest: prepare.filter_digest });
    let start: Start = link.receive().expect(method::START);
    let steps: Vec<steps::Step> = serde_json::from_str(&start.source).expect("steps as JSON");
    let returned = steps::take(&steps, &link);
    let value = envelope::raw(&returned).expect("numbers are JSON");
    let outcome = Outcome::Value(Some(value));
    let (warnings, manifest, dynamic) = (Vec::new(), Vec::new(), Vec::new());
    let finished = Finished { outcome, warnings, manifest, dynamic, usage: Usage::default() };
    link.notify(method::FINISHED, finished);
    sys::exit(EXIT_DONE)
}
