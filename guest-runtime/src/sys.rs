//! Every system call the guest makes, and everything else that needs `unsafe`: its entry point, its heap's
//! hands, its fault handler.
//!
//! Rust's own runtime is left out (`#![no_main]`): before `main` it opens `/dev/null` for closed standard
//! descriptors, and there is none in the jail.

#![allow(unsafe_code, reason = "the one file of this crate that may")]

use crate::{arena, fault};
use guest_protocol::SOCKET_NUMBER;
use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use talc::TalcCell;
use talc::source::Claim;

/// Memory for what happens before the supervisor has said how large the arena is, bytes.
const FIRST_HEAP: usize = 256 << 10;
/// The stack of the fault handler, bytes. It formats one frame.
const ALTERNATE_STACK: usize = 64 << 10;
/// `struct sock_filter`, and the most of them the kernel takes (`BPF_MAXINSNS`).
const MAX_FILTER: usize = 4096;

/// Bytes that only one owner ever touches: the allocator, or the kernel on the guest's behalf.
#[repr(align(4096))]
struct Bytes<const N: usize>(UnsafeCell<[u8; N]>);

// SAFETY: the guest has one thread, and each of these statics is handed to exactly one owner.
unsafe impl<const N: usize> Sync for Bytes<N> {}

static FIRST: Bytes<FIRST_HEAP> = Bytes(UnsafeCell::new([0; FIRST_HEAP]));
static ALTERNATE: Bytes<ALTERNATE_STACK> = Bytes(UnsafeCell::new([0; ALTERNATE_STACK]));
static STRICT: AtomicBool = AtomicBool::new(false);
static STACK_LOW: AtomicUsize = AtomicUsize::new(0);

/// The process starts here.
#[cfg(not(test))]
#[unsafe(no_mangle)]
pub(crate) extern "C" fn main() -> c_int {
    crate::guest()
}

/// The guest's heap: talc over [`FIRST`], then over the arena. Requests are charged to [`arena`] first.
struct Heap(TalcCell<Claim>);

// SAFETY: the guest has one thread, and no signal handler of its own returns.
unsafe impl Sync for Heap {}

// SAFETY: `FIRST` belongs to this allocator alone.
#[cfg_attr(not(test), global_allocator)]
static HEAP: Heap = Heap(TalcCell::new(unsafe { Claim::new(FIRST.0.get().cast(), FIRST_HEAP) }));

// SAFETY: every method hands its arguments to talc, which keeps GlobalAlloc's contract; what talc cannot give
// ends the process instead of returning.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        arena::charge(layout.size());
        // SAFETY: the caller keeps GlobalAlloc's contract.
        let memory = unsafe { self.0.alloc(layout) };
        if memory.is_null() { arena::exhausted(layout.size()) } else { memory }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        arena::refund(layout.size());
        // SAFETY: the caller keeps GlobalAlloc's contract.
        unsafe { self.0.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        arena::charge(size);
        arena::refund(layout.size());
        // SAFETY: the caller keeps GlobalAlloc's contract.
        let memory = unsafe { self.0.realloc(memory, layout, size) };
        if memory.is_null() { arena::exhausted(size) } else { memory }
    }
}

/// Maps `size` bytes and gives them to the heap. Untouched pages cost nothing (`MAP_NORESERVE`).
pub(crate) fn add_to_heap(size: usize) -> io::Result<()> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a fresh anonymous mapping overlaps nothing.
    let memory = unsafe { libc::mmap(std::ptr::null_mut(), size, protection, flags, -1, 0) };
    if memory == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the mapping is `size` bytes long, was made just now, and is never unmapped.
    match unsafe { HEAP.0.claim(memory.cast(), size) } {
        Some(_) => Ok(()),
        None => Err(io::Error::from(io::ErrorKind::InvalidInput)),
    }
}

/// Where glibc and the standard library ask for randomness. There is none in a guest: the same frames in must
/// give the same frames out. What a program may see as random comes from the seed in `run.start`; the keys of
/// hash tables need not be secret in a process whose only tenant is the program itself.
///
/// # Safety
/// `buffer` must be valid for `length` bytes of writing: getrandom(2).
#[cfg(not(test))]
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn getrandom(
    buffer: *mut c_void,
    length: usize,
    _flags: std::ffi::c_uint,
) -> isize {
    // SAFETY: the caller gives `length` bytes.
    unsafe { std::ptr::write_bytes(buffer.cast::<u8>(), 0x5a, length) };
    isize::try_from(length).unwrap_or(0)
}

