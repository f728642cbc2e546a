//! A stopped guest's registers and some bytes of its stack, borrowed for system calls in its name.
//!
//! While they are borrowed, PTRACE_O_SUSPEND_SECCOMP keeps its filters out of the way (they would kill it) and
//! PTRACE_O_EXITKILL has it killed if we die: it must never run on with what is not its own.

use crate::stopped::Stopped;
use crate::{Answer, NEEDS_ADMIN, Refusal};
use nix::errno::Errno;
use nix::libc::{self, c_int, c_long, user_regs_struct};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::uio::{RemoteIoVec, process_vm_readv, process_vm_writev};
use nix::sys::wait::WaitStatus;
use std::io::{IoSlice, IoSliceMut};

/// Bytes of its stack that are borrowed: more than `struct utsname` (390) and any address.
pub(crate) const SCRATCH: usize = 512;

/// `syscall`.
const GATE: [u8; 2] = [0x0f, 0x05];

/// Results of an interrupted call that only the kernel sees, which then makes the call once more
/// (`ERESTARTSYS`, `ERESTARTNOINTR`, `ERESTARTNOHAND`, linux/errno.h).
const RESTARTS: [i64; 3] = [-512, -513, -514];
/// Its remainder is in the kernel's hands, and a call of ours would overwrite it (linux/errno.h).
const ERESTART_RESTARTBLOCK: i64 = -516;

/// The code segment of 64-bit programs (`__USER_CS`, asm/segment.h). A guest that was taken over may be in another,
/// where our numbers would be other calls.
const USER_CS: u64 = 0x33;

/// In its place the register has no system call to make or to restart.
const NO_CALL: u64 = u64::MAX;

/// Where the guest is borrowed until this is dropped.
pub(crate) struct Borrowed<'a> {
    stopped: &'a mut Stopped,
    registers: user_regs_struct,
    stack: [u8; SCRATCH],
    gate: u64,
}

impl<'a> Borrowed<'a> {
    /// Takes note of everything that will be changed.
    pub(crate) fn new(stopped: &'a mut Stopped) -> Result<Self, Refusal> {
        let pid = stopped.pid();
        let registers =
            ptrace::getregs(pid).map_err(|errno| Refusal::new("ptrace(PTRACE_GETREGS)", errno, ""))?;
        if registers.cs != USER_CS {
            return Err(Refusal::new(
                "ptrace(PTRACE_GETREGS)",
                "the guest runs 32-bit code, as none of ours does",
                "",
            ));
        }
        if registers.orig_rax != NO_CALL && registers.rax.cast_signed() == ERESTART_RESTARTBLOCK {
            return Err(Refusal::new("ptrace(PTRACE_GETREGS)", "a call that cannot be made once more", ""));
        }
        let gate = find_gate(stopped)?;
        let mut stack = [0; SCRATCH];
        fetch(stopped, registers.rsp, &mut stack)?;
        let options = libc::PTRACE_O_SUSPEND_SECCOMP | libc::PTRACE_O_EXITKILL | libc::PTRACE_O_TRACESYSGOOD;
        ptrace::setoptions(pid, Options::from_bits_retain(options)).map_err(|errno| {
            Refusal::new("ptrace(PTRACE_SETOPTIONS, PTRACE_O_SUSPEND_SECCOMP)", errno, NEEDS_ADMIN)
        })?;
        Ok(Self { stopped, registers, stack, gate })
    }

    /// The address of the borrowed bytes, with these in them.
    pub(crate) fn lend(&self, bytes: &[u8]) -> Result<u64, Refusal> {
        place(self.stopped, self.registers.rsp, bytes)?;
        Ok(self.registers.rsp)
    }

    /// What a call has written into the borrowed bytes.
    pub(crate) fn lent(&self) -> Result<[u8; SCRATCH], Refusal> {
        let mut bytes = [0; SCRATCH];
        fetch(self.stopped, self.registers.rsp, &mut bytes)?;
        Ok(bytes)
    }

    /// Makes one call in the guest's name. Private to this crate: [`crate::questions`] is all that is ever asked.
    pub(crate) fn call(&mut self, number: c_long, arguments: [u64; 5]) -> Result<Answer, Refusal> {
        let [rdi, rsi, rdx, r10, r8] = arguments;
        let rax = number.cast_unsigned();
        let (rip, orig_rax, r9) = (self.gate, NO_CALL, 0);
        let registers = user_regs_struct { rax, rdi, rsi, rdx, r10, r8, r9, rip, orig_rax, ..self.registers };
        ptrace::setregs(self.stopped.pid(), registers)
            .map_err(|errno| Refusal::new("ptrace(PTRACE_SETREGS)", errno, ""))?;
        // A guest that was taken over could have its way back to user mode lead elsewhere (rseq(2)). Whatever it then
        // calls is seen here, before it is made, and is made never: `give_back` takes the number away.
        let entry = self.step()?;
        if entry.orig_rax != rax || entry.rip != self.gate + 2 {
            return Err(Refusal::new(
                "ptrace(PTRACE_SYSCALL)",
                "the guest entered another call than ours",
                "",
            ));
        }
        let result = self.step()?.rax.cast_signed();
        Ok(match result {
            -4095..0 => Err(Errno::from_raw(i32::try_from(-result).unwrap_or_default())),
            _ => Ok(result.cast_unsigned()),
        })
    }

