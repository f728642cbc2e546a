//! What a guest may do to the kernel, as data, and the one path from that data to what the kernel is given.
//!
//! [`Profile`] is the document, read strictly: an unknown key, a missing reason, a dangerous permission without an
//! argument condition is an error with file, line and column. [`Profile::compile`] turns it into BPF programs, a
//! Landlock ruleset and limits; [`CompiledProfile::jail_spec`] into what one jailer is told.
//!
//! A profile may have a parent, which it can only narrow. [`Grants`] answers which tools a program may call,
//! [`baselines`] what other sandboxes leave open.
//!
//! A profile cannot leave a layer out. The single exception is the cgroup leaf, by name and with a reason.

mod baselines;
pub mod bpf;
mod classes;
mod compile;
mod complete;
mod declared;
mod difference;
mod document;
mod effect;
mod error;
mod grants;
mod hosts;
mod landlock;
mod lint;
mod narrow;
mod profile;
mod reach;
mod seccomp;
mod simulate;
mod statements;
pub mod syscalls;
mod verify;

pub use baselines::{Baseline, baselines};
pub use classes::classes;
pub use compile::{CgroupLimits, CompiledProfile, Digests, Privileges, RunLimits, filter_digest};
pub use difference::{Change, Difference, DifferenceError, Setting, Through, Widening, difference, widened};
pub use document::{Comparison, Condition, Entry, Namespace, Width};
pub use effect::effect;
pub use error::{ProfileError, Rule};
pub use grants::{Allowed, Grants, Verdict};
pub use hosts::{Host, Need, hosts};
pub use landlock::{RIGHTS, Right, RightKind};
pub use profile::{Place, Profile};
pub use reach::{AnalysisError, Filter};
pub use seccomp::Arch;
pub use simulate::{Answer, Argument, Backing, Simulation, simulate};
pub use statements::Statement;
pub use verify::{Fault, Finding, Verification, Verifier, verify};
