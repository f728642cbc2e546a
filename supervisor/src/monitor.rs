//! What a running guest may ask: a table of method × kind × count × what it does. Whatever is not in the
//! table, or exceeds its row, ends the run with the blame on the guest. (`guest.ready` is not in it: it is
//! taken once, before there is a program, in `guest::jail`.)

mod files;
mod offers;
mod refused;

use crate::arguments::{self, Validated};
use crate::console::Console;
use crate::guest::link::{Link, LinkError};
use crate::report::{CallRecord, LogLine};
use crate::upstream::{CallFailure, CallResult, Upstreams};
use catalog::Catalog;
use guest_protocol::envelope::{self, Message, Methods, Refusal};
use guest_protocol::limits::{CONSOLE_LINES, EMIT_BYTES, EMITS, Limits, check_json};
use guest_protocol::message::{
    ConsoleWrite, DescribeServer, Emit, Fault, Finished, Level, Outcome, Sleep, ToolCall, ToolFailure,
    ToolFailureCode, ToolName, method,
};
use policies::{Allowed, Grants, Verdict};
use refused::Refused;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// One method of the guest.
struct Row {
    method: &'static str,
    kind: Kind,
    /// How often in one run.
    most: fn(&Limits) -> u64,
    /// How many unanswered at the same time.
    open: fn(&Limits) -> usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Wants an answer; the answer is in [`methods`].
    Request,
    /// A line for the log.
    Console,
    /// A word of progress.
    Emit,
    /// The program is done: the last frame.
    Finished,
    /// The guest cannot go on: the last frame.
    Fault,
}

/// Calls beyond the limit are refused politely this often, so that a program can catch the error.
const REFUSED_CALLS: u64 = 10_000;

/// JSON around a value or arguments.
const SLACK_BYTES: usize = 4096;

const TABLE: [Row; 11] = [
    Row {
        method: method::TOOL_CALL,
        kind: Kind::Request,
        most: |limits| u64::from(limits.calls) + REFUSED_CALLS,
        open: |limits| limits.calls_in_flight as usize,
    },
    Row {
        method: method::ASK,
        kind: Kind::Request,
        most: |limits| u64::from(limits.calls) + REFUSED_CALLS,
        open: |limits| limits.calls_in_flight as usize,
    },
    Row { method: method::DESCRIBE, kind: Kind::Request, most: |_| 10_000, open: |_| 16 },
    Row { method: method::FILE_READ, kind: Kind::Request, most: |_| 100_000, open: files_open },
    Row { method: method::FILE_LIST, kind: Kind::Request, most: |_| 100_000, open: files_open },
    Row { method: method::FILE_STAT, kind: Kind::Request, most: |_| 100_000, open: files_open },
    Row { method: method::SLEEP, kind: Kind::Request, most: |_| 1_000_000, open: |_| 1024 },
    Row { method: method::CONSOLE, kind: Kind::Console, most: |_| CONSOLE_LINES, open: |_| 0 },
    Row { method: method::EMIT, kind: Kind::Emit, most: |_| EMITS as u64, open: |_| 0 },
    Row { method: method::FINISHED, kind: Kind::Finished, most: |_| 1, open: |_| 0 },
    Row { method: method::FAULT, kind: Kind::Fault, most: |_| 1, open: |_| 0 },
];

/// A guest has as many requests of all kinds open as calls, and one more that it waits for.
fn files_open(limits: &Limits) -> usize {
    limits.calls_in_flight as usize + 1
}

/// The answers to the guest's requests; all but to `tool.call` and `server.ask`, whose results pass through as text.
pub(crate) fn methods() -> Methods<Monitored> {
    let mut methods = Methods::default();
    methods.add(method::DESCRIBE, describe);
    methods.add(method::FILE_READ, files::read);
    methods.add(method::FILE_LIST, files::list);
    methods.add(method::FILE_STAT, files::stat);
    methods.add(method::SLEEP, sleep);
    methods
}

/// How a guest's stream ended.
#[derive(Debug)]
pub(crate) enum Last {
    /// The program is done.
    Finished(Box<Finished>),
    /// The guest could not go on, and said why.
    Fault(Fault),
    /// It said what no honest guest says.
    Breach(String),
    /// It ended inside a frame. Only the kernel knows whether that was its own doing.
    CutOff(String),
    /// It left without a last frame.
    Closed,
}

/// One run, as its requests see it.
pub(crate) struct Monitored {
    catalog: Arc<Catalog>,
    upstreams: Arc<Upstreams>,
    grants: Arc<Grants>,
    limits: Limits,
    emitted: Option<mpsc::Sender<String>>,
    record: Mutex<Record>,
}