/// Reads into `buffer`; the number of bytes, 0 at the end of the stream.
pub(crate) fn read(buffer: &mut [u8]) -> io::Result<usize> {
    // SAFETY: the pointer and the length are those of one slice.
    let count = unsafe { libc::read(SOCKET_NUMBER, buffer.as_mut_ptr().cast(), buffer.len()) };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// Writes all of `bytes` to the socket.
pub(crate) fn write(bytes: &[u8]) -> io::Result<()> {
    write_to(SOCKET_NUMBER, bytes)
}

/// Tells whoever started the guest by hand why that does not work.
pub(crate) fn write_standard_error(sentence: &str) {
    // Nothing is left to tell anyone if even this fails.
    let _ = write_to(libc::STDERR_FILENO, sentence.as_bytes());
}

fn write_to(descriptor: c_int, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        // SAFETY: the pointer and the length are those of one slice.
        let count = unsafe { libc::write(descriptor, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(count) {
            Ok(count) if count > 0 => bytes = &bytes[count..],
            _ => return Err(io::Error::last_os_error()),
        }
    }
    Ok(())
}

/// Ends the process at once. Strict mode knows only exit(2), which is the same with one thread.
pub(crate) fn exit(status: i32) -> ! {
    let call = if STRICT.load(Relaxed) { libc::SYS_exit } else { libc::SYS_exit_group };
    loop {
        // SAFETY: neither call returns.
        unsafe { libc::syscall(call, status) };
    }
}

/// Whether the guest was given its socket.
pub(crate) fn has_socket() -> bool {
    let mut kind: c_int = 0;
    let mut length = libc::socklen_t::try_from(size_of::<c_int>()).unwrap_or(0);
    // SAFETY: `kind` and `length` outlive the call, and `length` is the size of `kind`.
    let result = unsafe {
        let value = (&raw mut kind).cast();
        libc::getsockopt(SOCKET_NUMBER, libc::SOL_SOCKET, libc::SO_TYPE, value, &raw mut length)
    };
    result == 0
}

/// Whether this process can still gain privileges by exec: `PR_GET_NO_NEW_PRIVS`, prctl(2).
pub(crate) fn no_new_privs() -> bool {
    // SAFETY: the call takes no pointer.
    unsafe { libc::prctl(libc::PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 }
}

/// Installs `filter` for good: seccomp(2).
pub(crate) fn install_filter(filter: &[(u16, u8, u8, u32)]) -> io::Result<()> {
    if filter.is_empty() || filter.len() > MAX_FILTER {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    let mut instructions: Vec<libc::sock_filter> =
        filter.iter().map(|&(code, jt, jf, k)| libc::sock_filter { code, jt, jf, k }).collect();
    let program = libc::sock_fprog {
        len: u16::try_from(instructions.len()).map_err(io::Error::other)?,
        filter: instructions.as_mut_ptr(),
    };
    let operation = libc::SECCOMP_SET_MODE_FILTER;
    // SAFETY: `program` and the instructions it points to outlive the call.
    let result = unsafe { libc::syscall(libc::SYS_seccomp, operation, 0, &raw const program) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Takes the processor's clock away: reading it is a memory fault from here on (PR_SET_TSC(2const)). Every x86-64
/// has the switch; where another architecture has none, the clock stays.
pub(crate) fn hide_clock() -> io::Result<()> {
    // SAFETY: the call takes no pointer.
    let result = unsafe { libc::prctl(libc::PR_SET_TSC, libc::PR_TSC_SIGSEGV, 0, 0, 0) };
    match check(result) {
        Err(error) if cfg!(not(target_arch = "x86_64")) && error.raw_os_error() == Some(libc::EINVAL) => {
            Ok(())
        }
        result => result,
    }
}

/// Enters `SECCOMP_MODE_STRICT`: read, write, exit, and no clock register.
pub(crate) fn install_strict() -> io::Result<()> {
    STRICT.store(true, Relaxed);
    // SAFETY: the call takes no pointer.
    let result = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_STRICT, 0, 0, 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Has memory faults reported from a stack of their own, and remembers where the guest's stack ends.
pub(crate) fn catch_memory_faults() -> io::Result<()> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` outlives the call.
    check(unsafe { libc::getrlimit(libc::RLIMIT_STACK, &raw mut limit) })?;
    let near_the_top = (&raw const limit).addr();
    STACK_LOW
        .store(near_the_top.saturating_sub(usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX)), Relaxed);
    let stack = libc::stack_t { ss_sp: ALTERNATE.0.get().cast(), ss_flags: 0, ss_size: ALTERNATE_STACK };
    // SAFETY: the alternate stack is static and used by nothing else.
    check(unsafe { libc::sigaltstack(&raw const stack, std::ptr::null_mut()) })?;
    for signal in [libc::SIGSEGV, libc::SIGBUS] {
        // SAFETY: all zeroes is a valid sigaction: no flags, an empty mask.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = on_memory_fault as extern "C" fn(_, _, _) as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESETHAND;
        // SAFETY: `action` outlives the call, and its handler never returns.
        check(unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) })?;
    }
    Ok(())
}

/// The addresses just below the stack, where it could not grow any more. 0 where the stack has no limit.
pub(crate) fn stack_guard() -> Range<usize> {
    // The kernel keeps 256 pages free below a stack (`stack_guard_gap`); above lie the strings of exec.
    let low = STACK_LOW.load(Relaxed);
    if low == 0 { 0..0 } else { low.saturating_sub(1 << 20)..low + (256 << 10) }
}

fn check(result: c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

extern "C" fn on_memory_fault(_signal: c_int, info: *mut libc::siginfo_t, _ucontext: *mut c_void) {
    // SAFETY: the kernel fills in `info` for SIGSEGV and SIGBUS.
    let address = unsafe { (*info).si_addr() }.addr();
    fault::memory_access(address)
}
