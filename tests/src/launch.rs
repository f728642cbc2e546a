//! One guest, jailed by the real jailer as the supervisor has it done, with what the supervisor would never change
//! left to the test: the binaries, both filters, the leaf.

use crate::leaf::Leaf;
use crate::wire::{Said, Wire};
use guest_protocol::limits::Limits;
use guest_protocol::message::{Mode, Prepare, Ready, Start, method};
use jail_spec::{End, Instruction, JailSpec, MAX_MESSAGE_BYTES, Report, StepReport};
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::socket::{
    AddressFamily, ControlMessage, MsgFlags, Shutdown, SockFlag, SockType, sendmsg, shutdown, socketpair,
};
use nix::unistd::{getegid, geteuid};
use policies::{Arch, CompiledProfile, Profile, RunLimits};
use serde::{Deserialize, Serialize};
use std::io::{IoSlice, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// No report and no frame may take longer, unless an order says otherwise.
const PATIENCE: Duration = Duration::from_secs(20);
/// What the leaf may hold besides heap and stack, as in the supervisor.
const MEMORY_BESIDE_HEAP: u64 = 32 << 20;
/// The filter that forbids nothing: `return SECCOMP_RET_ALLOW`.
pub const OPEN_FILTER: [Instruction; 1] = [Instruction(6, 0, 0, 0x7fff_0000)];
/// "May be executed" (memfd_create(2), Linux 6.3).
const MFD_EXEC: MFdFlags = MFdFlags::from_bits_retain(0x10);
/// Sealing fails with EBUSY while somebody else looks at the pages; nobody looks for long.
const SEAL_TRIES: u32 = 20;

/// What one launch is made of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// The jailer to start: the real one, or one with layers left out.
    pub jailer: PathBuf,
    /// The guest's executable.
    pub guest: PathBuf,
    /// The first filter in place of the profile's.
    pub first: Option<Vec<Instruction>>,
    /// The last filter in place of the profile's. The hostile guest takes an empty one for "none"; the real one
    /// ends.
    pub last: Option<Vec<Instruction>>,
    /// Whether the guest is put into a leaf; else the spec says that the layer was lowered.
    pub leaf: bool,
    /// The guest's heap, bytes.
    pub memory_bytes: u64,
    /// Whether the jailer blocks SIGURG: a signal that reached it can then be read from `/proc/PID/status`.
    pub listening: bool,
}

impl Order {
    /// The jail as it is, for this guest.
    #[must_use]
    pub fn new(jailer: &Path, guest: &Path) -> Self {
        let memory_bytes = Limits::default().memory_bytes;
        let (jailer, guest) = (jailer.to_path_buf(), guest.to_path_buf());
        Self { jailer, guest, first: None, last: None, leaf: true, memory_bytes, listening: false }
    }
}

/// A guest that is jailed, locked down and waiting for its program. Dropping it ends it.
#[derive(Debug)]
pub struct Launch {
    control: UnixStream,
    child: Child,
    wire: Wire,
    _leaf: Option<Leaf>,
    /// The guest's process id.
    pub pid: i32,
    /// What the jailer reported of each step.
    pub steps: Vec<StepReport>,
}

impl Launch {
    /// Has the guest jailed; `image` is its sealed executable.
    ///
    /// # Errors
    /// When a step fails, in the jailer's words, or something here does.
    pub fn start(
        order: &Order,
        profile: &CompiledProfile,
        image: &OwnedFd,
        run: &str,
    ) -> Result<Self, String> {
        let limits = Limits { memory_bytes: order.memory_bytes, ..Limits::default() };
        let memory = limits.memory_bytes + limits.stack_bytes + MEMORY_BESIDE_HEAP;
        let leaf = order.leaf.then(|| Leaf::make(run, memory)).transpose()?;
        let procs = leaf.as_ref().map(Leaf::procs).transpose()?.unwrap_or_default();
        let spec = spec(order, profile, run, procs.len(), &limits);
        let (control, jailers) = control_pair().map_err(|error| format!("socketpair: {error}"))?;
        let (ours, guests) = UnixStream::pair().map_err(|error| format!("socketpair: {error}"))?;
        let child = start_jailer(order, jailers)?;
        let mut descriptors = vec![image.as_raw_fd(), guests.as_raw_fd()];
        descriptors.extend(procs.iter().map(AsRawFd::as_raw_fd));
        send(&control, &spec, &descriptors)?;
        drop(guests);
        let wire =
            Wire::new(ours, PATIENCE).map_err(|failed| failed.message().unwrap_or_default().to_owned())?;
        let mut launch = Self { control, child, wire, _leaf: leaf, pid: 0, steps: Vec::new() };
        launch.jailed()?;
        launch.lock_down(order, profile, &limits)?;
        Ok(launch)
    }

