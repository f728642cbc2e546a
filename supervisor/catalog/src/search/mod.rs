//! Finding tools by words. [`Index`] is made of every tool, `rank` reads a query, the rest is what is asked and what
//! is answered.

mod answer;
mod document;
mod index;
mod lexicon;
mod postings;
mod rank;
mod tokens;
mod weights;
mod words;

pub use answer::{Coverage, Detail, SearchAnswer, SearchHit, SearchRequest, ServerHit, Unavailable};
pub(crate) use index::Index;
