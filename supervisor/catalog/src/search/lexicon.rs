//! Every term of a catalog, with a number.

use super::tokens::{term, words};
use super::words::{POLITE, SYNONYMS};
use crate::suggest;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Every term of a catalog, and what English knows of some.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    /// In alphabetical order, so that those with one first letter are beside each other.
    numbers: BTreeMap<String, u32>,
    synonyms: HashMap<String, Vec<u32>>,
    polite: BTreeSet<String>,
}

/// A lexicon while texts are read. Most words of a catalog come again and again, and are looked at once.
#[derive(Debug, Default)]
pub(super) struct Reader {
    numbers: BTreeMap<String, u32>,
    seen: HashMap<String, Option<u32>>,
}

impl Reader {
    /// Adds the numbers of the terms of `text`, at most so many that `into` holds `most`.
    pub(super) fn read(&mut self, text: &str, into: &mut Vec<u32>, most: usize) {
        words(text, &mut |word| {
            let number = match self.seen.get(word) {
                Some(number) => *number,
                None => self.meet(word),
            };
            into.extend(number.filter(|_| into.len() < most));
        });
    }

    fn meet(&mut self, word: &str) -> Option<u32> {
        let next = u32::try_from(self.numbers.len()).ok().filter(|next| *next < u32::MAX - 1);
        let number = match (term(word), next) {
            (Some(term), Some(next)) => Some(*self.numbers.entry(term).or_insert(next)),
            _ => None,
        };
        self.seen.insert(word.to_owned(), number);
        number
    }

    pub(super) fn finish(self) -> Lexicon {
        let mut lexicon = Lexicon { numbers: self.numbers, ..Lexicon::default() };
        lexicon.polite = POLITE.iter().filter_map(|word| term(word)).collect();
        for group in SYNONYMS {
            let group: Vec<String> = group.split(' ').filter_map(term).collect();
            for one in &group {
                let others = group.iter().filter(|other| *other != one);
                let known: Vec<u32> = others.filter_map(|other| lexicon.number(other)).collect();
                lexicon.synonyms.entry(one.clone()).or_default().extend(known);
            }
        }
        lexicon
    }
}

impl Lexicon {
    /// Where `term` is known.
    pub(super) fn number(&self, term: &str) -> Option<u32> {
        self.numbers.get(term).copied()
    }

    /// Known terms that mean much the same.
    pub(super) fn synonyms(&self, term: &str) -> &[u32] {
        self.synonyms.get(term).map_or(&[], Vec::as_slice)
    }

    /// Whether `term` belongs to the asking rather than to what is asked for.
    pub(super) fn is_polite(&self, term: &str) -> bool {
        self.polite.contains(term)
    }

    /// `term`, where it is known, or the nearest known one with the same first letter.
    pub(super) fn nearest(&self, term: &str) -> Option<&str> {
        if let Some((known, _)) = self.numbers.get_key_value(term) {
            return Some(known);
        }
        let first = term.get(..term.chars().next()?.len_utf8())?;
        let alike = self.numbers.range(first.to_owned()..).map(|(known, _)| known.as_str());
        let alike = alike.take_while(|known| known.starts_with(first));
        let alike = alike.filter(|known| known.len().abs_diff(term.len()) <= term.len() / 3);
        suggest::nearest(term, alike, 1).first().copied()
    }
}
