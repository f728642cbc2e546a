//! From a place in generated code back to the TypeScript.

use guest_protocol::message::Position;

/// Where each place of generated code comes from.
pub(crate) struct Map {
    file: String,
}

impl Map {
    pub(super) fn new(file: &str) -> Self {
        Self { file: file.to_owned() }
    }

    /// The original place of a generated line and column, both from 1.
    pub(crate) fn position(&self, line: u32, column: u32) -> Option<Position> {
        Some(Position { file: self.file.clone(), line, column })
    }

    /// The original line with a marker below the column.
    pub(crate) fn excerpt(&self, _at: &Position) -> Option<String> {
        None
    }

    /// The call or member expression at an original place.
    pub(crate) fn expression_at(&self, _at: &Position) -> Option<String> {
        None
    }
}
