//! JSON Schema as TypeScript: [`lower`] makes types of a schema, [`print`] writes them out in full, [`compact`] on
//! one line, [`parameters`] and [`example`] take out what a call needs.

mod compact;
mod cycles;
mod example;
mod inner;
mod lower;
mod parameters;
mod print;
mod types;
mod words;

pub(crate) use compact::signature;
pub(crate) use example::{example, example_arguments};
pub use lower::Unknowns;
pub(crate) use lower::{Bounds, Declarations, lower, resolve};
pub(crate) use parameters::parameters;
pub(crate) use print::{comment, declaration};
pub(crate) use types::{Declaration, Doc, Object, Others, Type};
pub(crate) use words::{clean, first_sentence};
