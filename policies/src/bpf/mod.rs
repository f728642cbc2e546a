//! Compiled filters, read back: an interpreter, a disassembler and an explorer of classic BPF as seccomp uses it.
//!
//! Nothing here knows how a filter was made. The rules are the kernel's (net/core/filter.c `bpf_check_classic`,
//! kernel/seccomp.c `seccomp_check_filter`, read in Linux 6.18), so that a fault of the compiler shows as a
//! difference instead of being repeated.

mod call;
mod diagram;
mod disassemble;
mod explore;
mod operation;
mod program;
mod region;
mod run;
mod vector;

pub use call::{Action, Call, audit_arch};
pub use diagram::{Diagrams, Field, MAX_NODES, Set, TooComplex};
pub use disassemble::disassemble;
pub use explore::{Exploration, MAX_PATHS, Path, explore};
pub use operation::{Arithmetic, Operand, Operation, Source, Test};
pub use program::{Invalid, Program};
pub use region::{Reach, reaches};
pub use run::run;
