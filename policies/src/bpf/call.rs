//! What a filter is asked about, and what it answers.

use super::diagram::{Assignment, Field};
use crate::seccomp::Arch;
use serde::Serialize;
use std::fmt;

/// The words of `struct seccomp_data` (linux/seccomp.h): a filter sees nothing else.
pub(crate) const WORDS: usize = 16;

/// A system call as a filter sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Call {
    /// `AUDIT_ARCH_*` of the entry into the kernel (linux/audit.h).
    pub arch: u32,
    /// The call's number.
    pub number: u32,
    /// Where it was made.
    pub instruction_pointer: u64,
    /// The six argument registers, whether the call has as many or not.
    pub arguments: [u64; 6],
}

impl Call {
    /// A call through the architecture's own entry.
    #[must_use]
    pub fn native(arch: Arch, number: u32, arguments: [u64; 6]) -> Self {
        Self { arch: audit_arch(arch), number, instruction_pointer: 0, arguments }
    }

    /// The word at `index` × 4 bytes; both architectures are little-endian.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the halves of a register are what is asked for")]
    pub fn word(&self, index: usize) -> u32 {
        let half =
            |register: u64| if index.is_multiple_of(2) { register as u32 } else { (register >> 32) as u32 };
        match index {
            0 => self.number,
            1 => self.arch,
            2 | 3 => half(self.instruction_pointer),
            _ => half(self.arguments.get(index / 2 - 2).copied().unwrap_or_default()),
        }
    }

    /// The smallest call in a set, found by [`super::Diagrams::witness`].
    #[expect(clippy::cast_possible_truncation, reason = "both fields have 32 bits")]
    pub(crate) fn from_assignment(assignment: &Assignment) -> Self {
        Self {
            arch: assignment.value(Field::ARCH) as u32,
            number: assignment.value(Field::NUMBER) as u32,
            instruction_pointer: assignment.value(Field::INSTRUCTION_POINTER),
            arguments: Field::ARGUMENTS.map(|field| assignment.value(field)),
        }
    }

    /// `read(3, 0, 0, 0, 0, 0)`, or what the number and the entry are where they have no name.
    #[must_use]
    pub fn describe(&self, arch: Arch) -> String {
        let mut arguments = self.arguments.map(number_text).to_vec();
        while arguments.len() > 1 && arguments.last().is_some_and(|last| last == "0") {
            arguments.pop();
        }
        let name = crate::syscalls::name(self.number, arch)
            .map_or_else(|| format!("call {:#x}", self.number), str::to_owned);
        let through = if self.arch == audit_arch(arch) {
            String::new()
        } else {
            format!(" through architecture {:#x}", self.arch)
        };
        format!("{name}({}){through}", arguments.join(", "))
    }
}

/// Small numbers in decimal, others in hexadecimal.
pub(crate) fn number_text(value: u64) -> String {
    if value < 4096 { value.to_string() } else { format!("{value:#x}") }
}

/// The kernel's name for an architecture's own entry (`AUDIT_ARCH_X86_64`, `AUDIT_ARCH_AARCH64`).
#[must_use]
pub const fn audit_arch(arch: Arch) -> u32 {
    match arch {
        Arch::X86_64 => 0xc000_003e,
        Arch::Aarch64 => 0xc000_00b7,
    }
}

/// What the kernel does when a filter returns a value (seccomp(2)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// The process ends with SIGSYS.
    KillProcess,
    /// The thread ends with SIGSYS.
    KillThread,
    /// SIGSYS, which can be caught.
    Trap,
    /// The call fails with this error number.
    Errno(u16),
    /// Another process decides.
    Notify,
    /// A tracer is told.
    Trace(u16),
    /// It is carried out, and logged.
    Log,
    /// It is carried out.
    Allow,
    /// A value with no meaning, which the kernel treats as [`Action::KillProcess`].
    Unknown(u32),
}

impl Action {
    /// The value a filter returns to allow.
    pub const ALLOW: u32 = 0x7fff_0000;
    /// The value a filter returns to end the process.
    pub const KILL_PROCESS: u32 = 0x8000_0000;

    /// What a returned value means.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is the action's data")]
    pub const fn of(returned: u32) -> Self {
        let data = returned as u16;
        match returned & 0xffff_0000 {
            Self::KILL_PROCESS => Self::KillProcess,
            0x0000_0000 => Self::KillThread,
            0x0003_0000 => Self::Trap,
            0x0005_0000 => Self::Errno(data),
            0x7fc0_0000 => Self::Notify,
            0x7ff0_0000 => Self::Trace(data),
            0x7ffc_0000 => Self::Log,
            Self::ALLOW => Self::Allow,
            _ => Self::Unknown(returned),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KillProcess => f.write_str("kill process"),
            Self::KillThread => f.write_str("kill thread"),
            Self::Trap => f.write_str("trap"),
            Self::Errno(errno) => write!(f, "errno {errno}"),
            Self::Notify => f.write_str("notify"),
            Self::Trace(data) => write!(f, "trace {data}"),
            Self::Log => f.write_str("log"),
            Self::Allow => f.write_str("allow"),
            Self::Unknown(returned) => write!(f, "unknown {returned:#010x}"),
        }
    }
}
