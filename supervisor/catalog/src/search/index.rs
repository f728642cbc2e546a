//! BM25 over weighted fields: how often a term occurs in a tool's name counts more than in a parameter's words.
//!
//! Written here because the field weights belong inside the frequency (as in BM25F), because equal scores must
//! rank by name every time, and because it is this short.

use super::tokens::terms;
use crate::server::Server;
use crate::suggest;
use crate::tool::Tool;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const NAME: f32 = 3.0;
const TITLE: f32 = 2.0;
const DESCRIPTION: f32 = 1.0;
const SERVER: f32 = 1.0;
const PARAMETER: f32 = 0.5;

/// How fast repeating a term stops helping.
const K1: f32 = 1.2;
/// How much a long text counts against a tool.
const B: f32 = 0.5;

/// Most terms taken from one tool. The largest real definition has about as many.
const MAX_TERMS: usize = 20_000;
/// Most terms taken from a query.
const MAX_QUERY_TERMS: usize = 64;
/// Schemas inside each other whose properties are indexed.
const MAX_DEPTH: usize = 6;
/// Tools that fit worse than this part of the best are not results: they share one common word with the query.
const RELEVANT: f32 = 0.25;
/// Added for a query that is a tool's name.
const NAMED: f32 = 1_000.0;

/// A tool: the places of its server and of itself.
pub(crate) type Place = (usize, usize);

#[derive(Debug, Default)]
pub(crate) struct Index {
    /// For each term, the tools that have it, with how well it fits each.
    postings: HashMap<String, Vec<(u32, f32)>>,
    places: Vec<Place>,
    /// Names without case and punctuation.
    names: HashMap<String, Vec<u32>>,
}

impl Index {
    pub(crate) fn build(servers: &[Server]) -> Self {
        let mut index = Self::default();
        let mut documents: Vec<(BTreeMap<String, f32>, f32)> = Vec::new();
        for (at_server, server) in servers.iter().enumerate() {
            for (at_tool, tool) in server.tools.iter().enumerate() {
                let Ok(number) = u32::try_from(documents.len()) else { return index };
                index.places.push((at_server, at_tool));
                for name in BTreeSet::from([letters(&tool.name), letters(&tool.identifier)]) {
                    index.names.entry(name).or_default().push(number);
                }
                documents.push(document(server, tool));
            }
        }
        let mean =
            documents.iter().map(|(_, length)| length).sum::<f32>() / as_weight(documents.len().max(1));
        for ((frequencies, length), number) in documents.into_iter().zip(0..) {
            for (term, frequency) in frequencies {
                let fit = frequency * (K1 + 1.0) / (frequency + K1 * (1.0 - B + B * length / mean));
                index.postings.entry(term).or_default().push((number, fit));
            }
        }
        index
    }

    /// The tools that fit `query`, best first, equal ones in the order of their places.
    pub(crate) fn rank(&self, query: &str) -> Vec<Place> {
        let mut scores: HashMap<u32, f32> = HashMap::new();
        for (term, times) in counted(terms(query)) {
            let Some(postings) = self.postings.get(&term) else { continue };
            let (all, having) = (as_weight(self.places.len()), as_weight(postings.len()));
            let rarity = (1.0 + (all - having + 0.5) / (having + 0.5)).ln();
            for (number, fit) in postings {
                *scores.entry(*number).or_default() += times.min(2.0) * rarity * fit;
            }
        }
        for number in self.names.get(&letters(query)).into_iter().flatten() {
            *scores.entry(*number).or_default() += NAMED;
        }
        let mut ranked: Vec<(u32, f32)> = scores.into_iter().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let enough = ranked.first().map_or(0.0, |(_, best)| (best % NAMED) * RELEVANT);
        ranked.retain(|(_, score)| *score >= enough);
        ranked
            .iter()
            .filter_map(|(number, _)| self.places.get(usize::try_from(*number).ok()?).copied())
            .collect()
    }

    /// `query` with each unknown term replaced by the nearest known one; nothing where none is near.
    pub(crate) fn corrected(&self, query: &str) -> Option<String> {
        let near = |term: &String| {
            let first = term.chars().next();
            let alike = |known: &&str| {
                known.chars().next() == first && known.len().abs_diff(term.len()) <= term.len() / 3
            };
            let known = self.postings.keys().map(String::as_str).filter(alike);
            suggest::nearest(term, known, 1).first().map(|it| (*it).to_owned())
        };
        let corrected: Vec<String> = terms(query).iter().take(8).filter_map(near).collect();
        (!corrected.is_empty()).then(|| corrected.join(" "))
    }
}

/// A tool's terms with their weighted frequencies, and its weighted length.
fn document(server: &Server, tool: &Tool) -> (BTreeMap<String, f32>, f32) {
    let mut frequencies: BTreeMap<String, f32> = BTreeMap::new();
    let mut left = MAX_TERMS;
    let mut add = |text: &str, weight: f32| {
        for term in terms(text).into_iter().take(left) {
            *frequencies.entry(term).or_default() += weight;
            left -= 1;
        }
    };
    add(&tool.name, NAME);
    add(&tool.title, TITLE);
    add(&server.name, SERVER);
    add(&tool.description, DESCRIPTION);
    parameter_words(&tool.input_schema(), 0, &mut |text| add(text, PARAMETER));
    let length = frequencies.values().sum();
    (frequencies, length)
}

/// Names and descriptions of properties, at any place inside the schema.
fn parameter_words(schema: &Value, depth: usize, add: &mut impl FnMut(&str)) {
    let Value::Object(keywords) = schema else { return };
    if depth > MAX_DEPTH {
        return;
    }
    for (name, of) in keywords.get("properties").and_then(Value::as_object).into_iter().flatten() {
        add(name);
        ["title", "description"].iter().filter_map(|key| of.get(*key)?.as_str()).for_each(&mut *add);
        parameter_words(of, depth + 1, add);
    }
    let inside = ["items", "$defs", "definitions", "allOf", "oneOf", "anyOf"];
    for value in inside.iter().filter_map(|key| keywords.get(*key)) {
        match value {
            Value::Array(members) => {
                members.iter().for_each(|member| parameter_words(member, depth + 1, add))
            }
            Value::Object(named) if !named.contains_key("type") && !named.contains_key("properties") => {
                members_of(named).for_each(|member| parameter_words(member, depth + 1, add));
            }
            one => parameter_words(one, depth + 1, add),
        }
    }
}

fn members_of(named: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    named.values().filter(|value| value.is_object())
}

fn counted(terms: Vec<String>) -> BTreeMap<String, f32> {
    let mut counts = BTreeMap::new();
    for term in terms.into_iter().take(MAX_QUERY_TERMS) {
        *counts.entry(term).or_default() += 1.0;
    }
    counts
}

fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(256).collect()
}

/// A count as a weight; exact up to 16 million, which is more tools than any index has.
#[expect(clippy::cast_precision_loss, reason = "a score needs no more than 24 bits of a count")]
fn as_weight(count: usize) -> f32 {
    count as f32
}
