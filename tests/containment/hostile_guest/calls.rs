//! System calls by number, through every door the processor has; and what else a processor can be told to do that
//! no safe code can ask for.

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
    /// `syscall`, and whoever comes back with 0 is a child, and ends at once.
    Forking,
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
            Entry::Forking => forking(number, arguments),
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

/// A child may share our memory and even our stack: it must leave without using either.
///
/// # Safety
/// Whatever the call does besides making a child must be sound.
unsafe fn forking(number: i64, [a, b, c, d, e, _]: [u64; 6]) -> i64 {
    let mut result = number;
    // SAFETY: the registers are those of the x86-64 kernel interface; a child makes one call, exit(2), and touches no
    // memory.
    unsafe {
        asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor edi, edi",
            "mov eax, 60",
            "syscall",
            "2:",
            inout("rax") result,
            inout("rdi") a => _, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e,
            lateout("rcx") _, lateout("r11") _,
        );
    }
    result
}

/// The processor's clock, without its sign.
pub(crate) fn read_clock() -> i64 {
    // SAFETY: it takes nothing and changes nothing; a process that may not read it ends.
    unsafe { std::arch::x86_64::_rdtsc() }.cast_signed() & i64::MAX
}

/// The byte at any address.
pub(crate) fn load(address: u64) -> i64 {
    let byte: u64;
    // SAFETY: it changes nothing; a process that may not read there ends.
    unsafe { asm!("movzx {0:e}, byte ptr [{1}]", out(reg) byte, in(reg) address) };
    byte.cast_signed()
}

/// Calls one of the three functions of the vsyscall page: their addresses are fixed, and the kernel emulates them.
pub(crate) fn vsyscall(address: u64, [a, b]: [u64; 2]) -> i64 {
    let result: i64;
    // SAFETY: the functions are those of the C interface and write only to what `a` and `b` point to.
    unsafe {
        asm!("call {0}", in(reg) address, in("rdi") a, in("rsi") b, lateout("rax") result, clobber_abi("C"));
    }
    result
}

/// Writes `mov eax, 42; ret` to a page and calls it.
pub(crate) fn execute(page: u64) -> i64 {
    const PROGRAM: [u8; 6] = [0xb8, 42, 0, 0, 0, 0xc3];
    put(page, &PROGRAM);
    vsyscall(page, [0; 2])
}

/// Writes a program of 32-bit x86 to a page below 4 GiB, leaves long mode for it and comes back: getpid(2) as that
/// architecture numbers it.
pub(crate) fn far_jump(page: u64) -> i64 {
    // mov eax, 20; int 0x80; ljmp 0x33:page+32 | at 32, in long mode again: mov rsp, r12; jmp r13
    let back = u32::try_from(page + 32).unwrap_or_default().to_le_bytes();
    put(page, &[0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xea]);
    put(page + 8, &back);
    put(page + 12, &[0x33, 0]);
    put(page + 32, &[0x4c, 0x89, 0xe4, 0x41, 0xff, 0xe5]);
    let result: i64;
    // SAFETY: the program keeps to its page, keeps no register but the three named here and comes back to the label.
    // 0x23 is the code segment of 32-bit processes (asm/segment.h).
    unsafe {
        asm!(
            "mov r12, rsp",
            "lea r13, [rip + 2f]",
            "push 0x23",
            "push {page}",
            "retfq",
            "2:",
            page = in(reg) page,
            lateout("rax") result, out("r12") _, out("r13") _,
            clobber_abi("C"),
        );
    }
    result & 0xffff_ffff
}

fn put(address: u64, bytes: &[u8]) {
    for (offset, byte) in (0_u64..).zip(bytes) {
        // SAFETY: the address is one the caller has just mapped; a process that may not write there ends.
        unsafe {
            std::ptr::write_volatile(
                std::ptr::with_exposed_provenance_mut((address + offset) as usize),
                *byte,
            )
        };
    }
}

/// Has rt_sigreturn(2) load every register from a frame of ours, as code that returns into data does. In the frame
/// stand the way back and 42 for the result.
pub(crate) fn forged_return() -> i64 {
    // struct ucontext and, from its fifth word on, struct sigcontext_64 (asm/sigcontext.h).
    const RAX: usize = 18;
    const RSP: usize = 20;
    const RIP: usize = 21;
    const SEGMENTS: usize = 23;
    let mut frame = [0_u64; 128];
    frame[RAX] = 42;
    // cs 0x33, ss 0x2b
    frame[SEGMENTS] = 0x33 | 0x2b << 48;
    let result: i64;
    // SAFETY: execution goes on at the label with the stack as it was; every other register is given up or put back.
    unsafe {
        asm!(
            "push rbx",
            "push rbp",
            "mov [r8 + 8 * {rsp}], rsp",
            "lea rax, [rip + 2f]",
            "mov [r8 + 8 * {rip}], rax",
            "mov rsp, r8",
            "mov eax, 15",
            "syscall",
            "2:",
            "pop rbp",
            "pop rbx",
            rsp = const RSP,
            rip = const RIP,
            in("r8") frame.as_mut_ptr(),
            lateout("rax") result,
            out("r12") _, out("r13") _, out("r14") _, out("r15") _,
            clobber_abi("C"),
        );
    }
    result
}
