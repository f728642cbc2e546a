//! A profile: the document, checked.

use crate::complete::complete;
use crate::document::{Document, Entry, Written};
use crate::error::{Problem, ProfileError, Rule, line_and_column};
use crate::grants::Grants;
use crate::reach::Filter;
use crate::{lint, narrow};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::Path;
use toml::Spanned;

/// The profile that is used when the operator names none.
const BUILTIN: &str = include_str!("../profiles/default.toml");

/// What the built-in profile is called in errors.
const BUILTIN_NAME: &str = "profiles/default.toml (built in)";

/// Longest profile, in bytes: the built-in one has about 20,000.
const MAX_PROFILE_BYTES: u64 = 1 << 20;

/// How a child names the built-in profile as its parent.
const BUILTIN_PARENT: &str = "default";

/// Most profiles above a profile.
const MAX_GENERATIONS: usize = 8;

/// What a guest may do, and why. Every profile that exists has passed every check.
#[derive(Debug, Clone)]
pub struct Profile {
    pub(crate) document: Document,
    parent: Option<Box<Self>>,
    digest: String,
    file: String,
    text: String,
    /// Whether the guest's entries are its own; otherwise they are its parent's.
    own_guest: bool,
}

/// Where something is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file, or the name of the built-in profile.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
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
        match read(path) {
            Ok(text) => Self::parse(&file, &text),
            Err(problem) => Err(ProfileError {
                file,
                line: 0,
                column: 0,
                rule: Rule::Unreadable,
                problem,
                remedy: format!("name a readable TOML file of at most {MAX_PROFILE_BYTES} bytes"),
                more: Vec::new(),
            }),
        }
    }

    /// A profile from its text; `file` is what errors call it, and where a parent is looked for.
    ///
    /// # Errors
    /// When it, or its parent, says something a profile may not say; all of its faults at once.
    pub fn parse(file: &str, text: &str) -> Result<Self, ProfileError> {
        Self::descend(file, text, 0)
    }

    fn descend(file: &str, text: &str, generation: usize) -> Result<Self, ProfileError> {
        let located = |problem: Problem| problem.locate(file, text);
        let written: Written = toml::from_str(text).map_err(|error| located(error.into()))?;
        let parent = match &written.parent {
            Some(parent) => Some(Self::parent(file, text, parent, generation)?),
            None => None,
        };
        let above = parent.as_ref().map(|parent| &parent.document);
        let mut problems = lint::check(&written, above.map_or(&[], |above| &above.jailer));
        let document = complete(&written, above);
        if let (Ok(child), Some(parent)) = (&document, above) {
            problems.extend(narrow::check(&written, child, parent));
        }
        problems.sort_by_key(|problem| problem.at.start);
        match (problems.into_iter().map(located).reduce(ProfileError::and), document) {
            (Some(error), Ok(_)) => Err(error),
            (Some(error), Err(missing)) => Err(error.and(located(missing))),
            (None, Err(missing)) => Err(located(missing)),
            (None, Ok(document)) => {
                let child = Self {
                    document,
                    digest: digest(text, parent.as_ref()),
                    parent: parent.map(Box::new),
                    file: file.to_owned(),
                    text: text.to_owned(),
                    own_guest: written.seccomp.guest.is_some(),
                };
                let wider = child.parent.iter().flat_map(|parent| narrow::filters(&written, &child, parent));
                wider.map(located).reduce(ProfileError::and).map_or(Ok(()), Err)?;
                Ok(child)
            }
        }
    }

    /// The profile that `named` in `file` means.
    fn parent(
        file: &str,
        text: &str,
        named: &Spanned<String>,
        generation: usize,
    ) -> Result<Self, ProfileError> {
        if generation >= MAX_GENERATIONS {
            let problem =
                format!("more than {MAX_GENERATIONS} parents above each other, or one above itself");
            let remedy = "let a profile descend from the built-in one, or from one that does";
            return Err(Problem::new(Rule::Malformed, named.span(), problem, remedy).locate(file, text));
        }
        if named.get_ref() == BUILTIN_PARENT {
            return Self::builtin();
        }
        let path = Path::new(file).parent().unwrap_or(Path::new("")).join(named.get_ref());
        let parent = read(&path).map_err(|why| {
            let remedy = format!("name {BUILTIN_PARENT:?}, or a file relative to this one");
            let problem = format!("the parent {}: {why}", path.display());
            Problem::new(Rule::Unreadable, named.span(), problem, remedy).locate(file, text)
        })?;
        Self::descend(&path.display().to_string(), &parent, generation + 1)
    }

    /// What the profile is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.document.name
    }

    /// Why it exists.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.document.why
    }

    /// What its parent is called, when it has one.
    #[must_use]
    pub fn parent_name(&self) -> Option<&str> {
        self.parent.as_ref().map(|parent| parent.name())
    }

    /// Hex SHA-256 of the document's text. A child's is that of its text, a line break and its parent's digest: it
    /// changes with either.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Which tools may be called.
    #[must_use]
    pub fn grants(&self) -> Grants {
        Grants::new(&self.document.grants)
    }

    /// The guest's own filter, entry by entry.
    #[must_use]
    pub fn guest_entries(&self) -> &[Entry] {
        &self.document.guest
    }

    /// The jailer's filter, entry by entry.
    #[must_use]
    pub fn jailer_entries(&self) -> &[Entry] {
        &self.document.jailer
    }

    /// The newest call the jailer's filter lets a start make, and why the limit is there.
    #[must_use]
    pub fn newest(&self) -> (&str, &str) {
        (self.document.newest.call.get_ref(), self.document.newest.why.get_ref())
    }

    /// Where a call of an entry is written, which may be in the profile's parent. `entry` counts the entries of one
    /// filter as [`Profile::guest_entries`] and [`Profile::jailer_entries`] give them.
    #[must_use]
    pub fn place(&self, filter: Filter, entry: usize, call: usize) -> Option<Place> {
        let (entries, inherited) = match filter {
            Filter::First => {
                (&self.document.jailer, self.parent.as_ref().map_or(0, |parent| parent.document.jailer.len()))
            }
            Filter::Last if self.own_guest => (&self.document.guest, 0),
            Filter::Last => (&self.document.guest, self.document.guest.len()),
        };
        if entry < inherited {
            return self.parent.as_ref()?.place(filter, entry, call);
        }
        let (line, column) = line_and_column(&self.text, entries.get(entry)?.calls.get(call)?.span().start);
        Some(Place { file: self.file.clone(), line, column })
    }

    /// Why the cgroup leaf was given up, when it was.
    #[must_use]
    pub fn lowered_cgroup(&self) -> Option<&str> {
        self.document.lowered.first().map(|lowered| lowered.why.get_ref().as_str())
    }
}

fn read(path: &Path) -> Result<String, String> {
    let length = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > MAX_PROFILE_BYTES {
        return Err(format!("{length} bytes"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

fn digest(text: &str, parent: Option<&Profile>) -> String {
    match parent {
        Some(parent) => hex_digest(format!("{text}\n{}", parent.digest).as_bytes()),
        None => hex_digest(text.as_bytes()),
    }
}

/// SHA-256 in hexadecimal.
pub(crate) fn hex_digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
