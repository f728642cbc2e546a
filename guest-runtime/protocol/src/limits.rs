//! How much of everything one run may use, and the check that JSON stays within it before it is parsed.

use serde::{Deserialize, Serialize};

/// Words of progress in one run: hosts show the latest, and each is a message of its own. Kept by guest and monitor.
pub const EMITS: usize = 1000;
/// One word of progress, bytes of UTF-8: hosts show a line of it. The rest is cut. Kept by guest and monitor.
pub const EMIT_BYTES: usize = 4 << 10;

/// The limits of one run: the operator's `[limits]`, and [`Limits::default`] for what is not named there. A request
/// can only shorten the wall clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Wall clock of the whole run, milliseconds. Kept by the supervisor, with SIGKILL.
    pub wall_ms: u64,
    /// Processor time, seconds. Kept by the kernel (RLIMIT_CPU).
    pub cpu_s: u64,
    /// The guest's heap, bytes: the size of its arena. Kept by the guest's allocator, and by the cgroup.
    pub memory_bytes: u64,
    /// The guest's stack, bytes. Kept by the kernel (RLIMIT_STACK).
    pub stack_bytes: u64,
    /// Bytecode instructions. Kept by the engine; a second clock that does not depend on the machine.
    pub instructions: u64,
    /// Program text, bytes of UTF-8. Kept by the supervisor.
    pub source_bytes: usize,
    /// Brackets, blocks and operators inside each other in the program text. Kept by the guest, before parsing.
    pub source_depth: usize,
    /// Tool calls in one run, questions for resources and prompts among them. Kept by the monitor.
    pub calls: u32,
    /// Tool calls at the same time: the guest queues the rest. Kept by the monitor.
    pub calls_in_flight: u32,
    /// Arguments of one call, bytes of JSON. Kept by the guest and by the monitor.
    pub argument_bytes: usize,
    /// Result of one call, bytes of JSON. Kept by the supervisor.
    pub result_bytes: usize,
    /// What is kept of the console, bytes of UTF-8: one half from its start, one from its end, and said so. Kept by
    /// the monitor.
    pub console_bytes: usize,
    /// The program's value, bytes of JSON. Kept by guest and monitor.
    pub value_bytes: usize,
    /// Depth of any JSON that crosses the socket. Kept at both ends.
    pub json_depth: usize,
    /// Values in any JSON that crosses the socket. Kept at both ends.
    pub json_nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall_ms: 30_000,
            cpu_s: 10,
            memory_bytes: 256 << 20,
            stack_bytes: 64 << 20,
            instructions: 4_000_000_000,
            source_bytes: 256 << 10,
            source_depth: 500,
            calls: 256,
            calls_in_flight: 32,
            argument_bytes: 1 << 20,
            result_bytes: 64 << 20,
            console_bytes: 256 << 10,
            value_bytes: 4 << 20,
            json_depth: 128,
            json_nodes: 5_000_000,
        }
    }
}

/// Bytes that a run may write to its console for each that is kept. Of what it writes beyond, the guest holds the
/// last lines back to its end. Kept by guest and monitor.
pub const CONSOLE_WRITTEN_PER_KEPT: usize = 16;

/// Lines that a run may write to its console, the last ones included. Kept by guest and monitor.
pub const CONSOLE_LINES: u64 = 64_000;

/// The lines that a guest holds back to its end, bytes. Kept by guest and monitor.
pub const CONSOLE_LATE_BYTES: usize = 64 << 10;

/// JSON that is deeper or larger than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonTooLarge {
    /// More arrays and objects inside each other than this.
    Depth(usize),
    /// More values than this.
    Nodes(usize),
}

impl std::fmt::Display for JsonTooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Depth(bound) => write!(f, "JSON nested deeper than {bound} levels"),
            Self::Nodes(bound) => write!(f, "JSON of more than {bound} values"),
        }
    }
}

impl std::error::Error for JsonTooLarge {}

/// Counts depth and values of `json` without parsing it or taking memory. What is not JSON is left to the
/// parser to refuse: the counts are upper bounds for whatever a parser could make of the text.
///
/// # Errors
/// When a bound is broken.
pub fn check_json(json: &[u8], depth: usize, nodes: usize) -> Result<(), JsonTooLarge> {
    let (mut level, mut values, mut in_string, mut escaped) = (0_usize, 1_usize, false, false);
    for &byte in json {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => {
                level += 1;
                values += 1;
            }
            b']' | b'}' => level = level.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
        if level > depth {
            return Err(JsonTooLarge::Depth(depth));
        }
        if values > nodes {
            return Err(JsonTooLarge::Nodes(nodes));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{JsonTooLarge, check_json};

    #[test]
    fn brackets_inside_strings_are_not_depth() {
        assert_eq!(check_json(br#"{"a":"[[[[\"[["}"#, 1, 10), Ok(()));
    }

    #[test]
    fn depth_is_refused_one_above_the_bound() {
        assert_eq!(check_json(b"[[[]]]", 3, 10), Ok(()));
        assert_eq!(check_json(b"[[[[]]]]", 3, 10), Err(JsonTooLarge::Depth(3)));
    }

    #[test]
    fn many_commas_are_many_values() {
        assert_eq!(check_json(b"[0,0,0,0,0,0,0]", 3, 5), Err(JsonTooLarge::Nodes(5)));
    }
}
