//! One run, start to reply.

use crate::ending;
use crate::guest::jail::{Ending, Guest};
use crate::monitor::{self, Last, Monitored};
use crate::report::{Held, RunError, RunReport, RunUsage};
use crate::supervisor::{RunRequest, Supervisor};
use guest_protocol::envelope;
use guest_protocol::limits::Limits;
use guest_protocol::message::{Outcome, Start, method};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// The name of every program in positions.
const PROGRAM: &str = "/main.ts";

/// Runs or checks one program in a fresh guest, and leaves nothing of the guest behind.
pub(crate) async fn execute(supervisor: &Supervisor, request: RunRequest) -> RunReport {
    let begun = Instant::now();
    let mut limits = supervisor.limits.clone();
    limits.wall_ms = request.timeout_ms.map_or(limits.wall_ms, |asked| asked.min(limits.wall_ms));
    let run = Arc::new(monitored(supervisor, &limits).telling(request.emitted.clone()));
    let ended = match ending::source_too_long(&request.source, &limits) {
        Some(error) => Err(error),
        None => in_guest(supervisor, request, &limits, &run).await,
    };
    report(begun, &run, &limits, ended, supervisor.jail.held())
}

/// The report of a program that is not run at all.
pub(crate) fn refuse(supervisor: &Supervisor, error: Box<RunError>) -> RunReport {
    let run = monitored(supervisor, &supervisor.limits);
    report(Instant::now(), &run, &supervisor.limits, Err(error), supervisor.jail.held())
}

fn monitored(supervisor: &Supervisor, limits: &Limits) -> Monitored {
    let (upstreams, grants) = (Arc::clone(&supervisor.upstreams), Arc::clone(&supervisor.grants));
    Monitored::new(supervisor.catalog(), upstreams, grants, limits.clone())
}

/// How a run that had a guest ended: what the guest said last, and what the kernel says of it.
type Ended = Result<(Last, Ending), Box<RunError>>;

async fn in_guest(
    supervisor: &Supervisor,
    request: RunRequest,
    limits: &Limits,
    run: &Arc<Monitored>,
) -> Ended {
    let name = supervisor.next_run();
    let mut guest = supervisor.jail.start(&name, limits).await.map_err(|error| ending::no_guest(&error))?;
    tracing::debug!(run = name, pid = guest.pid, "jailed, locked down");
    let last = match program(supervisor, request, limits) {
        Ok(start) => drive(&mut guest, start, supervisor, limits, run).await,
        Err(error) => Err(error),
    };
    let ending = guest.end().await;
    Ok((last?, ending))
}

fn program(supervisor: &Supervisor, request: RunRequest, limits: &Limits) -> Result<Vec<u8>, Box<RunError>> {
    let start = Start {
        source: request.source,
        file: PROGRAM.into(),
        seed: seed().map_err(|error| ending::internal(&format!("no randomness: {error}")))?,
        servers: supervisor.catalog().servers(),
        limits: limits.clone(),
        mode: request.mode,
    };
    envelope::notification(method::START, &start).map_err(|error| ending::internal(&error.to_string()))
}

/// Sends the program and serves it until its last frame or its deadline.
async fn drive(
    guest: &mut Guest,
    start: Vec<u8>,
    supervisor: &Supervisor,
    limits: &Limits,
    run: &Arc<Monitored>,
) -> Result<Last, Box<RunError>> {
    guest.link.send(start);
    let served = monitor::serve(&mut guest.link, &supervisor.methods, run);
    timeout(Duration::from_millis(limits.wall_ms), served).await.map_err(|_| ending::out_of_time(limits, run))
}

fn report(begun: Instant, run: &Monitored, limits: &Limits, ended: Ended, held: Held) -> RunReport {
    let mut usage = RunUsage::default();
    if let Ok((_, Ending { end: Some(end), .. })) = &ended {
        usage.cpu_ms = end.cpu_us / 1000;
    }
    let judged = ended.and_then(|(last, ending)| ending::judge(last, ending, run, limits));
    usage.wall_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut report = RunReport {
        ok: false,
        value: None,
        logs: Vec::new(),
        calls: Vec::new(),
        error: None,
        warnings: Vec::new(),
        manifest: Vec::new(),
        dynamic: Vec::new(),
        denied: Vec::new(),
        held,
        truncated: Vec::new(),
        usage,
    };
    match judged {
        Err(error) => report.error = Some(error),
        Ok(finished) => {
            report.usage.memory_bytes = finished.usage.memory_bytes;
            report.usage.instructions = finished.usage.instructions;
            report.warnings = finished.warnings;
            match finished.outcome {
                Outcome::Value(value) => (report.ok, report.value) = (true, value),
                Outcome::Checked => {
                    report.denied = run.denied(&finished.manifest);
                    (report.ok, report.manifest) = (true, finished.manifest);
                    report.dynamic = finished.dynamic;
                }
                Outcome::Error(error) => report.error = Some(ending::program_error(error, run)),
            }
        }
    }
    // Last, because whose fault an error is depends on the calls.
    (report.logs, report.calls) = run.take_record();
    report
}

/// All the randomness a program will have comes from here.
fn seed() -> Result<[u64; 4], getrandom::Error> {
    Ok([getrandom::u64()?, getrandom::u64()?, getrandom::u64()?, getrandom::u64()?])
}
