//! How much of the heap is used, how much may be, and when to look for garbage.
//!
//! The heap itself is a fixed mapping ([`sys::add_to_heap`]): its size is the memory limit, and a program that
//! fills it ends with a frame that says so instead of a kill.

use crate::{fault, sys};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// Growth since the last collection at which the next safe point collects, bytes.
const COLLECT_AFTER: usize = 24 << 20;

/// The allocation that [`saw_telltale`] tells of, bytes; no allocation has none.
static TELLTALE: AtomicUsize = AtomicUsize::new(0);
static SEEN: AtomicBool = AtomicBool::new(false);
static USED: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static LIMIT: AtomicUsize = AtomicUsize::new(0);
static COLLECT_AT: AtomicUsize = AtomicUsize::new(COLLECT_AFTER);

/// Makes the heap `size` bytes large, once.
pub(crate) fn open(size: u64) -> io::Result<()> {
    let size = usize::try_from(size).map_err(io::Error::other)?;
    LIMIT.store(size, Relaxed);
    sys::add_to_heap(size)
}

/// Counts `size` bytes as used.
pub(crate) fn charge(size: usize) {
    if size == TELLTALE.load(Relaxed) {
        SEEN.store(true, Relaxed);
    }
    let used = USED.load(Relaxed).saturating_add(size);
    USED.store(used, Relaxed);
    if used > PEAK.load(Relaxed) {
        PEAK.store(used, Relaxed);
    }
}

/// Counts `size` bytes as free again.
pub(crate) fn refund(size: usize) {
    USED.store(USED.load(Relaxed).saturating_sub(size), Relaxed);
}

/// From now on remembers whether anything of exactly `size` bytes was allocated.
pub(crate) fn watch_for(size: usize) {
    TELLTALE.store(size, Relaxed);
}

/// Whether the allocation of [`watch_for`] was made.
pub(crate) fn saw_telltale() -> bool {
    SEEN.load(Relaxed)
}

/// The most that was used at once, bytes.
pub(crate) fn peak() -> u64 {
    PEAK.load(Relaxed) as u64
}

/// A safe point: collects if the heap has grown much since the last time. Boa counts only the cells of its own
/// collector; strings, array elements and buffers that dead cells hold are invisible to it.
pub(crate) fn collect_if_grown() {
    if USED.load(Relaxed) < COLLECT_AT.load(Relaxed) {
        return;
    }
    boa_gc::force_collect();
    let used = USED.load(Relaxed);
    COLLECT_AT.store(used + COLLECT_AFTER.max(used / 2), Relaxed);
}

/// Ends the run: an allocation of `size` bytes has no place.
pub(crate) fn exhausted(size: usize) -> ! {
    let limit = LIMIT.load(Relaxed) >> 20;
    fault::memory(format_args!(
        "the program ran out of memory: its heap of {limit} MiB has no room for {size} bytes more"
    ))
}
