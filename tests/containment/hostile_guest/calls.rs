//! System calls by number, through every door the processor has.

#![allow(unsafe_code, reason = "an attacker is not bound by a library")]

use serde::Deserialize;
use std::arch::asm;

/// Bit of the x32 numbers: `__X32_SYSCALL_BIT`, asm/unistd.h.
const X32: i64 = 0x4000_0000;
/// Junk for the half of the register that the kernel does not look at.
const JUNK: i64 = 0x5a5a_5a5a << 32;

/// A door into the kernel.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entry {
    /// `syscall`.
    Native,
    /// `syscall` with the bit of the x32 numbers.
    X32,
    /// `int 0x80`: the numbers of 32-bit x86.
    Int80,
    /// `syscall` with junk in the upper half of the number.
    Junk,
}

/// Makes the call; what came back in the register, where anything did.
pub(crate) fn make(entry: Entry, number: i64, arguments: [u64; 6]) -> i64 {
    // SAFETY: nothing is known of what the call does, and that is the point: the process ends here, or the
    // kernel has done what a guest may do, which touches at most the caller's own page.
    unsafe {
        match entry {
            Entry::Native => syscall(number, arguments),
            Entry::X32 => syscall(number | X32, arguments),
            Entry::Junk => syscall((number & 0xffff_ffff) | JUNK, arguments),
            Entry::Int80 => int80(number, arguments),
        }
    }
}

/// # Safety
/// Whatever the call does must be sound.
unsafe fn syscall(number: i64, [a, b, c, d, e, f]: [u64; 6]) -> i64 {
    let mut result = number;
    // SAFETY: the registers are those of the x86-64 kernel interface; the caller vouches for the call.
    unsafe {
        asm!(
            "syscall",
            inout("rax") result,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e, in("r9") f,
            lateout("rcx") _, lateout("r11") _,
        );
    }
    result
}

/// The sixth argument would be in the frame pointer, which the compiler keeps for itself: it is left out.
///
/// # Safety
/// Whatever the call does must be sound.
unsafe fn int80(number: i64, [a, b, c, d, e, _]: [u64; 6]) -> i64 {
    let mut result = number;
    // SAFETY: the registers are those of the i386 kernel interface, rbx is put back; the caller vouches for
    // the call.
    unsafe {
        asm!(
            "xchg {first}, rbx",
            "int 0x80",
            "xchg {first}, rbx",
            first = inout(reg) a => _,
            inout("rax") result,
            in("rcx") b, in("rdx") c, in("rsi") d, in("rdi") e,
            lateout("r8") _, lateout("r9") _, lateout("r10") _, lateout("r11") _,
        );
    }
    result
}
