//! One shape for everything that can be wrong with a configuration.

use std::ops::Range;
use std::path::Path;

/// A configuration that cannot be used: where, what, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {what}\n  {remedy}")]
pub(crate) struct ConfigError {
    /// `file`, `file:line:column`; lines and columns count from 1, columns count characters.
    pub(crate) place: String,
    /// What is wrong.
    pub(crate) what: String,
    /// What to do.
    pub(crate) remedy: String,
}

impl ConfigError {
    /// About a file as a whole.
    pub(super) fn of_file(path: &Path, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { place: path.display().to_string(), what: what.into(), remedy: remedy.into() }
    }

    /// About a place in a file, by bytes of its text.
    pub(super) fn at(path: &Path, text: &str, span: &Range<usize>, what: String, remedy: String) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        Self { place: format!("{}:{line}:{column}", path.display()), what, remedy }
    }

    /// About a line and a column that a parser counted.
    pub(super) fn at_line(path: &Path, line: usize, column: usize, what: String, remedy: String) -> Self {
        Self { place: format!("{}:{line}:{column}", path.display()), what, remedy }
    }
}
