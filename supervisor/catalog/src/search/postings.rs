//! For each term, and each pair of neighbours, the tools that have it.

/// A term, by its number in the lexicon, or two that stand beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u64);

impl Key {
    pub(super) fn term(term: u32) -> Self {
        Self(u64::from(term) << 32 | u64::from(u32::MAX))
    }

    /// A term in a tool's name.
    pub(super) fn named(term: u32) -> Self {
        Self(u64::from(term) << 32 | u64::from(u32::MAX - 1))
    }

    pub(super) fn pair(first: u32, second: u32) -> Self {
        Self(u64::from(first) << 32 | u64::from(second))
    }
}

/// How well one tool fits a key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fit {
    pub(super) tool: u32,
    pub(super) fit: f32,
}

/// One list of all fits, key after key: most keys have few, and a list of lists would be mostly pointers.
#[derive(Debug, Default)]
pub(super) struct Postings {
    keys: Vec<Key>,
    /// Where the fits of each key begin.
    starts: Vec<usize>,
    fits: Vec<Fit>,
}

impl Postings {
    /// From fits in the order of their tools.
    pub(super) fn new(mut all: Vec<(Key, Fit)>) -> Self {
        all.sort_unstable_by_key(|(key, fit)| (*key, fit.tool));
        let mut postings = Self { fits: Vec::with_capacity(all.len()), ..Self::default() };
        for (key, fit) in all {
            if postings.keys.last() != Some(&key) {
                postings.keys.push(key);
                postings.starts.push(postings.fits.len());
            }
            postings.fits.push(fit);
        }
        postings
    }

    /// The tools that have `key`, in order.
    pub(super) fn of(&self, key: Key) -> &[Fit] {
        let Ok(at) = self.keys.binary_search(&key) else { return &[] };
        let end = self.starts.get(at + 1).copied().unwrap_or(self.fits.len());
        self.starts.get(at).and_then(|start| self.fits.get(*start..end)).unwrap_or_default()
    }
}
