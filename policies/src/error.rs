//! What is wrong with a profile, where, and what to do about it.

use std::ops::Range;

/// A profile that cannot be used. It is the operator's to mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {problem}\n  remedy: {remedy}")]
pub struct ProfileError {
    /// The file, or the name of the built-in profile.
    pub file: String,
    /// Line, from 1; 0 when the file could not be read at all.
    pub line: usize,
    /// Column in characters, from 1; 0 when the file could not be read at all.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

/// A problem at a place in the text, before it has a line.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) at: Range<usize>,
    pub(crate) problem: String,
    pub(crate) remedy: String,
}

impl Problem {
    pub(crate) fn new(at: Range<usize>, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { at, problem: problem.into(), remedy: remedy.into() }
    }

    /// Finds line and column in `text`.
    pub(crate) fn locate(self, file: &str, text: &str) -> ProfileError {
        let before = text.get(..self.at.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        ProfileError {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            problem: self.problem,
            remedy: self.remedy,
        }
    }
}

impl From<toml::de::Error> for Problem {
    fn from(error: toml::de::Error) -> Self {
        let problem = error.message().to_owned();
        let remedy = if problem.starts_with("missing field `why`") {
            "every entry says who needs it or what it stops: add why = \"...\""
        } else if problem.starts_with("unknown field") {
            "correct the spelling or remove the key: a key nobody reads protects nobody"
        } else if problem.starts_with("missing field") {
            "a profile is complete: copy the table from the built-in one"
        } else {
            "compare with the built-in profile: oubliette policy show"
        };
        Self::new(error.span().unwrap_or_default(), problem, remedy)
    }
}
