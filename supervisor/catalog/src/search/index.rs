//! BM25 over weighted fields: how often a term occurs in a tool's name counts more than in a parameter's words.
//!
//! Written here because field weights and lengths belong inside the frequency (BM25F), because neighbours and
//! synonyms are scored in the same walk, because equal scores must rank by place every time, and because it is
//! this short. How a query is read is in `rank.rs`.

use super::document::fields;
use super::lexicon::{Lexicon, Reader};
use super::postings::{Fit, Key, Postings};
use super::weights::{FIELDS, K1, MAX_REPEATED};
use crate::server::Server;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Most terms taken from one field of a tool. The largest real definition has about as many.
const MAX_TERMS: usize = 20_000;
/// The field of a tool's name.
const NAME: usize = 1;
/// The fields whose neighbours are indexed: the name and the description.
const PAIRED: [usize; 2] = [NAME, 3];

/// A tool: the places of its server and of itself.
pub(crate) type Place = (usize, usize);

/// For each field, the numbers of its terms in order.
type Document = [Vec<u32>; FIELDS.len()];

/// Every tool, by what is said of it.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(super) lexicon: Lexicon,
    pub(super) postings: Postings,
    pub(super) places: Vec<Place>,
    /// How rare the terms of each tool's name are, together.
    pub(super) rarities: Vec<f32>,
    /// Names without case and punctuation.
    pub(super) names: HashMap<String, Vec<u32>>,
}

impl Index {
    pub(crate) fn build(servers: &[Server]) -> Self {
        let mut index = Self::default();
        let mut reader = Reader::default();
        let mut documents: Vec<Document> = Vec::new();
        for (at_server, server) in servers.iter().enumerate() {
            for (at_tool, tool) in server.tools.iter().enumerate() {
                let Ok(number) = u32::try_from(documents.len()) else { break };
                index.places.push((at_server, at_tool));
                for name in BTreeSet::from([letters(&tool.name), letters(&tool.identifier)]) {
                    index.names.entry(name).or_default().push(number);
                }
                let mut document = Document::default();
                fields(server, tool, &mut |field, text| {
                    document.get_mut(field).into_iter().for_each(|terms| reader.read(text, terms, MAX_TERMS));
                });
                documents.push(document);
            }
        }
        index.lexicon = reader.finish();
        index.postings = fits(&documents);
        index.rarities = documents.iter().map(|document| index.rarity_of(&named(document))).collect();
        index
    }

    /// The weight of a key that few tools have, as BM25 has it; never negative.
    pub(super) fn rarity(&self, key: Key) -> f32 {
        let (all, having) = (as_weight(self.places.len()), as_weight(self.postings.of(key).len()));
        (1.0 + (all - having + 0.5) / (having + 0.5)).ln()
    }

    fn rarity_of(&self, terms: &BTreeSet<u32>) -> f32 {
        terms.iter().map(|term| self.rarity(Key::term(*term))).sum()
    }
}

/// The different terms of a tool's name.
fn named(document: &Document) -> BTreeSet<u32> {
    document.get(NAME).into_iter().flatten().copied().collect()
}

/// How well each document fits each of its keys.
fn fits(documents: &[Document]) -> Postings {
    let mut means = [0.0; FIELDS.len()];
    for (field, mean) in means.iter_mut().enumerate() {
        let lengths = documents.iter().filter_map(|document| Some(document.get(field)?.len()));
        *mean = as_weight(lengths.sum()) / as_weight(documents.len().max(1));
    }
    let mut all = Vec::new();
    for (document, tool) in documents.iter().zip(0..) {
        for (key, frequency) in frequencies(document, &means) {
            all.push((key, Fit { tool, fit: frequency * (K1 + 1.0) / (frequency + K1) }));
        }
        all.extend(named(document).into_iter().map(|term| (Key::named(term), Fit { tool, fit: 1.0 })));
    }
    Postings::new(all)
}

/// The weighted frequency of every key of a document.
fn frequencies(document: &Document, means: &[f32; FIELDS.len()]) -> BTreeMap<Key, f32> {
    let mut frequencies = BTreeMap::new();
    for (at, ((terms, mean), field)) in document.iter().zip(means).zip(&FIELDS).enumerate() {
        let mut counts: BTreeMap<Key, f32> = BTreeMap::new();
        for term in terms {
            *counts.entry(Key::term(*term)).or_default() += 1.0;
        }
        if PAIRED.contains(&at) {
            for pair in terms.windows(2) {
                let [first, second] = pair else { continue };
                *counts.entry(Key::pair(*first, *second)).or_default() += 1.0;
            }
        }
        let long = 1.0 - field.length + field.length * as_weight(terms.len()) / mean.max(f32::MIN_POSITIVE);
        for (key, count) in counts {
            *frequencies.entry(key).or_default() += field.weight * count.min(MAX_REPEATED) / long;
        }
    }
    frequencies
}

/// A name without case and punctuation.
pub(super) fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(256).collect()
}

/// A count as a weight; exact up to 16 million, which is more tools than any index has.
#[expect(clippy::cast_precision_loss, reason = "a score needs no more than 24 bits of a count")]
pub(super) fn as_weight(count: usize) -> f32 {
    count as f32
}
