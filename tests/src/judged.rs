//! Queries of which people said what should be found, and how good a ranking of them is.
//!
//! A set is a folder as of BEIR: `corpus.jsonl` (tools), `queries.jsonl`, `qrels.tsv`.

use crate::catalogs::{self, Offer};
use catalog::{Catalog, Detail, SearchRequest, ServerDefinitions, ToolText};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Names the folder with the sets.
pub const FOLDER_VARIABLE: &str = "OUBLIETTE_RETRIEVAL";
/// The sets.
pub const SETS: [&str; 3] = ["bfcl_v4_pooled", "metatool_single", "metatool_multi"];
/// The name under which the tools of a set are searched.
const SERVER: &str = "tools";
/// Results that are looked at.
const DEPTH: usize = 10;

/// One set.
#[derive(Debug)]
pub struct Judged {
    /// Its folder's name.
    pub name: String,
    /// Its tools, as definitions.
    pub tools: Vec<Value>,
    /// Its queries.
    pub queries: Vec<Query>,
}

/// One query.
#[derive(Debug, Clone, Deserialize)]
pub struct Query {
    /// Unique in its set.
    #[serde(rename = "_id")]
    pub id: String,
    /// What is asked.
    pub text: String,
    /// The names of the tools that should be found.
    #[serde(skip)]
    pub relevant: BTreeSet<String>,
}

/// Weights are chosen by the queries of one half, and reported for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// Looked at while weights are chosen.
    Tuned,
    /// Never looked at while weights are chosen.
    Held,
}

/// How good a ranking is, each from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// The mean part of the relevant tools that is among the first five results.
    pub recall_5: f64,
    /// Normalised discounted cumulative gain of the first ten results.
    pub ndcg_10: f64,
}

impl Judged {
    /// One of [`SETS`].
    ///
    /// # Errors
    /// Where there is no such folder, or a file cannot be understood.
    pub fn set(name: &str) -> Result<Self, String> {
        Self::read(name, &catalogs::beside(FOLDER_VARIABLE, "retrieval")?.join(name))
    }

    /// The small set that is part of the project.
    ///
    /// # Errors
    /// Where a file cannot be understood.
    pub fn sample() -> Result<Self, String> {
        Self::read("sample", &crate::binaries::workspace().join("tests/benches/sample"))
    }

    fn read(name: &str, folder: &Path) -> Result<Self, String> {
        let mut queries: Vec<Query> = lines(&folder.join("queries.jsonl"))?;
        let mut relevant: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        let judgements = text(&folder.join("qrels.tsv"))?;
        for line in judgements.lines().skip(1) {
            let mut cells = line.split('\t');
            let (Some(query), Some(tool)) = (cells.next(), cells.next()) else { continue };
            relevant.entry(query).or_default().insert(tool.to_owned());
        }
        for query in &mut queries {
            query.relevant = relevant.remove(query.id.as_str()).unwrap_or_default();
        }
        queries.retain(|query| !query.relevant.is_empty());
        Ok(Self { name: name.to_owned(), tools: lines(&folder.join("corpus.jsonl"))?, queries })
    }

    /// The queries of one half: by a hash of the set and the query, so that nobody chooses.
    pub fn half(&self, half: Half) -> impl Iterator<Item = &Query> {
        let wanted = u64::from(half == Half::Held);
        self.queries.iter().filter(move |query| mixed(&format!("{}/{}", self.name, query.id)) % 2 == wanted)
    }

    /// The tools of the set in one catalog with those of `others`.
    #[must_use]
    pub fn catalog(&self, others: &[Offer]) -> Catalog {
        let own = ServerDefinitions {
            name: SERVER.into(),
            tools: self.tools.iter().cloned().map(ToolText::from).collect(),
            ..Default::default()
        };
        Catalog::build(std::iter::once(own).chain(others.iter().map(Offer::definitions)).collect())
    }
}

/// The first results of a search; those of other servers have names that are no tool's.
#[must_use]
pub fn searched(catalog: &Catalog, query: &Query) -> Vec<String> {
    let request = SearchRequest {
        query: query.text.clone(),
        detail: Detail::Names,
        limit: Some(DEPTH),
        ..Default::default()
    };
    let name = |hit: catalog::SearchHit| if hit.server == SERVER { hit.tool } else { hit.call };
    catalog.search(&request).results.into_iter().map(name).collect()
}

/// How good the rankings of these queries are. The formulas are those of trec_eval's `recall` and `ndcg_cut`
/// with binary judgements.
pub fn figures<'q>(
    queries: impl Iterator<Item = &'q Query>,
    rank: impl Fn(&Query) -> Vec<String>,
) -> Figures {
    let (mut count, mut recall, mut ndcg) = (0.0, 0.0, 0.0);
    for query in queries {
        let gains: Vec<f64> = rank(query)
            .iter()
            .take(DEPTH)
            .map(|tool| f64::from(u8::from(query.relevant.contains(tool))))
            .collect();
        let ideal = vec![1.0; query.relevant.len().min(DEPTH)];
        count += 1.0;
        recall += gains.iter().take(5).sum::<f64>() / query.relevant.iter().map(|_| 1.0).sum::<f64>();
        ndcg += discounted(&gains) / discounted(&ideal);
    }
    Figures { recall_5: recall / count, ndcg_10: ndcg / count }
}

fn discounted(gains: &[f64]) -> f64 {
    gains.iter().zip(2_u32..).map(|(gain, place)| gain / f64::from(place).log2()).sum()
}

/// FNV-1a, and a round of MurmurHash3's finaliser: the names of queries differ in their last digits only.
fn mixed(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (hash ^ (hash >> 33)) >> 32
}

fn text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, String> {
    let read =
        |line: &str| serde_json::from_str(line).map_err(|error| format!("{}: {error}", path.display()));
    text(path)?.lines().map(read).collect()
}