    /// The jailer outside.
    #[must_use]
    pub fn jailer(&self) -> u32 {
        self.child.id()
    }

    /// Sends the program.
    ///
    /// # Errors
    /// When the guest has gone.
    pub fn run(&mut self, source: &str) -> Result<(), String> {
        let start = Start {
            source: source.into(),
            file: "/main.ts".into(),
            seed: [1, 2, 3, 4],
            servers: Vec::new(),
            limits: Limits::default(),
            mode: Mode::Run,
        };
        self.wire.notify(method::START, &start).map_err(words)
    }

    /// The next frame.
    ///
    /// # Errors
    /// When there is none, or it is none.
    pub fn hear(&mut self) -> Result<Said, String> {
        self.wire.hear().map_err(words)
    }

    /// Kills the guest, and waits for the jailer; how the guest ended, unless the jailer was killed before it.
    ///
    /// # Errors
    /// When the jailer does not end, or reports a failure.
    pub fn end(mut self) -> Result<Option<End>, String> {
        // The jailer may have gone already.
        let _ = shutdown(self.control.as_raw_fd(), Shutdown::Write);
        let report = receive(&mut self.control)?;
        // It leaves as soon as it has reported, or is gone.
        self.child.wait().map_err(|error| error.to_string())?;
        match report {
            Some(Report::Ended(end)) => Ok(Some(end)),
            Some(Report::Failed(error)) => Err(error.to_string()),
            Some(Report::Jailed { .. }) => Err("the jailer reports twice".into()),
            None => Ok(None),
        }
    }

    fn jailed(&mut self) -> Result<(), String> {
        match receive(&mut self.control)? {
            Some(Report::Jailed { pid, steps }) => (self.pid, self.steps) = (pid, steps),
            Some(Report::Failed(error)) => return Err(error.to_string()),
            other => return Err(format!("the jailer says {other:?}")),
        }
        Ok(())
    }

    fn lock_down(&mut self, order: &Order, profile: &CompiledProfile, limits: &Limits) -> Result<(), String> {
        let last = order.last.as_ref().unwrap_or(&profile.last_filter);
        let prepare = Prepare {
            version: guest_protocol::VERSION,
            filter: last.iter().map(|i| (i.0, i.1, i.2, i.3)).collect(),
            filter_digest: profile.digests.last_filter.clone(),
            memory_bytes: limits.memory_bytes,
            instructions: limits.instructions,
            strict: false,
        };
        self.wire.notify(method::PREPARE, &prepare).map_err(words)?;
        let first = self.wire.hear();
        match first {
            Ok(Said::Notification(name, params)) if name == method::READY => {
                let ready: Ready = serde_json::from_str(&params).map_err(|error| error.to_string())?;
                let same = ready.filter_digest == prepare.filter_digest;
                if same { Ok(()) } else { Err("the guest names another filter".into()) }
            }
            // A step that failed behind the report of the others: the filter, or the exec.
            Err(failed) => match receive(&mut self.control)? {
                Some(Report::Failed(error)) => Err(error.to_string()),
                other => Err(format!("{}; the jailer says {other:?}", words(failed))),
            },
            Ok(said) => Err(format!("the guest is not ready: {said:?}")),
        }
    }
}

