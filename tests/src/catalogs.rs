//! What real servers offer, as files: each holds one server's `tools/list`, with its name and instructions.

use crate::binaries::workspace;
use catalog::{ServerDefinitions, ToolText};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::fs;
use std::path::{Path, PathBuf};

/// Names a folder of such files, to be used instead of the one beside the project.
pub const FOLDER_VARIABLE: &str = "OUBLIETTE_CATALOGS";

/// The folder of all catalogs.
///
/// # Errors
/// When there is none, in words.
pub fn folder() -> Result<PathBuf, String> {
    beside(FOLDER_VARIABLE, "catalogs")
}

/// A folder of data that is not part of the project: the one that `variable` names, or `shared/NAME` in a folder that
/// the project is in.
///
/// # Errors
/// When there is none, in words.
pub fn beside(variable: &str, name: &str) -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os(variable).map(PathBuf::from) {
        return if named.is_dir() {
            Ok(named)
        } else {
            Err(format!("needs {name}; {variable} names no folder"))
        };
    }
    let root = workspace();
    let found = root.ancestors().skip(1).map(|above| above.join("shared").join(name)).find(|it| it.is_dir());
    found.ok_or_else(|| format!("needs {name}: name their folder in {variable}"))
}

/// The few that are part of the project.
#[must_use]
pub fn sample() -> PathBuf {
    workspace().join("tests/catalogs")
}

/// The catalog files in a folder, by name.
///
/// # Errors
/// When it cannot be listed, or has none.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|it| it == "json")).collect();
    files.sort();
    if files.is_empty() { Err(format!("{}: no catalogs in it", folder.display())) } else { Ok(files) }
}

/// A catalog's name: that of its file.
#[must_use]
pub fn name(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Reads a catalog file.
///
/// # Errors
/// When it is none.
pub fn read(file: &Path) -> Result<Value, String> {
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = fs::read_to_string(file).map_err(|error| told(&error))?;
    serde_json::from_str(&text).map_err(|error| told(&error))
}

/// What its server said of itself, its tools exactly as they were sent.
///
/// # Errors
/// When the file is no catalog.
pub fn definitions(file: &Path) -> Result<ServerDefinitions, String> {
    #[derive(Deserialize)]
    struct Catalog {
        instructions: Option<String>,
        tools: Vec<Box<RawValue>>,
    }
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = fs::read_to_string(file).map_err(|error| told(&error))?;
    let Catalog { instructions, tools } = serde_json::from_str(&text).map_err(|error| told(&error))?;
    let tools = tools.iter().map(|tool| ToolText::new(tool)).collect();
    Ok(ServerDefinitions { name: name(file), instructions, tools, ..ServerDefinitions::default() })
}

/// A catalog with its tools as values, for whoever looks into them.
#[derive(Debug, Clone, Deserialize)]
pub struct Offer {
    /// The server's name.
    pub server: String,
    /// Its instructions.
    pub instructions: Option<String>,
    /// Its tools.
    pub tools: Vec<Value>,
}

impl Offer {
    /// As the catalog takes it.
    #[must_use]
    pub fn definitions(&self) -> ServerDefinitions {
        ServerDefinitions {
            name: self.server.clone(),
            instructions: self.instructions.clone(),
            tools: self.tools.iter().cloned().map(ToolText::from).collect(),
            ..ServerDefinitions::default()
        }
    }
}

/// Every catalog of [`folder`], in the order of their files.
///
/// # Errors
/// When there is no such folder, or a file is no catalog.
pub fn offers() -> Result<Vec<Offer>, String> {
    files(&folder()?)?
        .iter()
        .map(|file| serde_json::from_value(read(file)?).map_err(|error| error.to_string()))
        .collect()
}
