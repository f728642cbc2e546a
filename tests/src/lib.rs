//! The harness: it starts the real binaries as an operator or an agent's host would, and looks from outside.
//!
//! A trial that starts guests exists twice, as `root/…` and as `user/…`: [`caller`] says who starts the
//! binaries, [`place`] gives each launch a cgroup of its own, and [`bench`] is what one trial has to work with.

pub mod attestation;
pub mod bench;
pub mod binaries;
pub mod caller;
pub mod catalogs;
pub mod clients;
pub mod conformance;
pub mod dice;
pub mod driver;
pub mod faulty;
pub mod gateway;
pub mod guest;
pub mod holdings;
pub mod http;
pub mod invocation;
pub mod judged;
pub mod launch;
mod leaf;
pub mod live;
pub mod memory;
pub mod needs;
pub mod place;
pub mod plan;
pub mod posture;
pub mod remote;
pub mod served;
pub mod servers;
pub mod trials;
pub mod typescript;
pub mod wire;

pub use libtest_mimic::Failed;

/// How a trial ends.
pub type Verdict = Result<(), Failed>;

/// Ends the trial with the formatted message unless the condition holds.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(format!($($message)+).into());
        }
    };
}