    /// Runs it to the next side of a system call.
    fn step(&mut self) -> Result<user_regs_struct, Refusal> {
        let pid = self.stopped.pid();
        self.stopped.resume("PTRACE_SYSCALL", ptrace::syscall(pid, None))?;
        match self.stopped.wait()? {
            WaitStatus::PtraceSyscall(_) => {
                ptrace::getregs(pid).map_err(|errno| Refusal::new("ptrace(PTRACE_GETREGS)", errno, ""))
            }
            WaitStatus::Stopped(_, signal) => {
                // Codes above 0 are the kernel's own, for something that our registers have done.
                if ptrace::getsiginfo(pid).is_ok_and(|info| info.si_code <= 0) {
                    self.stopped.hold(signal);
                }
                Err(Refusal::new(
                    "ptrace(PTRACE_SYSCALL)",
                    format!("{signal} came meanwhile"),
                    "to be asked again",
                ))
            }
            other => Err(self.stopped.unexpected(&other)),
        }
    }

    fn give_back(&self) -> Result<(), Refusal> {
        let failed = |call: &str| {
            let call = format!("ptrace({call})");
            move |errno: Errno| Refusal::new(call, errno, "")
        };
        place(self.stopped, self.registers.rsp, &self.stack)?;
        let pid = self.stopped.pid();
        ptrace::setregs(pid, as_before(self.registers)).map_err(failed("PTRACE_SETREGS"))?;
        ptrace::setoptions(pid, Options::empty()).map_err(failed("PTRACE_SETOPTIONS, 0"))
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        if !self.stopped.is_gone() && self.give_back().is_err() {
            // It has not been waited for, so its number is still its own.
            let _ = kill(self.stopped.pid(), Signal::SIGKILL);
        }
    }
}

/// The registers to go on with. The kernel restarts an interrupted call on its way out of the first stop, and in none
/// of ours: so the guest is sent back to before the call.
fn as_before(registers: user_regs_struct) -> user_regs_struct {
    let finished = user_regs_struct { orig_rax: NO_CALL, ..registers };
    if registers.orig_rax == NO_CALL || !RESTARTS.contains(&registers.rax.cast_signed()) {
        return finished;
    }
    let (rax, rip) = (registers.orig_rax, registers.rip.wrapping_sub(GATE.len() as u64));
    user_regs_struct { rax, rip, ..finished }
}

/// A `syscall` instruction in the pages that the kernel itself has put there (vdso(7)).
fn find_gate(stopped: &Stopped) -> Result<u64, Refusal> {
    let path = format!("/proc/{}/maps", stopped.pid());
    let maps =
        std::fs::read_to_string(&path).map_err(|error| Refusal::new(format!("read({path})"), error, ""))?;
    let bounds = maps.lines().find_map(|line| {
        let mut fields = line.split_whitespace();
        let (range, rights) = (fields.next()?, fields.next()?);
        let (first, end) = range.split_once('-').filter(|_| rights == "r-xp" && line.ends_with("[vdso]"))?;
        Some((u64::from_str_radix(first, 16).ok()?, u64::from_str_radix(end, 16).ok()?))
    });
    let none = || Refusal::new(format!("read({path})"), "no vdso with a syscall instruction", "");
    let (first, end) = bounds.ok_or_else(none)?;
    let mut code = vec![0; usize::try_from(end - first).map_err(|_| none())?];
    fetch(stopped, first, &mut code)?;
    let at = code.windows(GATE.len()).position(|window| window == GATE).ok_or_else(none)?;
    Ok(first + at as u64)
}

fn fetch(stopped: &Stopped, address: u64, bytes: &mut [u8]) -> Result<(), Refusal> {
    let wanted = bytes.len();
    let remote = [RemoteIoVec { base: usize::try_from(address).unwrap_or_default(), len: wanted }];
    whole("process_vm_readv", wanted, process_vm_readv(stopped.pid(), &mut [IoSliceMut::new(bytes)], &remote))
}

fn place(stopped: &Stopped, address: u64, bytes: &[u8]) -> Result<(), Refusal> {
    let remote = [RemoteIoVec { base: usize::try_from(address).unwrap_or_default(), len: bytes.len() }];
    let written = process_vm_writev(stopped.pid(), &[IoSlice::new(bytes)], &remote);
    whole("process_vm_writev", bytes.len(), written)
}

fn whole(call: &str, wanted: usize, done: Result<usize, Errno>) -> Result<(), Refusal> {
    match done {
        Ok(count) if count == wanted => Ok(()),
        Ok(count) => Err(Refusal::new(call, format!("{count} of {wanted} bytes"), "")),
        Err(errno) => Err(Refusal::new(call, errno, "")),
    }
}

/// An `int` as a register holds it.
pub(crate) const fn int(value: c_int) -> u64 {
    value.cast_unsigned() as u64
}
