//! Makes one jailed, locked guest: the jailer is started with its one message, the guest is told the last
//! filter, and nothing more is said until it answers that the filter is in force.

use super::blocker;
use super::control::Control;
use super::image::{self, Image, ImageError};
use super::leaf::{self, Leaf, LeafError, Leaves};
use super::link::{Link, LinkError};
use super::posture;
use super::tier::Tier;
use crate::report::{Blame, Held};
use guest_protocol::envelope::{self, Message};
use guest_protocol::limits::Limits;
use guest_protocol::message::{Fault, Prepare, Ready, method};
use jail_spec::{End, EndStatus, JailSpec, Report, Step, StepError, StepReport};
use nix::unistd::{getegid, geteuid};
use policies::{CompiledProfile, RunLimits};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// A jail takes a few milliseconds; a host this slow cannot run guests.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// After SIGKILL the kernel needs a moment to take the namespaces apart.
const END_TIMEOUT: Duration = Duration::from_secs(10);

/// Everything that is the same for every guest.
#[derive(Debug)]
pub(crate) struct Jail {
    jailer: PathBuf,
    image: Image,
    profile: CompiledProfile,
    leaves: Option<Leaves>,
}

/// Why there is no guest.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JailError {
    /// A binary is missing or unfit.
    #[error("{0}")]
    Image(#[from] ImageError),
    /// The cgroup cannot be used.
    #[error("{0}")]
    Leaf(#[from] LeafError),
    /// The kernel, or something on this host, refused a step.
    #[error("the jail could not be closed, so nothing was run. Step {error}. {remedy}")]
    Step { error: StepError, remedy: String },
    /// The jailer or the guest did not keep to its contract before the program was sent.
    #[error("the jail could not be closed, so nothing was run: {0}")]
    Broken(String),
}

impl JailError {
    /// Whose fault it is: the host's, or ours.
    pub(crate) const fn blame(&self) -> Blame {
        match self {
            Self::Image(_) | Self::Leaf(_) | Self::Step { .. } => Blame::Operator,
            Self::Broken(_) => Blame::Us,
        }
    }
}

/// Hex SHA-256 of the guest's executable that belongs to this program.
pub(crate) fn image_digest() -> Result<String, ImageError> {
    image::digest(&companion("oubliette-guest"))
}

fn broken(what: &str, cause: impl std::fmt::Display) -> JailError {
    JailError::Broken(format!("{what}: {cause}"))
}

fn failed(error: StepError) -> JailError {
    let remedy = blocker::remedy(&error);
    JailError::Step { error, remedy }
}

impl Jail {
    /// Finds the binaries and the place for leaves.
    pub(crate) fn new(profile: CompiledProfile, cgroup: Option<&str>) -> Result<Self, JailError> {
        let leaves = if profile.lowered_cgroup.is_some() { None } else { Some(Leaves::find(cgroup)?) };
        let image = image::load(&companion("oubliette-guest"))?;
        // The remover had the image's time to start in.
        leaves.as_ref().map_or(Ok(()), Leaves::check_remover)?;
        Ok(Self { jailer: companion("oubliette-jailer"), image, profile, leaves })
    }

    /// Hex SHA-256 of the guest's executable.
    pub(crate) fn image_digest(&self) -> &str {
        &self.image.digest
    }

    /// The profile that guests are made by.
    pub(crate) const fn profile(&self) -> &CompiledProfile {
        &self.profile
    }

    /// What holds every guest, for the record of a run.
    pub(crate) fn held(&self) -> Held {
        let lowered = self.lowered_cgroup().map(|why| format!("cgroup: {why}"));
        Held {
            tier: self.tier(),
            lowered: lowered.into_iter().collect(),
            policy: self.profile.digests.with_image(&self.image.digest),
        }
    }

    /// Why the operator gave the leaf up, when the profile says so.
    pub(crate) fn lowered_cgroup(&self) -> Option<&str> {
        self.profile.lowered_cgroup.as_deref()
    }

    /// How guests are held here.
    pub(crate) fn tier(&self) -> Tier {
        match self.profile.lowered_cgroup {
            Some(_) => Tier::Lowered,
            None if geteuid().is_root() => Tier::Full,
            None => Tier::SharedIdentity,
        }
    }

    /// Where leaves are made, or why there are none.
    pub(crate) fn describe_leaves(&self) -> String {
        match (&self.leaves, &self.profile.lowered_cgroup) {
            (Some(leaves), _) => leaves.describe(),
            (None, why) => format!("given up by the profile: {}", why.as_deref().unwrap_or_default()),
        }
    }

    /// A guest that is jailed, locked down and waiting for its program.
    pub(crate) async fn start(&self, run: &str, limits: &Limits) -> Result<Guest, JailError> {
        let mut start = self.spawn(run, limits, None)?;
        let (pid, steps) = start.jailed().await?;
        let link = Link::new(start.socket);
        let prepare = self.prepare(limits);
        link.send(
            envelope::notification(method::PREPARE, &prepare)
                .map_err(|error| broken("guest.prepare", error))?,
        );
        let guest =
            Guest { link, control: start.control, jailer: start.jailer, leaf: start.leaf, pid, steps };
        guest.locked_down(&prepare).await
    }

    /// Makes a guest and ends it: whether there can be guests at all.
    pub(crate) async fn prove(&self, limits: &Limits) -> Result<(), JailError> {
        self.start("first", limits).await?.end().await;
        Ok(())
    }

    /// Takes the steps up to `until` with a child that is thrown away, and says what the kernel answered.
    pub(crate) async fn rehearse(&self, until: Step) -> Result<Vec<StepReport>, JailError> {
        let mut start = self.spawn("rehearsal", &Limits::default(), Some(until))?;
        let (_, steps) = start.jailed().await?;
        let _ = timeout(END_TIMEOUT, start.jailer.wait()).await;
        Ok(steps)
    }

    fn spawn(&self, run: &str, limits: &Limits, until: Option<Step>) -> Result<Start, JailError> {
        let cgroup = &self.profile.cgroup;
        let memory = leaf::bytes(limits, cgroup);
        let leaf = self.leaves.as_ref().map(|leaves| leaves.make(run, memory, cgroup)).transpose()?;
        let (control, jailers_end) = Control::pair().map_err(|error| broken("socketpair", error))?;
        let (socket, guests_end) = guest_socket().map_err(|error| broken("socketpair", error))?;
        let procs =
            leaf.as_ref().map(Leaf::procs).transpose().map_err(|error| broken("cgroup.procs", error))?;
        let procs = procs.unwrap_or_default();
        let spec = JailSpec { until, ..self.spec(run, limits, procs.len()) };
        let mut descriptors = vec![self.image.descriptor.as_raw_fd(), guests_end.as_raw_fd()];
        descriptors.extend(procs.iter().map(AsRawFd::as_raw_fd));
        let jailer = self.start_jailer(run, jailers_end)?;
        match control.send(&spec, &descriptors) {
            // A jailer that is gone already is asked for its last words, like any other.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
            sent => sent.map_err(|error| broken("sendmsg to the jailer", error))?,
        }
        Ok(Start { control, jailer, socket, leaf })
    }

    fn spec(&self, run: &str, limits: &Limits, procs: usize) -> JailSpec {
        let identity = self.profile.identity_for(geteuid().as_raw(), getegid().as_raw());
        let limits = RunLimits { cpu_seconds: limits.cpu_s, stack_bytes: limits.stack_bytes };
        self.profile.jail_spec(run, procs, identity, limits)
    }

    /// With no environment and in a process group of its own: a shared group would let `kill(0)` cross every
    /// namespace, and a terminal's ^C would end guests behind our back.
    fn start_jailer(&self, run: &str, control: OwnedFd) -> Result<Child, JailError> {
        Command::new(&self.jailer)
            .arg0(format!("oubliette-jailer: {run}"))
            .env_clear()
            .process_group(0)
            .stdin(Stdio::from(control))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|cause| ImageError::Unreadable { path: self.jailer.clone(), cause }.into())
    }

    fn prepare(&self, limits: &Limits) -> Prepare {
        let filter = self.profile.last_filter.iter().map(|i| (i.0, i.1, i.2, i.3)).collect();
        Prepare {
            version: guest_protocol::VERSION,
            filter,
            filter_digest: self.profile.digests.last_filter.clone(),
            memory_bytes: limits.memory_bytes,
            instructions: limits.instructions,
            strict: false,
        }
    }
}

