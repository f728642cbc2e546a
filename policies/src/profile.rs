//! A profile: the document, checked.

use crate::document::{Document, Entry};
use crate::error::{Problem, ProfileError};
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
            problem,
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
        let checked = toml::from_str::<Document>(text).map_err(Problem::from).and_then(|document| {
            lint::check(&document)?;
            Ok(document)
        });
        match checked {
            Ok(document) => Ok(Self { document, text: text.to_owned() }),
            Err(problem) => Err(problem.locate(file, text)),
        }
    }

    /// What the profile is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.document.name
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
