//! What a program printed: its first lines and its last ones, however much it prints between. What is printed before
//! an error is often all there is to find it by.

use crate::report::LogLine;
use guest_protocol::limits::{CONSOLE_LATE_BYTES, CONSOLE_WRITTEN_PER_KEPT};
use guest_protocol::message::{ConsoleWrite, Level};
use std::collections::VecDeque;

/// What a line takes beside its text: the line break.
const LINE_BREAK: usize = 1;

/// The console of one run.
#[derive(Debug, Default)]
pub(crate) struct Console {
    first: Vec<LogLine>,
    first_bytes: usize,
    last: VecDeque<LogLine>,
    last_bytes: usize,
    written: usize,
    left_out: usize,
}

impl Console {
    /// Takes one line. `kept` bytes are kept in all: one half from the start, one from the end.
    ///
    /// # Errors
    /// When the guest writes more than an honest one does.
    pub(crate) fn write(&mut self, line: ConsoleWrite, kept: usize) -> Result<(), String> {
        let size = line.text.len() + LINE_BREAK;
        self.written += size;
        if self.written > kept.saturating_mul(CONSOLE_WRITTEN_PER_KEPT) + CONSOLE_LATE_BYTES {
            return Err(format!("more than {CONSOLE_WRITTEN_PER_KEPT} times {kept} bytes on the console"));
        }
        if size > kept + CONSOLE_LATE_BYTES {
            return Err(format!("a line of {size} bytes on the console"));
        }
        self.keep(LogLine { level: line.level, text: line.text }, kept);
        Ok(())
    }

    /// Takes one line that is bounded elsewhere.
    pub(crate) fn keep(&mut self, line: LogLine, kept: usize) {
        let size = line.text.len() + LINE_BREAK;
        if self.last.is_empty() && self.first_bytes + size <= kept / 2 {
            self.first_bytes += size;
            self.first.push(line);
            return;
        }
        self.last_bytes += size;
        self.last.push_back(line);
        while self.last_bytes > kept / 2 && self.last.len() > 1 {
            let Some(oldest) = self.last.pop_front() else { break };
            self.last_bytes -= oldest.text.len() + LINE_BREAK;
            self.left_out += 1;
        }
    }

    /// The lines that were kept, with one that says how many are missing where they are.
    pub(crate) fn lines(self) -> Vec<LogLine> {
        let mut lines = self.first;
        if self.left_out > 0 {
            let text = format!(
                "[{} lines are left out here: of all that a run prints, {} bytes, its start and its end are kept]",
                self.left_out, self.written
            );
            lines.push(LogLine { level: Level::Warn, text });
        }
        lines.extend(self.last);
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::Console;
    use guest_protocol::message::{ConsoleWrite, Level};

    fn written(texts: impl IntoIterator<Item = String>, kept: usize) -> Result<Vec<String>, String> {
        let mut console = Console::default();
        for text in texts {
            console.write(ConsoleWrite { level: Level::Log, text }, kept)?;
        }
        Ok(console.lines().into_iter().map(|line| line.text).collect())
    }

    #[test]
    fn what_fits_is_kept_whole() {
        let lines: Vec<String> = (0..10).map(|n| format!("line {n}")).collect();
        assert_eq!(written(lines.clone(), 140), Ok(lines));
    }

    #[test]
    fn of_more_the_start_and_the_end_are_kept() {
        let lines = written((0..1_000).map(|n| format!("line {n:03}")), 180).expect("an honest guest");
        assert_eq!(lines.len(), 21, "ten, the one that says so, and ten");
        assert_eq!(lines.first().map(String::as_str), Some("line 000"));
        assert!(lines.get(10).is_some_and(|line| line.contains("980 lines") && line.contains("9000 bytes")));
        assert_eq!(lines.last().map(String::as_str), Some("line 999"));
    }

    #[test]
    fn a_guest_that_writes_without_end_is_stopped() {
        assert!(written((0..).map(|_| "x".repeat(1_000)), 10_000).is_err());
        assert!(written(["x".repeat(1_000_000)], 10_000).is_err());
    }

    #[test]
    fn nothing_but_long_lines_is_bounded_too() {
        let lines = written((0..20).map(|_| "x".repeat(9_000)), 10_000).expect("an honest guest");
        assert!(lines.iter().map(String::len).sum::<usize>() < 20_000);
    }
}
