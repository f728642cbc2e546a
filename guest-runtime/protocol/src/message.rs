//! The methods, and what each carries. The monitor in the supervisor has one row per method of the guest.

use crate::limits::Limits;
use crate::offers::Offers;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Method names. To the guest: notifications. To the supervisor: requests unless said otherwise.
pub mod method {
    /// To the guest: [`super::Prepare`].
    pub const PREPARE: &str = "guest.prepare";
    /// To the guest: [`super::Start`].
    pub const START: &str = "run.start";
    /// Notification: [`super::Ready`].
    pub const READY: &str = "guest.ready";
    /// Notification: [`super::ConsoleWrite`].
    pub const CONSOLE: &str = "console.write";
    /// Notification: [`super::Finished`].
    pub const FINISHED: &str = "run.finished";
    /// Notification: [`super::Fault`].
    pub const FAULT: &str = "run.fault";
    /// [`super::ToolCall`] → the upstream's `CallToolResult` as it came, or a [`super::ToolFailure`].
    pub const TOOL_CALL: &str = "tool.call";
    /// [`crate::offers::Ask`] → [`crate::offers::Entries`] or the upstream's result as it came, or a
    /// [`super::ToolFailure`].
    pub const ASK: &str = "server.ask";
    /// Notification: [`super::Emit`].
    pub const EMIT: &str = "progress.emit";
    /// [`super::DescribeServer`] → [`super::ServerShape`].
    pub const DESCRIBE: &str = "server.describe";
    /// [`super::Path`] → [`super::FileText`].
    pub const FILE_READ: &str = "file.read";
    /// [`super::ListDirectory`] → [`super::Listing`].
    pub const FILE_LIST: &str = "file.list";
    /// [`super::Path`] → [`super::FileState`].
    pub const FILE_STAT: &str = "file.stat";
    /// [`super::Sleep`] → `null`, when the time has passed.
    pub const SLEEP: &str = "timer.sleep";
}

/// The only frame that a guest reads before it is locked down. It comes from the supervisor alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prepare {
    /// [`crate::VERSION`] of the sender.
    pub version: u32,
    /// The last filter, one `struct sock_filter` each: code, jt, jf, k.
    pub filter: Vec<(u16, u8, u8, u32)>,
    /// Hex SHA-256 of the filter's bytes, given back in [`Ready`].
    pub filter_digest: String,
    /// The arena's size in bytes.
    pub memory_bytes: u64,
    /// Bytecode instructions the run may use: the engine takes the figure when it is built, before the program
    /// and its limits are known. The supervisor sends [`Limits::instructions`].
    pub instructions: u64,
    /// Lock down with `SECCOMP_MODE_STRICT` in place of the filter: even fewer calls, and no clock register.
    /// Only for the proof that the guest lives with that too, outside of the jail: the kernel takes no strict
    /// mode once a filter is installed (seccomp(2)), and the jailer has installed one.
    #[serde(default)]
    pub strict: bool,
}

/// The guest has installed the last filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ready {
    /// [`crate::VERSION`] of the guest.
    pub version: u32,
    /// [`Prepare::filter_digest`] of the filter that is now in force.
    pub filter_digest: String,
}

/// The program. Sent only after [`Ready`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// TypeScript or JavaScript.
    pub source: String,
    /// What positions in it are reported under: `/main.ts`.
    pub file: String,
    /// All randomness the run will ever have.
    pub seed: [u64; 4],
    /// Every upstream server, by both names, in order.
    pub servers: Vec<ServerName>,
    /// This run's limits.
    pub limits: Limits,
    /// Run it, or only check it.
    pub mode: Mode,
}

/// What is asked of the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Check, then run.
    Run,
    /// Check only, and list the tools it may call.
    Check,
}

/// A server's original name and the TypeScript identifier it is reached by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerName {
    /// As configured by the operator.
    pub name: String,
    /// As in `tools.<identifier>` and `/servers/<identifier>`.
    pub identifier: String,
    /// What it has besides tools.
    #[serde(default)]
    pub offers: Offers,
}

