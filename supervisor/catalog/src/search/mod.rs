//! Finding tools by words. [`Index`] ranks, the rest is what is asked and what is answered.

mod answer;
mod index;
mod tokens;

pub use answer::{Coverage, Detail, SearchAnswer, SearchHit, SearchRequest, ServerHit, Unavailable};
pub(crate) use index::Index;