/// A jailer that has been given its message.
struct Start {
    control: Control,
    jailer: Child,
    socket: UnixStream,
    leaf: Option<Leaf>,
}

impl Start {
    async fn jailed(&mut self) -> Result<(i32, Vec<StepReport>), JailError> {
        let report = timeout(START_TIMEOUT, self.control.report())
            .await
            .map_err(|_| broken("the jailer", format!("no answer within {} s", START_TIMEOUT.as_secs())))?
            .map_err(|error| broken("the jailer's socket", error))?;
        match report {
            Some(Report::Jailed { pid, steps }) => Ok((pid, steps)),
            Some(Report::Failed(error)) => Err(failed(error)),
            Some(Report::Ended(end)) => {
                Err(broken("the guest ended before it was jailed", format!("{end:?}")))
            }
            None => Err(broken("the jailer left without a report", last_words(&mut self.jailer).await)),
        }
    }
}

/// What the jailer wrote before it left, and how it left.
async fn last_words(jailer: &mut Child) -> String {
    use tokio::io::AsyncReadExt;
    const MOST: u64 = 4096;
    const SOON: Duration = Duration::from_secs(1);
    let mut words = String::new();
    if let Some(stderr) = jailer.stderr.take() {
        let _ = timeout(SOON, stderr.take(MOST).read_to_string(&mut words)).await;
    }
    match timeout(SOON, jailer.wait()).await {
        Ok(Ok(status)) => format!("{status}. {}", words.trim()),
        _ => words.trim().to_owned(),
    }
}

