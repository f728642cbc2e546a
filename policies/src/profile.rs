//! A profile: the document, checked.

use crate::document::{Document, Entry};
use crate::error::{Problem, ProfileError, Rule};
use crate::lint;
use std::path::Path;

/// The profile that is used when the operator names none.
const BUILTIN: &str = include_str!("../profiles/default.toml");

/// What the built-in profile is called in errors.
const BUILTIN_NAME: &str = "profiles/default.toml (built in)";

/// Longest profile, in bytes: the built-in one has about 20,000.
const MAX_PROFILE_BYTES: u64 = 1 << 20;

/// What a guest may do, and why. Every profile that exists has passed every check.
#[derive(Debug, Clone)]
pub struct Profile {
    pub(crate) document: Document,
    pub(crate) text: String,
}

impl Profile {
    /// The profile this program was built with.
    ///
    /// # Errors
    /// Never in a build whose tests pass.
    pub fn builtin() -> Result<Self, ProfileError> {
        Self::parse(BUILTIN_NAME, BUILTIN)
    }

    /// An operator's own profile.
    ///
    /// # Errors
    /// When the file cannot be read, or says something a profile may not say.
    pub fn load(path: &Path) -> Result<Self, ProfileError> {
        let file = path.display().to_string();
        let unread = |problem: String| ProfileError {
            file: file.clone(),
            line: 0,
            column: 0,
            rule: Rule::Unreadable,
            problem,
            more: Vec::new(),
            remedy: format!("name a readable TOML file of at most {MAX_PROFILE_BYTES} bytes"),
        };
        let length = std::fs::metadata(path).map_err(|error| unread(error.to_string()))?.len();
        if length > MAX_PROFILE_BYTES {
            return Err(unread(format!("{length} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(|error| unread(error.to_string()))?;
        Self::parse(&file, &text)
    }

    /// A profile from its text; `file` is what errors call it.
    ///
    /// # Errors
    /// When it says something a profile may not say.
    pub fn parse(file: &str, text: &str) -> Result<Self, ProfileError> {
        let document = match toml::from_str::<Document>(text) {
            Ok(document) => document,
            Err(error) => return Err(Problem::from(error).locate(file, text)),
        };
        let mut problems = lint::check(&document);
        problems.sort_by_key(|problem| problem.at.start);
        let mut errors = problems.into_iter().map(|problem| problem.locate(file, text));
        match errors.next() {
            Some(first) => Err(ProfileError { more: errors.collect(), ..first }),
            None => Ok(Self { document, text: text.to_owned() }),
        }
    }

    /// What the profile is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.document.name
    }

    /// Why it exists.
    #[must_use]
    pub fn why(&self) -> &str {
        self.document.why.get_ref()
    }

    /// The guest's own filter, entry by entry.
    #[must_use]
    pub fn guest_entries(&self) -> &[Entry] {
        &self.document.seccomp.guest
    }

    /// The jailer's filter, entry by entry.
    #[must_use]
    pub fn jailer_entries(&self) -> &[Entry] {
        &self.document.seccomp.jailer
    }

    /// Why the cgroup leaf was given up, when it was.
    #[must_use]
    pub fn lowered_cgroup(&self) -> Option<&str> {
        self.document.lowered.first().map(|lowered| lowered.why.get_ref().as_str())
    }
}