/// Asks for one server's tools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DescribeServer {
    /// The original name.
    pub server: String,
}

/// One server as a program can use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerShape {
    /// Its tools, in the order of its listing.
    pub tools: Vec<ToolShape>,
}

/// One tool as a program can call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolShape {
    /// The upstream's own name.
    pub name: String,
    /// As in `tools.<server>.<identifier>` and `/servers/<server>/<identifier>.ts`.
    pub identifier: String,
    /// `getOrder(args: { id: string }): Promise<Order>`: shown to the model when a call is wrong.
    pub signature: String,
    /// The properties of its arguments: required ones first, in the schema's order.
    pub parameters: Vec<ParameterShape>,
    /// Whether properties that are not listed may be passed.
    pub open: bool,
    /// Whether the structured result is wrapped in `{ "result": … }` and is to be unwrapped.
    pub unwrap_result: bool,
}

/// One property of a tool's arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterShape {
    /// The property's name.
    pub name: String,
    /// Whether a call without it is wrong.
    pub required: bool,
    /// The JSON types it may have; empty where the schema does not say.
    pub types: Vec<JsonType>,
    /// What may be in it.
    #[serde(default, skip_serializing_if = "Inner::is_any")]
    pub inner: Inner,
}

/// What may be in a value, as far as a literal in a program can be compared with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Inner {
    /// The schema does not say, or more than fits here.
    #[default]
    Any,
    /// One of these scalars, each as JSON text.
    Values(Vec<String>),
    /// An array's elements, all alike.
    Items(Box<ValueShape>),
    /// An object's properties.
    Properties(ObjectShape),
}

impl Inner {
    /// Whether nothing is said.
    #[must_use]
    pub const fn is_any(&self) -> bool {
        matches!(self, Self::Any)
    }
}

/// A value that has no name of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueShape {
    /// As in [`ParameterShape::types`].
    pub types: Vec<JsonType>,
    /// As in [`ParameterShape::inner`].
    #[serde(default, skip_serializing_if = "Inner::is_any")]
    pub inner: Inner,
}

/// An object inside the arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectShape {
    /// Its listed properties.
    pub properties: Vec<ParameterShape>,
    /// Whether the schema forbids others in so many words.
    pub closed: bool,
}

/// The types of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JsonType {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number without fraction.
    Integer,
    /// Any number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// Calls a tool. Both names are the original ones. The guest writes the arguments as raw JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCall<A = serde_json::Map<String, serde_json::Value>> {
    /// The server's name.
    pub server: String,
    /// The tool's name.
    pub tool: String,
    /// One JSON object.
    pub arguments: A,
}

/// Why a tool call has no result: the `data` of the JSON-RPC error; its `message` is written for the model.
/// (A result with `isError` is a result, and the guest throws it.)
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolFailure {
    /// What went wrong.
    pub code: ToolFailureCode,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// What would work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The kinds of [`ToolFailure`]. A program finds them as `error.code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolFailureCode {
    /// There is no such server.
    UnknownServer,
    /// The server has no such tool.
    UnknownTool,
    /// The server has no resources, or no prompts.
    NotOffered,
    /// The arguments do not fit the tool's schema.
    InvalidArguments,
    /// The policy says no.
    Denied,
    /// A limit of this run.
    Limit,
    /// The server is not running, or died during the call.
    Unavailable,
    /// The server did not answer in time.
    Timeout,
    /// The server answered with a protocol error, or not with a result.
    Upstream,
}

/// A path in the program's tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Path {
    /// Absolute, `/servers/shop/getOrder.ts`.
    pub path: String,
}

/// A file's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileText {
    /// All of it.
    pub text: String,
}

/// Which directory to list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListDirectory {
    /// Absolute, `/servers/shop`.
    pub path: String,
    /// Also the directories in it: names are then paths from it.
    pub recursive: bool,
}

/// What a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileState {
    /// Whether it is a directory.
    pub directory: bool,
    /// Of a file, bytes of UTF-8; of a directory 0.
    pub size: u64,
}

/// A directory's entries, sorted by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// The entries.
    pub entries: Vec<Entry>,
}

