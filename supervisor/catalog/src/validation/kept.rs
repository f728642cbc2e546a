//! The compiled schemas of the tools that were called last.

use super::Validation;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Definitions of the tools whose schemas are kept compiled, bytes of JSON.
const MAX_BYTES: usize = 4 << 20;
/// And how many: a small one takes its place too.
const MAX_TOOLS: usize = 1_000;

/// A schema that is compiled by who first needs it, while the others wait.
pub(crate) type Slot = Arc<OnceLock<Validation>>;

#[derive(Debug)]
struct Entry {
    /// Places of a server and of a tool.
    of: (usize, usize),
    bytes: usize,
    slot: Slot,
}

/// Compiled schemas, the last used at the end.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Vec<Entry>>);

impl Kept {
    /// The slot of a tool whose definition has so many bytes. The longest unused ones make room.
    pub(crate) fn slot(&self, of: (usize, usize), bytes: usize) -> Slot {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = entries.iter().position(|entry| entry.of == of).map(|at| entries.remove(at));
        let entry = known.unwrap_or_else(|| Entry { of, bytes, slot: Slot::default() });
        let slot = Arc::clone(&entry.slot);
        entries.push(entry);
        let mut all: usize = entries.iter().map(|entry| entry.bytes).sum();
        let mut gone = 0;
        for entry in entries.iter().take(entries.len() - 1) {
            if all <= MAX_BYTES && entries.len() - gone <= MAX_TOOLS {
                break;
            }
            all -= entry.bytes;
            gone += 1;
        }
        entries.drain(..gone);
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::{Kept, MAX_BYTES, MAX_TOOLS};
    use std::sync::Arc;

    #[test]
    fn what_was_not_used_for_longest_makes_room() {
        let kept = Kept::default();
        let first = kept.slot((0, 0), 10);
        (1..MAX_TOOLS).for_each(|tool| drop(kept.slot((0, tool), 10)));
        assert!(Arc::ptr_eq(&first, &kept.slot((0, 0), 10)));
        kept.slot((1, 0), 10);
        assert!(Arc::ptr_eq(&first, &kept.slot((0, 0), 10)));
        kept.slot((2, 0), MAX_BYTES);
        assert!(!Arc::ptr_eq(&first, &kept.slot((0, 0), 10)));
    }
}
