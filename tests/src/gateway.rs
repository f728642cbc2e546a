//! An agent's host, as far as `oubliette serve` can tell: JSON lines over its standard input and output.

use crate::Failed;
use crate::invocation::{Invocation, Outcome, gather, text, wait};
use crate::place::{Place, descendants};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The protocol version most hosts speak today.
pub const LEGACY: &str = "2025-06-18";
/// The first version without a handshake.
pub const MODERN: &str = "2026-07-28";

/// No answer may take longer.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long nothing may change before a gateway is taken to be at rest.
const REST: Duration = Duration::from_millis(500);

/// What `look` sees once the gateway is at rest: a run that was answered gives back what it held a moment later.
///
/// # Errors
/// When it never comes to rest.
pub fn at_rest<T: PartialEq>(mut look: impl FnMut() -> T) -> Result<T, Failed> {
    let begun = Instant::now();
    let (mut seen, mut since) = (look(), Instant::now());
    while begun.elapsed() < PATIENCE {
        if since.elapsed() >= REST {
            return Ok(seen);
        }
        thread::sleep(REST / 20);
        let now = look();
        if now != seen {
            (seen, since) = (now, Instant::now());
        }
    }
    Err("the gateway does not come to rest".into())
}

/// A session with a running gateway. Dropping it kills the gateway.
#[derive(Debug)]
pub struct Gateway {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Result<Value, String>>,
    stderr: Option<JoinHandle<Vec<u8>>>,
    parked: HashMap<u64, Value>,
    notified: Vec<Value>,
    next_id: u64,
    place: Place,
    begun: Instant,
}