/// One entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Whether it is a directory.
    pub directory: bool,
}

/// Asks to be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sleep {
    /// After this many milliseconds.
    pub ms: u64,
}

/// A word of progress, for the host as the program runs. At most [`crate::limits::EMITS`] in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emit {
    /// At most [`crate::limits::EMIT_BYTES`] bytes of it.
    pub text: String,
}

/// One line for the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsoleWrite {
    /// Which method of `console`.
    pub level: Level,
    /// What it printed.
    pub text: String,
}

/// The levels of `console`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// `console.debug`, `trace`
    Debug,
    /// `console.log`, `table`, `dir`, …
    Log,
    /// `console.info`
    Info,
    /// `console.warn`
    Warn,
    /// `console.error`, `assert`
    Error,
}

/// The end of a program, well or not. The last frame but for faults.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finished {
    /// How it ended.
    pub outcome: Outcome,
    /// What the check found that did not keep it from running.
    #[serde(default)]
    pub warnings: Vec<Finding>,
    /// Tools the program names, for [`Mode::Check`].
    #[serde(default)]
    pub manifest: Vec<ToolName>,
    /// Where the program takes a server or a tool in a way that the text does not name: it may call any tool of it.
    /// Empty where the manifest is all.
    #[serde(default)]
    pub dynamic: Vec<Position>,
    /// What it used.
    pub usage: Usage,
}

/// How a program ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// With a value; `None` is `undefined`.
    Value(Option<Box<RawValue>>),
    /// With an error of its own.
    Error(ProgramError),
    /// Checked only, and nothing was wrong.
    Checked,
}

/// What went wrong in a program, as the model is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramError {
    /// What kind.
    pub kind: ProgramErrorKind,
    /// What went wrong, for a model to read.
    pub message: String,
    /// Where, in the TypeScript.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Position>,
    /// The line, with a marker below the column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// What would work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Call stack, innermost first: `name (/main.ts:3:5)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<String>,
    /// Which rule of the check was broken, where the check found it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// More findings of the same check.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<Finding>,
}

/// The kinds of [`ProgramError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProgramErrorKind {
    /// It does not parse, or uses syntax that is not supported.
    Syntax,
    /// It names a server, tool, module or argument that does not exist.
    Check,
    /// It threw.
    Exception,
    /// A promise was rejected and nobody handled it.
    UnhandledRejection,
    /// It threw the error of a tool call.
    Tool,
    /// Its main promise can never settle: nothing is left that could.
    Stalled,
    /// Its value cannot be written as JSON (a cycle, a BigInt, …).
    Value,
    /// It used up its instructions.
    InstructionLimit,
    /// It called itself too deeply.
    RecursionLimit,
    /// Its value, or one call's arguments, or its source nesting is too large.
    SizeLimit,
}

/// One finding of the check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Error or warning.
    pub severity: Severity,
    /// A short stable name: `unknown-tool`, `missing-argument`, `unawaited-call`, `syntax`.
    pub rule: String,
    /// What is wrong, for a model to read.
    pub message: String,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Position>,
    /// The line, with a marker below the column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// What would work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The program is not run.
    Error,
    /// It is.
    Warning,
}

/// A place in a source text. Lines and columns count from 1; columns count UTF-16 units, as editors do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Which file, `/main.ts`.
    pub file: String,
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

/// A tool by its original names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolName {
    /// The server's.
    pub server: String,
    /// The tool's.
    pub tool: String,
}

/// What a run used, as the guest counts it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Bytecode instructions.
    pub instructions: u64,
    /// The largest extent of the heap, bytes.
    pub memory_bytes: u64,
}

/// The end of a guest that could not go on. Written by hooks that can take no memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happened.
    pub kind: FaultKind,
    /// Where, or how much, when the hook knows.
    #[serde(default)]
    pub message: String,
}

/// The kinds of [`Fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The arena is full.
    Memory,
    /// The stack is full.
    Stack,
    /// The engine or the guest broke one of its own rules: our fault, not the program's.
    Panic,
    /// A memory fault that is not the stack's: our fault, not the program's.
    Crash,
}
