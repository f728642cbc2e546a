//! A value that may stand elsewhere: in a variable, in a file, in a credential of systemd.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::Lookup;
use super::expand::expand;
use super::server::Unusable;
use crate::credential::Secret;

/// Longest value that is read from a file, bytes. Tokens and keys have a few thousand.
const MAX_BYTES: u64 = 64 << 10;
/// Where systemd puts the credentials of a unit (systemd.exec(5), `LoadCredential=`).
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// A value as it is written: `"text with ${VAR}"`, `{ file = "/run/token" }` or `{ credential = "token" }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reference {
    /// Text, in which variables are expanded.
    Text(String),
    /// The contents of a file, without the newline at its end.
    File(String),
    /// The contents of a credential that systemd passed to this unit.
    Credential(String),
}

impl Reference {
    /// The value. `field` and `server` are for the error; a relative file is relative to `base`.
    ///
    /// # Errors
    /// When a variable is not set, or the file cannot be read.
    pub(super) fn resolve(
        &self,
        server: &str,
        field: &str,
        base: &Path,
        lookup: Lookup<'_>,
    ) -> Result<Secret, Unusable> {
        let expanded =
            |text: &str| expand(text, lookup).map_err(|why| Unusable::expansion(server, field, &why));
        match self {
            Self::Text(text) => Ok(Secret::new(expanded(text)?)),
            Self::File(path) => read(&base.join(expanded(path)?), server, field),
            Self::Credential(name) => read(&credential(name, server, field, lookup)?, server, field),
        }
    }

    /// The value of a server that is not to be started: as it is written, never read.
    pub(super) fn literally(&self) -> Secret {
        let (Self::Text(text) | Self::File(text) | Self::Credential(text)) = self;
        Secret::new(text.clone())
    }
}

fn credential(name: &str, server: &str, field: &str, lookup: Lookup<'_>) -> Result<PathBuf, Unusable> {
    let place = format!("`{field}` of server `{server}`");
    if name.is_empty() || name.contains('/') || name.starts_with('.') {
        return Err(Unusable::new(
            format!("{place} names the impossible credential {name:?}"),
            "Give the name that stands in the unit's LoadCredential=, without a path.",
        ));
    }
    let folder = lookup(CREDENTIALS).ok_or_else(|| {
        let what = format!("{place} is a systemd credential, and {CREDENTIALS} is not set");
        Unusable::new(what, format!("Start it from a unit with LoadCredential={name}:FILE, or name a file."))
    })?;
    Ok(Path::new(&folder).join(name))
}

fn read(path: &Path, server: &str, field: &str) -> Result<Secret, Unusable> {
    let unreadable = |why: String| {
        let what = format!("`{field}` of server `{server}`: {} {why}", path.display());
        Unusable::new(what, "Name a readable file with nothing but the value in it.")
    };
    let mut text = zeroize::Zeroizing::new(String::new());
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text));
    read.map_err(|error| unreadable(format!("cannot be read: {error}")))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(unreadable(format!("is longer than {MAX_BYTES} bytes")));
    }
    let value = text.trim_end_matches(['\n', '\r']);
    if value.is_empty() {
        return Err(unreadable("is empty".into()));
    }
    Ok(Secret::new(value.to_owned()))
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AsWritten)
    }
}

struct AsWritten;

impl<'de> Visitor<'de> for AsWritten {
    type Value = Reference;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, { file = \"PATH\" } or { credential = \"NAME\" }")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Reference, E> {
        Ok(Reference::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Reference, A::Error> {
        let reference = match map.next_entry::<String, String>()? {
            Some((key, path)) if key == "file" => Reference::File(path),
            Some((key, name)) if key == "credential" => Reference::Credential(name),
            Some((key, _)) => return Err(A::Error::unknown_field(&key, &["file", "credential"])),
            None => return Err(A::Error::custom("neither `file` nor `credential`")),
        };
        match map.next_key::<String>()? {
            Some(key) => Err(A::Error::custom(format_args!("`{key}` beside another source"))),
            None => Ok(reference),
        }
    }
}
