//! Servers added to a configuration: at the end of its text, so that everything in it stays as it is.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

use toml::Table;

use super::{ConfigError, parse, read};

/// Who may read a new configuration: it may hold credentials.
const PRIVATE: u32 = 0o600;

/// What would stand at the end of a configuration.
pub(crate) fn text_of(servers: &[(String, Table)]) -> Result<String, String> {
    let all: Table = servers.iter().map(|(name, table)| (name.clone(), table.clone().into())).collect();
    let mut file = Table::new();
    file.insert("servers".into(), all.into());
    toml::to_string(&file).map_err(|error| error.to_string())
}

/// The names of the servers that the configuration has; none where there is no file.
///
/// # Errors
/// When it is not a TOML configuration.
pub(crate) fn names_in(path: &Path) -> Result<Vec<String>, ConfigError> {
    let config = parse(&existing(path)?, path, &|_| Some("unread".into()))?;
    Ok(config.servers.into_iter().map(|server| server.name).collect())
}

/// Adds servers to a configuration, which is made where there is none. The file is replaced in one step, with the
/// same owner and the same rights, and only if what comes out is a configuration.
///
/// # Errors
/// When the result would not be one, or the file cannot be written.
pub(crate) fn add(path: &Path, servers: &[(String, Table)]) -> Result<(), ConfigError> {
    let failed = |what: String| ConfigError::of_file(path, what, "Nothing was changed.");
    let mut text = existing(path)?;
    if !text.is_empty() {
        text = format!("{}\n\n", text.trim_end());
    }
    text += &text_of(servers).map_err(failed)?;
    // Variables need not be set now, only when it is used.
    parse(&text, path, &|_| Some("unread".into()))?;
    replace(path, &text).map_err(|error| failed(format!("cannot be written: {error}")))
}

fn existing(path: &Path) -> Result<String, ConfigError> {
    if !path.exists() {
        return Ok(String::new());
    }
    let text = read(path)?;
    if text.trim_start().starts_with(['{', '/']) {
        let what = "is the JSON of another client, which is only read";
        return Err(ConfigError::of_file(
            path,
            what,
            "Name a TOML file with --config; there may be none yet.",
        ));
    }
    Ok(text)
}

fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    // Where it is a link, what it leads to is replaced, not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}", std::process::id()));
    let written = write_beside(&beside, &path, text).and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        // It may never have been made.
        let _ = fs::remove_file(&beside);
    }
    written.and_then(|()| File::open(folder)?.sync_all())
}

fn write_beside(beside: &Path, path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(beside)?;
    file.write_all(text.as_bytes())?;
    if let Ok(before) = fs::metadata(path) {
        file.set_permissions(fs::Permissions::from_mode(before.mode() & 0o7777))?;
        if before.uid() != file.metadata()?.uid() || before.gid() != file.metadata()?.gid() {
            fchown(&file, Some(before.uid()), Some(before.gid()))?;
        }
    }
    file.sync_all()
}