/// What a run has done so far.
#[derive(Debug, Default)]
struct Record {
    console: Console,
    calls: Vec<Call>,
    refused: Refused,
    last_failure: Option<ToolFailureCode>,
}

#[derive(Debug)]
struct Call {
    record: CallRecord,
    begun: Instant,
    open: bool,
}

impl Record {
    /// A call that is not sent. It counts for nothing but the report.
    fn refuse(&mut self, server: &str, tool: &str, why: ToolFailureCode) {
        self.last_failure = Some(why);
        self.refused.add(self.calls.len(), server, tool, why);
    }
}

impl Monitored {
    pub(crate) fn new(
        catalog: Arc<Catalog>,
        upstreams: Arc<Upstreams>,
        grants: Arc<Grants>,
        limits: Limits,
    ) -> Self {
        Self { catalog, upstreams, grants, limits, emitted: None, record: Mutex::default() }
    }

    /// Words of progress go there; into the log where there is nobody to hear them.
    pub(crate) fn telling(self, emitted: Option<mpsc::Sender<String>>) -> Self {
        Self { emitted, ..self }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the console and the calls out. Calls that are still open count as failed.
    pub(crate) fn take_record(&self) -> (Vec<LogLine>, Vec<CallRecord>) {
        let mut record = self.record();
        let logs = std::mem::take(&mut record.console).lines();
        let close = |mut call: Call| {
            if call.open {
                call.record.ms = milliseconds(call.begun.elapsed());
            }
            call.record
        };
        let calls = std::mem::take(&mut record.calls).into_iter().map(close);
        let calls = std::mem::take(&mut record.refused).among(calls);
        (logs, calls)
    }

    /// `server.tool` of every call that has no answer yet.
    pub(crate) fn open_calls(&self) -> Vec<String> {
        let name = |call: &Call| format!("{}.{}", call.record.server, call.record.tool);
        self.record().calls.iter().filter(|call| call.open).map(name).collect()
    }

    /// Why the latest call that failed before it had a result did.
    pub(crate) fn last_failure(&self) -> Option<ToolFailureCode> {
        self.record().last_failure
    }

    /// The tools that the profile does not grant.
    pub(crate) fn denied(&self, tools: &[ToolName]) -> Vec<ToolName> {
        let verdict = |tool: &&ToolName| self.grants.decide(&tool.server, &tool.tool);
        tools.iter().filter(|tool| matches!(verdict(tool), Verdict::Denied(_))).cloned().collect()
    }

    /// Whether some call came back with a result that is an error.
    pub(crate) fn any_call_failed(&self) -> bool {
        self.record().calls.iter().any(|call| !call.open && !call.record.ok)
    }

    /// Proof that the profile grants it. Methods that ask for something besides tools are granted by their names.
    fn allowed(&self, server: &str, tool: &str) -> Result<Allowed, Refusal> {
        match self.grants.decide(server, tool) {
            Verdict::Allowed(allowed) => Ok(allowed),
            Verdict::Denied(why) => {
                self.record().refuse(server, tool, ToolFailureCode::Denied);
                Err(denied(server, tool, why.as_deref()))
            }
        }
    }

    fn begin(&self, server: &str, tool: &str) -> Result<usize, Refusal> {
        let mut record = self.record();
        if record.calls.len() >= self.limits.calls as usize {
            record.refuse(server, tool, ToolFailureCode::Limit);
            return Err(refusal(
                format!("this run has used up its {} tool calls", self.limits.calls),
                ToolFailureCode::Limit,
                Some("Use a tool that returns more at once, or split the work over several runs.".into()),
            ));
        }
        let (server, tool) = (server.to_owned(), tool.to_owned());
        let entry = CallRecord { server, tool, ok: false, ms: 0, note: None };
        record.calls.push(Call { record: entry, begun: Instant::now(), open: true });
        Ok(record.calls.len() - 1)
    }

    /// Adds what is to be known of a call.
    fn note(&self, index: usize, note: String) {
        if let Some(call) = self.record().calls.get_mut(index) {
            call.record.note = Some(note);
        }
    }

    fn end(&self, index: usize, result: &Result<CallResult, CallFailure>) {
        let mut record = self.record();
        if let Some(call) = record.calls.get_mut(index) {
            call.open = false;
            call.record.ms = milliseconds(call.begun.elapsed());
            call.record.ok = result.as_ref().is_ok_and(|result| !result.is_error);
        }
        if let Err(failed) = result {
            record.last_failure = Some(failed.failure.code);
        }
    }

    fn write_console(&self, line: ConsoleWrite) -> Result<(), String> {
        self.record().console.write(line, self.limits.console_bytes)
    }
}

impl Monitored {
    fn emit(&self, emit: Emit) -> Result<(), String> {
        if emit.text.len() > EMIT_BYTES {
            return Err(format!("{} bytes of progress at once", emit.text.len()));
        }
        match &self.emitted {
            // There is room for all that one run may say; whoever has stopped listening misses it.
            Some(emitted) => drop(emitted.try_send(emit.text)),
            None => {
                let line = LogLine { level: Level::Info, text: emit.text };
                self.record().console.keep(line, self.limits.console_bytes);
            }
        }
        Ok(())
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Serves a running guest until its last frame.
pub(crate) async fn serve(link: &mut Link, methods: &Arc<Methods<Monitored>>, run: &Arc<Monitored>) -> Last {
    let mut monitor =
        Monitor { run, methods, asked: BTreeMap::new(), open: HashSet::new(), answers: JoinSet::new() };
    loop {
        let step = tokio::select! {
            frame = link.next() => match frame {
                None => return Last::Closed,
                Some(Err(error @ LinkError::Socket(_))) => return Last::CutOff(error.to_string()),
                Some(Err(error)) => Err(error.to_string()),
                Some(Ok(payload)) => monitor.take(&payload),
            },
            Some(answer) = monitor.answers.join_next() => match answer {
                Ok(answer) => monitor.answered(answer).map(|payload| { link.send(payload); None }),
                Err(error) => Err(format!("an answer could not be made: {error}")),
            },
        };
        match step {
            Ok(None) => {}
            Ok(Some(last)) => return last,
            Err(breach) => return Last::Breach(breach),
        }
    }
}

struct Monitor<'a> {
    run: &'a Arc<Monitored>,
    methods: &'a Arc<Methods<Monitored>>,
    /// How often each method was used.
    asked: BTreeMap<&'static str, u64>,
    /// Requests without an answer, by id and method.
    open: HashSet<(u64, &'static str)>,
    answers: JoinSet<Answer>,
}

struct Answer {
    id: u64,
    method: &'static str,
    payload: Result<Vec<u8>, String>,
}

impl Monitor<'_> {
    /// One frame: is it in the table, and within its row?
    fn take(&mut self, payload: &[u8]) -> Result<Option<Last>, String> {
        let limits = &self.run.limits;
        check_json(payload, limits.json_depth, limits.json_nodes).map_err(|error| error.to_string())?;
        let (id, name, params) = match envelope::read(payload)? {
            Message::Request { id, method, params } => (Some(id), method, params),
            Message::Notification { method, params } => (None, method, params),
            Message::Answer { id, .. } => return Err(format!("an answer (id {id}) that nobody asked for")),
        };
        let row = TABLE
            .iter()
            .find(|row| row.method == name)
            .ok_or_else(|| format!("no such method: {name:.64}"))?;
        let asked = self.asked.entry(row.method).or_default();
        *asked += 1;
        if *asked > (row.most)(limits) {
            return Err(format!("{} more than {} times", row.method, (row.most)(limits)));
        }
        match (row.kind, id) {
            (Kind::Request, Some(id)) => self.request(row, id, params).map(|()| None),
            (Kind::Console, None) => self.run.write_console(envelope::params(params)?).map(|()| None),
            (Kind::Emit, None) => self.run.emit(envelope::params(params)?).map(|()| None),
            (Kind::Finished, None) => self.finished(envelope::params(params)?).map(Some),
            (Kind::Fault, None) => Ok(Some(Last::Fault(envelope::params(params)?))),
            _ => Err(format!("{} in the wrong kind of message", row.method)),
        }
    }

    fn request(&mut self, row: &Row, id: u64, params: &RawValue) -> Result<(), String> {
        let open = self.open.iter().filter(|(_, method)| *method == row.method).count();
        if open >= (row.open)(&self.run.limits) {
            return Err(format!("{} with {open} unanswered already", row.method));
        }
        if self.open.iter().any(|(used, _)| *used == id) {
            return Err(format!("id {id} used twice"));
        }
        if matches!(row.method, method::TOOL_CALL | method::ASK)
            && params.get().len() > self.run.limits.argument_bytes + SLACK_BYTES
        {
            return Err(format!("{} bytes of arguments", params.get().len()));
        }
        self.open.insert((id, row.method));
        let (methods, run, method) = (Arc::clone(self.methods), Arc::clone(self.run), row.method);
        let params = params.to_owned();
        self.answers.spawn(async move {
            let payload = match method {
                method::TOOL_CALL => passed_through(id, &params, |call| tool_call(call, &run)).await,
                method::ASK => passed_through(id, &params, |ask| offers::ask(ask, &run)).await,
                _ => methods.call(id, method.to_owned(), &params, run).await,
            };
            Answer { id, method, payload }
        });
        Ok(())
    }

    fn answered(&mut self, answer: Answer) -> Result<Vec<u8>, String> {
        self.open.remove(&(answer.id, answer.method));
        answer.payload
    }

    fn finished(&self, finished: Finished) -> Result<Last, String> {
        let most = self.run.limits.value_bytes + SLACK_BYTES;
        match &finished.outcome {
            Outcome::Value(Some(value)) if value.get().len() > most => {
                Err(format!("a value of {} bytes", value.get().len()))
            }
            _ => Ok(Last::Finished(Box::new(finished))),
        }
    }
}

/// The payload of an answer whose result is not looked into.
async fn passed_through<P: DeserializeOwned, F: Future<Output = Result<CallResult, Refusal>>>(
    id: u64,
    params: &RawValue,
    call: impl FnOnce(P) -> F,
) -> Result<Vec<u8>, String> {
    let answer = match call(envelope::params(params)?).await {
        Ok(result) => envelope::success(id, &result.text),
        Err(refusal) => envelope::failure(id, refusal),
    };
    answer.map_err(|error| error.to_string())
}

async fn tool_call(call: ToolCall, run: &Monitored) -> Result<CallResult, Refusal> {
    if let Some((code, message)) = unknown_tool(&run.catalog, &call) {
        run.record().refuse(&call.server, &call.tool, code);
        return Err(refusal(message, code, None));
    }
    let allowed = run.allowed(&call.server, &call.tool)?;
    let index = run.begin(&call.server, &call.tool)?;
    let result = match arguments::validated(&run.catalog, call).await {
        Validated::Fit(arguments) => run.upstreams.call(allowed, arguments, run.limits.result_bytes).await,
        Validated::Unvalidated(arguments, why) => {
            run.note(index, format!("sent without validation: {why}"));
            run.upstreams.call(allowed, arguments, run.limits.result_bytes).await
        }
        Validated::Misfit(failure) => {
            run.note(index, "not sent: its arguments do not fit".into());
            Err(failure)
        }
    };
    run.end(index, &result);
    result.map_err(failed)
}

fn failed(failed: CallFailure) -> Refusal {
    let data = serde_json::to_value(failed.failure).ok();
    Refusal { code: Refusal::TOOL_FAILURE, message: failed.message, data }
}

fn unknown_tool(catalog: &Catalog, call: &ToolCall) -> Option<(ToolFailureCode, String)> {
    if catalog.shape(&call.server).is_none() {
        return Some((ToolFailureCode::UnknownServer, catalog.unknown_server(&call.server)));
    }
    if catalog.tool(&call.server, &call.tool).is_none() {
        return Some((ToolFailureCode::UnknownTool, catalog.unknown_tool(&call.server, &call.tool)));
    }
    None
}

/// The operator's profile does not grant the tool.
fn denied(server: &str, tool: &str, why: Option<&str>) -> Refusal {
    let why = why.unwrap_or("no entry of its [[grants]] names this tool");
    let message = format!("the operator's profile does not grant `{tool}` of server `{server}`: {why}");
    let hint = "Calling it again cannot help, nor can another way to it: only the operator can change the profile. Go \
                on without this tool, or report what could not be done.";
    refusal(message, ToolFailureCode::Denied, Some(hint.into()))
}

fn refusal(message: String, code: ToolFailureCode, hint: Option<String>) -> Refusal {
    let data = serde_json::to_value(ToolFailure { code, retryable: false, hint }).ok();
    Refusal { code: Refusal::TOOL_FAILURE, message, data }
}

async fn describe(asked: DescribeServer, run: Arc<Monitored>) -> Result<Value, Refusal> {
    match run.catalog.shape(&asked.server) {
        Some(shape) => to_value(shape),
        None => Err(refusal(run.catalog.unknown_server(&asked.server), ToolFailureCode::UnknownServer, None)),
    }
}

async fn sleep(asked: Sleep, run: Arc<Monitored>) -> Result<Value, Refusal> {
    // Longer than the run can last is as long as the run lasts.
    tokio::time::sleep(Duration::from_millis(asked.ms.min(run.limits.wall_ms))).await;
    Ok(Value::Null)
}

fn to_value<T: serde::Serialize>(value: &T) -> Result<Value, Refusal> {
    const INTERNAL: i64 = -32_603;
    serde_json::to_value(value).map_err(|error| Refusal {
        code: INTERNAL,
        message: error.to_string(),
        data: None,
    })
}
