//! What real servers offer: one JSON file a server, each the answer to `tools/list` and `initialize`. They are
//! other people's words, so they are not part of the project.

use catalog::ServerDefinitions;
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// Names the folder with the files.
pub const FOLDER_VARIABLE: &str = "OUBLIETTE_CATALOGS";

/// One file.
#[derive(Debug, Clone, Deserialize)]
pub struct Offer {
    /// The server's name.
    pub server: String,
    /// Its instructions.
    pub instructions: Option<String>,
    /// Its tools.
    pub tools: Vec<serde_json::Value>,
}

impl Offer {
    /// As the catalog takes it.
    #[must_use]
    pub fn definitions(&self) -> ServerDefinitions {
        ServerDefinitions {
            name: self.server.clone(),
            instructions: self.instructions.clone(),
            tools: self.tools.clone(),
            failed: None,
        }
    }
}

/// The folder a variable names, or else the one of that name in a folder beside the project.
///
/// # Errors
/// Where there is none, saying what would be needed.
pub fn folder(variable: &str, name: &str) -> Result<PathBuf, String> {
    let beside = || crate::binaries::workspace().parent().map(|parent| parent.join("shared").join(name));
    let folder = std::env::var_os(variable).map(PathBuf::from).or_else(beside).filter(|it| it.is_dir());
    folder.ok_or_else(|| format!("needs a folder of {name}: name it in {variable}"))
}

/// Every file, in the order of their names.
///
/// # Errors
/// Where there is no such folder, or a file cannot be understood.
pub fn offers() -> Result<Vec<Offer>, String> {
    let folder = folder(FOLDER_VARIABLE, "catalogs")?;
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.sort();
    paths.iter().map(|path| offer(path)).collect()
}

fn offer(path: &Path) -> Result<Offer, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}
