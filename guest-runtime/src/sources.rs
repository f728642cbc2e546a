//! Where compiled code comes from: positions in the engine's code, as positions in what was written.

use crate::source::Map;
use guest_protocol::message::Position;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The maps of every compiled file of the run.
#[derive(Default)]
pub(crate) struct Sources(RefCell<BTreeMap<String, Map>>);

impl Sources {
    /// Remembers how to read positions in `file`.
    pub(crate) fn add(&self, file: &str, map: Map) {
        self.0.borrow_mut().insert(file.into(), map);
    }

    /// The place in the source, of a place in the code compiled from it.
    pub(crate) fn position(&self, file: &str, line: u32, column: u32) -> Option<Position> {
        self.0.borrow().get(file)?.position(line, column)
    }

    /// The line at `position`, with a marker below the column.
    pub(crate) fn excerpt(&self, position: &Position) -> Option<String> {
        self.0.borrow().get(&position.file)?.excerpt(position)
    }

    /// The expression that is called or accessed at `position`.
    pub(crate) fn expression_at(&self, position: &Position) -> Option<String> {
        self.0.borrow().get(&position.file)?.expression_at(position)
    }
}
