//! What is wrong with a profile, where, and what to do about it.

use std::ops::Range;

/// What kind of fault a profile has. The names are stable: reports for pipelines carry them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The file cannot be read.
    Unreadable,
    /// It is no TOML, or a value has the wrong type.
    Malformed,
    /// A key that nobody reads.
    UnknownKey,
    /// A table, key or entry that every profile has.
    Missing,
    /// An entry without a reason.
    MissingWhy,
    /// A system call that an architecture does not have.
    UnknownCall,
    /// Two entries for the same thing.
    Twice,
    /// A condition that cannot be meant.
    Condition,
    /// A dangerous call without a condition on its arguments.
    Dangerous,
    /// A value that no profile may choose.
    Fixed,
    /// A child that allows what its parent does not.
    Widening,
}

impl Rule {
    /// As in `missing-why`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown-key",
            Self::Missing => "missing",
            Self::MissingWhy => "missing-why",
            Self::UnknownCall => "unknown-call",
            Self::Twice => "twice",
            Self::Condition => "condition",
            Self::Dangerous => "dangerous",
            Self::Fixed => "fixed",
            Self::Widening => "widening",
        }
    }

    /// One sentence for whoever reads the name.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Unreadable => "The profile cannot be read.",
            Self::Malformed => "The profile is no valid TOML, or a value has the wrong type.",
            Self::UnknownKey => "A key that nobody reads protects nobody.",
            Self::Missing => "A table, key or entry that every profile must have is not there.",
            Self::MissingWhy => "Every permission says who needs it or what it stops.",
            Self::UnknownCall => "An architecture does not have this system call.",
            Self::Twice => "The same thing is decided twice.",
            Self::Condition => "A condition on an argument cannot be what was meant.",
            Self::Dangerous => "A call whose danger is in its arguments has no condition on them.",
            Self::Fixed => "No profile may choose another value here.",
            Self::Widening => "A child profile may only narrow its parent.",
        }
    }
}

/// A profile that cannot be used. It is the operator's to mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {problem}\n  remedy: {remedy}{}", rest(more))]
pub struct ProfileError {
    /// The file, or the name of the built-in profile.
    pub file: String,
    /// Line, from 1; 0 when the file could not be read at all.
    pub line: usize,
    /// Column in characters, from 1; 0 when the file could not be read at all.
    pub column: usize,
    /// What kind of fault it is.
    pub rule: Rule,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
    /// Further faults of the same profile, in the order of their places.
    pub more: Vec<ProfileError>,
}

impl ProfileError {
    /// This one, and `next` behind it.
    pub(crate) fn and(mut self, next: Self) -> Self {
        self.more.push(next);
        self
    }
}

fn rest(more: &[ProfileError]) -> String {
    more.iter().map(|error| format!("\n{error}")).collect()
}

/// A problem at a place in the text, before it has a line.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) rule: Rule,
    pub(crate) at: Range<usize>,
    pub(crate) problem: String,
    pub(crate) remedy: String,
}

impl Problem {
    pub(crate) fn new(
        rule: Rule,
        at: Range<usize>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { rule, at, problem: problem.into(), remedy: remedy.into() }
    }

    /// Finds line and column in `text`.
    pub(crate) fn locate(self, file: &str, text: &str) -> ProfileError {
        let (line, column) = line_and_column(text, self.at.start);
        ProfileError {
            file: file.to_owned(),
            line,
            column,
            rule: self.rule,
            problem: self.problem,
            remedy: self.remedy,
            more: Vec::new(),
        }
    }
}

/// Line and column, in characters, of a byte of a text; both from 1.
pub(crate) fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before.get(line_start..).unwrap_or_default().chars().count() + 1)
}

impl From<toml::de::Error> for Problem {
    fn from(error: toml::de::Error) -> Self {
        let problem = error.message().to_owned();
        let (rule, remedy) = if problem.starts_with("missing field `why`") {
            (Rule::MissingWhy, "every entry says who needs it or what it stops: add why = \"...\"")
        } else if problem.starts_with("unknown field") {
            (Rule::UnknownKey, "correct the spelling or remove the key: a key nobody reads protects nobody")
        } else if problem.starts_with("missing field") {
            (Rule::Missing, "a profile is complete: copy the table from the built-in one")
        } else {
            (Rule::Malformed, "compare with the built-in profile: oubliette policy show")
        };
        Self::new(rule, error.span().unwrap_or_default(), problem, remedy)
    }
}