/// A locked guest. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) link: Link,
    control: Control,
    jailer: Child,
    leaf: Option<Leaf>,
    pub(crate) pid: i32,
    pub(crate) steps: Vec<StepReport>,
}

/// How a guest ended, as the kernel tells it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ending {
    /// From the jailer; `None` when the jailer itself was killed.
    pub(crate) end: Option<End>,
    /// Whether the leaf's memory limit struck.
    pub(crate) out_of_memory: bool,
}

impl Guest {
    /// Ended in order where it does not lock itself down: what is only dropped ends in its own time.
    async fn locked_down(mut self, prepare: &Prepare) -> Result<Self, JailError> {
        match self.ready(prepare).await {
            Ok(()) => Ok(self),
            Err(error) => {
                self.end().await;
                Err(error)
            }
        }
    }

    async fn ready(&mut self, prepare: &Prepare) -> Result<(), JailError> {
        let frame = match timeout(START_TIMEOUT, self.link.next()).await {
            // A guest that dies with a frame unread resets its socket.
            Ok(None | Some(Err(LinkError::Socket(_)))) => return Err(self.ended_early().await),
            Ok(Some(frame)) => frame,
            Err(_) => {
                return Err(broken("the guest", format!("not ready within {} s", START_TIMEOUT.as_secs())));
            }
        };
        let ready = read_ready(frame).map_err(|error| broken("the guest's first frame", error))?;
        if ready.version != guest_protocol::VERSION || ready.filter_digest != prepare.filter_digest {
            return Err(broken("the guest's first frame", "it names another version or another filter"));
        }
        posture::check(self.pid).map_err(|error| broken("the guest's posture", error))
    }

    /// Why there will be no guest: a step failed behind the report of the others (the exec), or it died.
    async fn ended_early(&mut self) -> JailError {
        match timeout(END_TIMEOUT, self.control.report()).await {
            Ok(Ok(Some(Report::Failed(error)))) => failed(error),
            Ok(Ok(Some(Report::Ended(End { status: EndStatus::Exited(status), .. })))) => {
                broken("the guest ended before lockdown", format!("it left with status {status}"))
            }
            Ok(Ok(Some(Report::Ended(End { status: EndStatus::Killed(signal), .. })))) => {
                broken("the guest ended before lockdown", format!("signal {signal} killed it"))
            }
            _ => broken("the jailer ended before lockdown", last_words(&mut self.jailer).await),
        }
    }

    /// Kills the guest, whatever it is doing, and waits until nothing of it is left.
    pub(crate) async fn end(mut self) -> Ending {
        self.control.end();
        let end = timeout(END_TIMEOUT, self.ended()).await.ok().flatten();
        if end.is_none() {
            let _ = self.jailer.start_kill();
        }
        let _ = timeout(END_TIMEOUT, self.jailer.wait()).await;
        let out_of_memory = self.leaf.as_ref().is_some_and(Leaf::out_of_memory);
        Ending { end, out_of_memory }
    }

    async fn ended(&self) -> Option<End> {
        loop {
            match self.control.report().await {
                Ok(Some(Report::Ended(end))) => return Some(end),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return None,
            }
        }
    }
}

fn read_ready(frame: Result<Vec<u8>, LinkError>) -> Result<Ready, String> {
    /// One short object.
    const MOST_BYTES: usize = 4096;
    let payload = frame.map_err(|error| error.to_string())?;
    if payload.len() > MOST_BYTES {
        return Err(format!("{} bytes before lockdown", payload.len()));
    }
    match envelope::read(&payload)? {
        Message::Notification { method, params } if method == method::READY => envelope::params(params),
        Message::Notification { method, params } if method == method::FAULT => {
            let fault: Fault = envelope::params(params)?;
            Err(format!("it could not get ready: {}", fault.message))
        }
        _ => Err("not guest.ready".into()),
    }
}

/// Our end, asynchronous, and the guest's, blocking.
fn guest_socket() -> std::io::Result<(UnixStream, OwnedFd)> {
    let (ours, guests) = std::os::unix::net::UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    Ok((UnixStream::from_std(ours)?, guests.into()))
}

/// A binary that belongs to this one: beside it in a build tree, in libexec when installed.
pub(crate) fn companion(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    let directory = own.parent().unwrap_or_else(|| Path::new("."));
    let beside = directory.join(name);
    if beside.exists() { beside } else { directory.join("../libexec/oubliette").join(name) }
}
