//! `oubliette-jailer`: takes everything away from a process, checks each step, then executes the guest in what is
//! left. The order below is explained, row by row, in `steps.rs`.

mod cgroup;
mod child;
mod descriptors;
mod error;
mod exec;
mod inherit;
mod landlock;
mod limits;
mod line;
mod log;
mod message;
mod namespaces;
mod no_new_privs;
mod privileges;
mod report;
mod rootfs;
mod seccomp;
#[cfg(test)]
mod steps;
mod sys;

use child::{Newborn, Side};
use error::Halt;
use inherit::Inherited;
use jail_spec::Step;
use log::Log;
use std::convert::Infallible;

fn main() {
    std::process::exit(report::finish(inherit::take_over(), outside));
}

/// Outside: the process is made, mapped and put in its leaf before it may run.
fn outside(inherited: Inherited, log: &mut Log) -> Result<Newborn, Halt> {
    log.take(Step::Inherit, || inherit::check_image(&inherited))?;
    let newborn = match log.start(Step::Namespaces, child::divide)? {
        Side::Inside(line) => child::live(inherited, line, inside),
        Side::Outside(newborn) => newborn,
    };
    let Inherited { spec, leaf, .. } = inherited;
    let mapped = log.take(Step::Namespaces, || namespaces::map(&newborn, spec.identity))?;
    let attached = log.take(Step::Cgroup, || cgroup::attach(&newborn.child, mapped, &spec.leaf, &leaf));
    newborn.release(attached)
}

/// Inside: everything is taken away; each step takes the proof of the one before.
fn inside(ward: &descriptors::Ward, log: &mut Log) -> Result<Infallible, Halt> {
    let settled = log.take(Step::Namespaces, || namespaces::settle(&ward.line, &ward.spec.run))?;
    let emptied = log.take(Step::Root, || rootfs::replace(settled))?;
    let limited = log.take(Step::Limits, || limits::set(emptied, &ward.spec.limits))?;
    let bare = log.take(Step::Privileges, || privileges::give_up(limited))?;
    let proof = log.take(Step::NoNewPrivs, || no_new_privs::set(bare))?;
    let restricted = log.take(Step::Landlock, || landlock::restrict(&proof, &ward.spec.ruleset))?;
    let exact = log.take(Step::Descriptors, || descriptors::verify(restricted, ward))?;
    let filtered = log.take(Step::Seccomp, || seccomp::install(&proof, exact, &ward.spec.filter))?;
    exec::guest(filtered, ward, log)
}