impl Drop for Launch {
    fn drop(&mut self) {
        // After `end` all of it is done; else the end of the connection has the jailer kill the guest.
        let _ = shutdown(self.control.as_raw_fd(), Shutdown::Both);
        let _ = crate::invocation::wait(&mut self.child, PATIENCE);
    }
}

fn words(failed: crate::Failed) -> String {
    failed.message().unwrap_or_default().to_owned()
}

fn spec(order: &Order, profile: &CompiledProfile, run: &str, procs: usize, limits: &Limits) -> JailSpec {
    let identity = profile.identity_for(geteuid().as_raw(), getegid().as_raw());
    let of_run = RunLimits { cpu_seconds: limits.cpu_s, stack_bytes: limits.stack_bytes };
    let mut spec = profile.jail_spec(run, procs, identity, of_run);
    if !order.leaf {
        spec.leaf = jail_spec::Leaf::Lowered("left out by a test".into());
    }
    if let Some(filter) = &order.first {
        spec.filter.clone_from(filter);
    }
    spec
}

fn control_pair() -> nix::Result<(UnixStream, OwnedFd)> {
    let (ours, jailers) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?;
    Ok((UnixStream::from(ours), jailers))
}

/// With no environment and in a process group of its own, as the supervisor starts it.
fn start_jailer(order: &Order, control: OwnedFd) -> Result<Child, String> {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(&order.jailer);
    if order.listening {
        command = Command::new("/usr/bin/env");
        command.args(["-i", "--block-signal=URG"]).arg(&order.jailer);
    }
    command.env_clear().process_group(0).stdin(Stdio::from(control)).stdout(Stdio::null());
    command.spawn().map_err(|error| format!("{}: {error}", order.jailer.display()))
}

fn send(control: &UnixStream, spec: &JailSpec, descriptors: &[RawFd]) -> Result<(), String> {
    control.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
    let message = jail_spec::encode(spec)?;
    let rights = [ControlMessage::ScmRights(descriptors)];
    sendmsg::<()>(control.as_raw_fd(), &[IoSlice::new(&message)], &rights, MsgFlags::MSG_NOSIGNAL, None)
        .map(drop)
        .map_err(|errno| format!("sendmsg to the jailer: {errno}"))
}

/// Each read is one message; nothing at the end of the connection.
fn receive(control: &mut UnixStream) -> Result<Option<Report>, String> {
    let mut buffer = vec![0; MAX_MESSAGE_BYTES];
    match control.read(&mut buffer) {
        Ok(0) => Ok(None),
        Ok(length) => jail_spec::decode(&buffer[..length]).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => Ok(None),
        Err(error) => Err(format!("the jailer's socket: {error}")),
    }
}

/// The built-in profile, compiled for this machine.
///
/// # Errors
/// Never in a build whose tests pass.
pub fn profile() -> Result<CompiledProfile, String> {
    Profile::builtin().map_err(|error| error.to_string())?.compile(Arch::current())
}

/// The guest's executable in sealed memory, as the supervisor copies it.
///
/// # Errors
/// When it cannot be read or sealed.
pub fn seal(guest: &Path) -> Result<OwnedFd, String> {
    let told = |error: std::io::Error| format!("{}: {error}", guest.display());
    let bytes = std::fs::read(guest).map_err(told)?;
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let create = |flags| memfd_create(c"oubliette-guest", flags);
    let memory = create(flags | MFD_EXEC).or_else(|_| create(flags)).map_err(|errno| errno.to_string())?;
    let mut file = std::fs::File::from(memory);
    file.write_all(&bytes).map_err(told)?;
    let seals =
        SealFlag::F_SEAL_SEAL | SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_WRITE;
    let mut sealed = fcntl(&file, FcntlArg::F_ADD_SEALS(seals));
    for _ in 1..SEAL_TRIES {
        if sealed != Err(nix::errno::Errno::EBUSY) {
            break;
        }
        sealed = fcntl(&file, FcntlArg::F_ADD_SEALS(seals));
    }
    sealed.map_err(|errno| format!("F_ADD_SEALS: {errno}"))?;
    Ok(file.into())
}
