//! Where compiled code comes from: positions in the engine's code, as positions in what was written.

use crate::source::Map;
use guest_protocol::message::Position;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What every module starts with. The engine panics when a module that awaits is refused something (its last
/// instruction, one more call) before its first await; after it, that is an error like any other.
const FIRST: &str = "await 0;";

/// The maps of every compiled file of the run.
#[derive(Default)]
pub(crate) struct Sources(RefCell<BTreeMap<String, Map>>);

impl Sources {
    /// Remembers how to read positions in `file`; the code to run.
    pub(crate) fn add(&self, file: &str, code: &str, map: Map) -> String {
        self.0.borrow_mut().insert(file.into(), map);
        format!("{FIRST}{code}")
    }

    /// The place in the source, of a place in the code compiled from it.
    pub(crate) fn position(&self, file: &str, line: u32, column: u32) -> Option<Position> {
        let shift = if line == 1 { u32::try_from(FIRST.len()).unwrap_or(0) } else { 0 };
        let column = column.saturating_sub(shift).max(1);
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
