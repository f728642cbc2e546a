//! Whether a call's arguments fit the schema that its server gave, by the crate `jsonschema`, and what to write
//! instead. Here is what that crate leaves open: schemas that are broken ([`prepare`]), that would take for ever
//! ([`cost`]), and words that a model can act on ([`words`]).

mod broken;
mod circles;
mod cost;
mod kept;
mod path;
mod prepare;
mod slips;
mod words;

use jsonschema::{PatternOptions, ValidationOptions, Validator};
pub(crate) use kept::Kept;
use serde_json::Value;

/// Largest input schema that calls are validated by, bytes of JSON. The largest real one has 330 KB.
const MAX_SCHEMA_BYTES: usize = 1 << 20;
/// Largest compiled pattern, bytes. Matching is linear in the text, and in this.
const MAX_PATTERN_BYTES: usize = 256 << 10;
/// Calls that take more steps are told their first problem only: each takes memory.
const ALL_PROBLEMS_STEPS: u64 = 100_000;

/// Whether the arguments of a call fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// They do.
    Fit,
    /// They could not be validated, and why: the call is the server's to judge.
    Unvalidated(String),
    /// They do not: one line for each problem, at most five, and one that counts the others.
    Misfit(Vec<String>),
}

/// How well a tool's input schema could be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usable {
    /// All of it.
    Whole,
    /// But for so many places, which say nothing now.
    Partly(usize),
    /// Not at all.
    Not,
}

/// A tool's input schema, compiled.
#[derive(Debug)]
pub(crate) struct Validation {
    schema: Value,
    compiled: Result<Validator, String>,
    broken: usize,
}

impl Validation {
    /// Of a schema of so many bytes.
    pub(crate) fn new(schema: &Value, bytes: usize) -> Self {
        if bytes > MAX_SCHEMA_BYTES {
            let why =
                format!("its schema has {bytes} bytes, more than the {MAX_SCHEMA_BYTES} that are looked at");
            return Self { schema: Value::Null, compiled: Err(why), broken: 0 };
        }
        let prepare::Prepared { schema, broken } = prepare::prepare(schema);
        let compiled = options().build(&schema);
        let compiled = compiled.map_err(|error| format!("its schema is broken: {:.200}", error.to_string()));
        Self { schema, compiled, broken }
    }

    pub(crate) fn usable(&self) -> Usable {
        match (&self.compiled, self.broken) {
            (Err(_), _) => Usable::Not,
            (Ok(_), 0) => Usable::Whole,
            (Ok(_), places) => Usable::Partly(places),
        }
    }

    pub(crate) fn judge(&self, arguments: &Value) -> Judgement {
        let validator = match &self.compiled {
            Ok(validator) => validator,
            Err(why) => return Judgement::Unvalidated(why.clone()),
        };
        let Some(steps) = cost::steps(&self.schema, arguments) else {
            return Judgement::Unvalidated(
                "these arguments would take too long to compare with its schema".into(),
            );
        };
        if validator.is_valid(arguments) {
            return Judgement::Fit;
        }
        let errors = match steps {
            ..=ALL_PROBLEMS_STEPS => validator.iter_errors(arguments).collect(),
            _ => validator.validate(arguments).err().into_iter().collect::<Vec<_>>(),
        };
        Judgement::Misfit(words::problems(&errors, arguments, &self.schema))
    }
}

/// References are answered from the schema alone, and patterns by an engine that takes linear time. Formats are notes.
fn options<'o>() -> ValidationOptions<'o> {
    let patterns = PatternOptions::regex().size_limit(MAX_PATTERN_BYTES).dfa_size_limit(MAX_PATTERN_BYTES);
    jsonschema::options().offline().with_pattern_options(patterns).should_validate_formats(false)
}

/// Whether `text` matches `pattern`, by the engine that calls are validated with.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let schema = serde_json::json!({ "pattern": pattern });
    options().build(&schema).is_ok_and(|validator| validator.is_valid(&Value::from(text)))
}

/// Whether the engine takes `pattern`; what only backtracking could match it does not.
fn is_pattern(pattern: &str) -> bool {
    options().build(&serde_json::json!({ "pattern": pattern })).is_ok()
}

#[cfg(test)]
mod tests;
