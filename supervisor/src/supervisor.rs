//! What lives as long as the process: the upstream connections, the catalog made from them, the jail.

use crate::config::Config;
use crate::ending;
use crate::execution;
use crate::guest::jail::{Jail, JailError};
use crate::monitor::{self, Monitored};
use crate::report::{Blame, RunReport};
use crate::upstream::Upstreams;
use catalog::Catalog;
use guest_protocol::envelope::Methods;
use guest_protocol::limits::Limits;
use guest_protocol::message::Mode;
use policies::{Arch, Grants, Profile, ProfileError};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, mpsc};

/// Runs at the same time. More wait their turn, in order; each has its own 30 seconds once it starts.
const CONCURRENT_RUNS: usize = 16;

/// How many may wait for their turn. Each holds its program; a host that sends more is told so at once.
const WAITING_RUNS: usize = 256;

/// A program to run.
#[derive(Debug, Clone)]
pub(crate) struct RunRequest {
    /// TypeScript or JavaScript.
    pub(crate) source: String,
    /// Wall clock for this run; the configured limit where absent, and at most that.
    pub(crate) timeout_ms: Option<u64>,
    /// Run it, or only check it.
    pub(crate) mode: Mode,
    /// Where its words of progress go, with room for [`guest_protocol::limits::EMITS`]; its log where absent.
    pub(crate) emitted: Option<mpsc::Sender<String>>,
}

/// The supervisor.
pub(crate) struct Supervisor {
    pub(crate) upstreams: Arc<Upstreams>,
    pub(crate) jail: Jail,
    pub(crate) grants: Arc<Grants>,
    pub(crate) limits: Limits,
    pub(crate) methods: Arc<Methods<Monitored>>,
    catalog: Mutex<(u64, Arc<Catalog>)>,
    places: Semaphore,
    turns: Semaphore,
    runs: AtomicU64,
}

/// Why the supervisor cannot start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// The profile is wrong.
    #[error("{0}")]
    Profile(#[from] ProfileError),
    /// The profile is right, and cannot be given to the kernel.
    #[error("the profile cannot be compiled: {0}")]
    Compile(String),
    /// The jail cannot be made here.
    #[error("{0}")]
    Jail(#[from] JailError),
}

impl StartError {
    pub(crate) const fn blame(&self) -> Blame {
        match self {
            Self::Profile(_) | Self::Compile(_) => Blame::Operator,
            Self::Jail(error) => error.blame(),
        }
    }
}

/// The jail that a configuration describes.
pub(crate) fn jail(config: &Config) -> Result<Jail, StartError> {
    let profile = config.profile.as_deref().map_or_else(Profile::builtin, Profile::load)?;
    let compiled = profile.compile(Arch::current()).map_err(StartError::Compile)?;
    Ok(Jail::new(compiled, config.host.cgroup.as_deref())?)
}

impl Supervisor {
    /// Connects to every upstream server.
    pub(crate) async fn start(config: Config, jail: Jail) -> Arc<Self> {
        let upstreams = Arc::new(Upstreams::start(config.servers).await);
        let catalog = (upstreams.generation(), Arc::new(Catalog::build(upstreams.definitions())));
        Arc::new(Self {
            upstreams,
            grants: Arc::new(jail.profile().grants.clone()),
            jail,
            limits: config.limits,
            methods: Arc::new(monitor::methods()),
            catalog: Mutex::new(catalog),
            places: Semaphore::new(CONCURRENT_RUNS + WAITING_RUNS),
            turns: Semaphore::new(CONCURRENT_RUNS),
            runs: AtomicU64::new(0),
        })
    }

    /// The catalog of what the upstream servers offer now.
    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        let generation = self.upstreams.generation();
        let mut current = self.catalog.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0 != generation {
            *current = (generation, Arc::new(Catalog::build(self.upstreams.definitions())));
        }
        Arc::clone(&current.1)
    }

    /// Runs one program in a fresh guest. Dropping the future kills the guest and cancels its calls.
    pub(crate) async fn execute(&self, request: RunRequest) -> RunReport {
        let Ok(_place) = self.places.try_acquire() else {
            return execution::refuse(self, ending::busy(CONCURRENT_RUNS, WAITING_RUNS));
        };
        // The semaphore is never closed, so a turn always comes.
        let _turn = self.turns.acquire().await;
        execution::execute(self, request).await
    }

    /// A name for the next run: unique in this process, fit for a host name.
    pub(crate) fn next_run(&self) -> String {
        format!("run-{}", self.runs.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Ends every upstream server.
    pub(crate) async fn shutdown(&self) {
        self.upstreams.shutdown().await;
    }
}
