//! The guest: prepare, lock down, run one program, end. It is started by the jailer with one descriptor, its
//! socket, and makes three system calls once it is locked down: read, write, exit.

#![cfg_attr(not(test), no_main)]
#![cfg_attr(test, allow(dead_code, reason = "the tests come with a main of their own"))]

mod arena;
mod clock;
mod execute;
mod fault;
mod jobs;
mod link;
mod lockdown;
mod nearest;
mod realm;
mod rejections;
mod report;
mod run;
mod source;
mod sources;
mod stack;
mod sys;

use guest_protocol::message::{Prepare, Ready, Start, method};
use guest_protocol::{EXIT_DONE, VERSION};

/// Exit status of a guest that was started by hand: `EX_USAGE` of sysexits.h.
const EXIT_USAGE: i32 = 64;

/// The whole life of a guest; its exit status.
fn guest() -> i32 {
    if !sys::has_socket() {
        sys::write_standard_error(
            "oubliette-guest is started by oubliette-jailer, not by hand: see `oubliette run`\n",
        );
        return EXIT_USAGE;
    }
    fault::catch_panics();
    let run = run::Run::new();
    let prepare: Prepare = run.link.receive().expect(method::PREPARE);
    let mut context = realm::prepare(&run, &prepare);
    lockdown::enter(&prepare);
    run.link.notify(method::READY, Ready { version: VERSION, filter_digest: prepare.filter_digest });
    let start: Start = run.link.receive().expect(method::START);
    let finished = execute::program(&start, &mut context);
    run.link.notify(method::FINISHED, finished);
    sys::exit(EXIT_DONE)
}