impl Gateway {
    /// Starts it; nothing is said yet.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(invocation: Invocation) -> Result<Self, Failed> {
        let begun = Instant::now();
        let (mut child, place) = invocation.start()?;
        let input = child.stdin.take();
        let messages = listen(child.stdout.take().ok_or("no standard output")?);
        let stderr = Some(gather(child.stderr.take()));
        Ok(Self {
            child,
            input,
            messages,
            stderr,
            parked: HashMap::new(),
            notified: Vec::new(),
            next_id: 1,
            place,
            begun,
        })
    }

    /// The handshake of every version before [`MODERN`]; the result of `initialize`.
    ///
    /// # Errors
    /// When it is refused.
    pub fn initialize(&mut self, version: &str) -> Result<Value, Failed> {
        let hello = json!({
            "protocolVersion": version,
            "capabilities": {},
            "clientInfo": { "name": "tests", "version": "1" }
        });
        let id = self.ask("initialize", &hello)?;
        let result = self.result(id)?;
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))?;
        Ok(result)
    }

    /// Sends one message.
    ///
    /// # Errors
    /// When the gateway has gone.
    pub fn send(&mut self, message: &Value) -> Result<(), Failed> {
        self.send_line(message.to_string().as_bytes())
    }

    /// Sends any bytes as one line.
    ///
    /// # Errors
    /// When the gateway has gone.
    pub fn send_line(&mut self, line: &[u8]) -> Result<(), Failed> {
        let input = self.input.as_mut().ok_or("the gateway's input is closed")?;
        let sent = input.write_all(line).and_then(|()| input.write_all(b"\n")).and_then(|()| input.flush());
        sent.map_err(|error| format!("the gateway no longer reads: {error}").into())
    }

    /// Sends a request; its id.
    ///
    /// # Errors
    /// When the gateway has gone.
    pub fn ask(&mut self, method: &str, params: &Value) -> Result<u64, Failed> {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))?;
        Ok(id)
    }

    /// The answer to a request: the whole message.
    ///
    /// # Errors
    /// When none comes.
    pub fn answer(&mut self, id: u64) -> Result<Value, Failed> {
        self.answer_within(id, PATIENCE)?.ok_or_else(|| format!("no answer to request {id}").into())
    }

    /// The answer to a request, if it comes within this time.
    ///
    /// # Errors
    /// When none can come any more.
    pub fn answer_within(&mut self, id: u64, patience: Duration) -> Result<Option<Value>, Failed> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(answer) = self.parked.remove(&id) {
                return Ok(Some(answer));
            }
            match self.messages.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Ok(message)) => {
                    if let Some(answered) = message.get("id").and_then(Value::as_u64) {
                        self.parked.insert(answered, message);
                    } else {
                        self.notified.push(message);
                    }
                }
                Ok(Err(line)) => return Err(format!("not JSON on standard output: {line:.200}").into()),
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(RecvTimeoutError::Disconnected) => return Err(self.gone().into()),
            }
        }
    }

    /// The parameters of the notifications of this method so far.
    #[must_use]
    pub fn notifications(&self, method: &str) -> Vec<Value> {
        let named = self.notified.iter().filter(|message| message["method"] == method);
        named.map(|message| message["params"].clone()).collect()
    }

    /// The result in the answer to a request.
    ///
    /// # Errors
    /// When it is an error, or none comes.
    pub fn result(&mut self, id: u64) -> Result<Value, Failed> {
        let mut answer = self.answer(id)?;
        match answer.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(format!("request {id} was refused: {answer}").into()),
        }
    }

    /// Calls one of the gateway's tools; its structured content.
    ///
    /// # Errors
    /// When the call is refused.
    pub fn call(&mut self, tool: &str, arguments: &Value) -> Result<Value, Failed> {
        let id = self.ask("tools/call", &json!({ "name": tool, "arguments": arguments }))?;
        self.structured(id)
    }

    /// The structured content of a tool call's result.
    ///
    /// # Errors
    /// When there is none.
    pub fn structured(&mut self, id: u64) -> Result<Value, Failed> {
        let mut result = self.result(id)?;
        match result.get_mut("structuredContent") {
            Some(content) => Ok(content.take()),
            None => Err(format!("no structuredContent: {result:.500}").into()),
        }
    }

    /// Runs a program; the report.
    ///
    /// # Errors
    /// When there is no report.
    pub fn execute(&mut self, code: &str) -> Result<Value, Failed> {
        self.call("execute", &json!({ "code": code }))
    }

    /// Runs many programs, `window` at the same time; a report for each, in order.
    ///
    /// # Errors
    /// When one has no report.
    pub fn execute_all(&mut self, programs: &[String], window: usize) -> Result<Vec<Value>, Failed> {
        let (mut open, mut reports) = (VecDeque::new(), Vec::with_capacity(programs.len()));
        for program in programs {
            if open.len() >= window {
                reports.extend(open.pop_front().map(|id| self.structured(id)).transpose()?);
            }
            open.push_back(
                self.ask("tools/call", &json!({ "name": "execute", "arguments": { "code": program } }))?,
            );
        }
        for id in open {
            reports.push(self.structured(id)?);
        }
        Ok(reports)
    }

    /// The gateway's own process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ids of every process the gateway has started and that still lives, itself included.
    #[must_use]
    pub fn processes(&self) -> Vec<u32> {
        if self.place.procs().is_empty() { descendants(self.child.id()) } else { self.place.processes() }
    }

    /// How many leaves there are; 0 where the trial has no group of its own to look into.
    #[must_use]
    pub fn leaves(&self) -> usize {
        self.place.leaves()
    }

    /// Closes its input, waits for its end, and makes sure that nothing is left.
    ///
    /// # Errors
    /// When it does not end, or leaves a process or a leaf.
    pub fn close(mut self) -> Result<Outcome, Failed> {
        self.input = None;
        let status = wait(&mut self.child, PATIENCE)?;
        let stderr = self.stderr.take().map(text).unwrap_or_default();
        self.place.remove()?;
        Ok(Outcome { code: status.code(), stdout: String::new(), stderr, took: self.begun.elapsed() })
    }

    fn gone(&mut self) -> String {
        let _ = self.child.kill();
        let status = self.child.wait().map(|status| status.to_string()).unwrap_or_default();
        format!("the gateway has gone ({status}): {}", self.stderr.take().map(text).unwrap_or_default())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(stdout: ChildStdout) -> Receiver<Result<Value, String>> {
    let (tell, messages) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let message = serde_json::from_str(&line).map_err(|_| line);
            if tell.send(message).is_err() {
                return;
            }
        }
    });
    messages
}
