//! The jailer with layers left out, to show what each of them is worth: its modules are the jailer's own, taken from
//! their files, and only the sequence is another. It stands in the jailer's place in a test; no product binary
//! contains any of it.
//!
//! What is left out stands in a file beside the executable: see [`ablation`].

#![allow(
    dead_code,
    reason = "the jailer's own modules are taken whole, and a jail with less needs only a part"
)]

mod ablation;
#[path = "../../../jailer/src/cgroup.rs"]
mod cgroup;
#[path = "../../../jailer/src/child.rs"]
mod child;
#[path = "../../../jailer/src/descriptors.rs"]
mod descriptors;
#[path = "../../../jailer/src/error.rs"]
mod error;
#[path = "../../../jailer/src/exec.rs"]
mod exec;
#[path = "../../../jailer/src/inherit.rs"]
mod inherit;
#[path = "../../../jailer/src/landlock.rs"]
mod landlock;
#[path = "../../../jailer/src/limits.rs"]
mod limits;
#[path = "../../../jailer/src/line.rs"]
mod line;
#[path = "../../../jailer/src/log.rs"]
mod log;
#[path = "../../../jailer/src/message.rs"]
mod message;
#[path = "../../../jailer/src/namespaces.rs"]
mod namespaces;
#[path = "../../../jailer/src/no_new_privs.rs"]
mod no_new_privs;
mod partial;
#[path = "../../../jailer/src/privileges.rs"]
mod privileges;
#[path = "../../../jailer/src/report.rs"]
mod report;
#[path = "../../../jailer/src/rootfs.rs"]
mod rootfs;
#[path = "../../../jailer/src/seccomp.rs"]
mod seccomp;
mod sys;

use ablation::Layer;
use child::{Newborn, Side};
use error::{Halt, Taken};
use inherit::Inherited;
use jail_spec::Step;
use log::Log;
use std::convert::Infallible;

fn main() {
    let taken = inherit::take_over().map(|(control, inherited)| (control, inherited.map(partial::identity)));
    std::process::exit(report::finish(taken, outside));
}

/// As in the jailer; without its own user namespace the child stays who it is.
fn outside(inherited: Inherited, log: &mut Log) -> Result<Newborn, Halt> {
    take(log, Layer::Hardening, Step::Inherit, || inherit::check_image(&inherited))?;
    let newborn = match log.start(Step::Namespaces, child::divide)? {
        Side::Inside(line) => child::live(inherited, line, inside),
        Side::Outside(newborn) => newborn,
    };
    let Inherited { spec, leaf, .. } = inherited;
    let mapped = log.take(Step::Namespaces, || partial::map(&newborn, spec.identity))?;
    let attached =
        take(log, Layer::Leaf, Step::Cgroup, || cgroup::attach(&newborn.child, mapped, &spec.leaf, &leaf));
    newborn.release(attached)
}

/// As in the jailer, without what is to be left out.
fn inside(ward: &descriptors::Ward, log: &mut Log) -> Result<Infallible, Halt> {
    let spec = &ward.spec;
    if !ablation::keeps(Layer::Descriptors) {
        partial::leak(ward)?;
    }
    let settled = log.take(Step::Namespaces, || partial::settle(&ward.line, &spec.run))?;
    let emptied = take(log, Layer::Root, Step::Root, || rootfs::replace(settled))?;
    let limited = take(log, Layer::Limits, Step::Limits, || limits::set(emptied, &spec.limits))?;
    let bare = take(log, Layer::Privileges, Step::Privileges, || privileges::give_up(limited))?;
    let proof = take(log, Layer::Hardening, Step::NoNewPrivs, || no_new_privs::set(bare))?;
    if !ablation::keeps(Layer::Hardening) && ablation::keeps(Layer::NoNewPrivs) {
        log.take(Step::NoNewPrivs, partial::no_new_privs)?;
    }
    let restricted =
        take(log, Layer::Landlock, Step::Landlock, || landlock::restrict(&proof, &spec.ruleset))?;
    let exact = take(log, Layer::Descriptors, Step::Descriptors, || descriptors::verify(restricted, ward))?;
    let filtered =
        take(log, Layer::Seccomp, Step::Seccomp, || seccomp::install(&proof, exact, &spec.filter))?;
    exec::guest(filtered, ward, log)
}

/// Takes a step unless its layer is to be left out; then the proof of it is false.
fn take<T>(log: &mut Log, layer: Layer, step: Step, act: impl FnOnce() -> Taken<T>) -> Result<T, Halt> {
    if ablation::keeps(layer) {
        log.take(step, act)
    } else {
        log.take(step, || Ok((sys::false_proof(), "LEFT OUT by a test".into())))
    }
}
