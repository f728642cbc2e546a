//! `oubliette servers import`.

use super::super::{ConfigFile, Failure, log};
use super::{target, write};
use crate::config;
use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use toml::Table;

/// Where clients keep their servers: below the home directory, then below the current one.
const OF_HOME: [&str; 8] = [
    ".config/Claude/claude_desktop_config.json",
    ".claude.json",
    ".cursor/mcp.json",
    ".config/Code/User/mcp.json",
    ".codeium/windsurf/mcp_config.json",
    ".gemini/settings.json",
    ".codex/config.toml",
    ".mcp.json",
];
const OF_FOLDER: [&str; 5] =
    [".mcp.json", ".cursor/mcp.json", ".vscode/mcp.json", ".gemini/settings.json", ".codex/config.toml"];

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// Add them, instead of showing what would be added.
    #[arg(long)]
    write: bool,
    /// The files of clients. Without any, those that there are in the usual places.
    files: Vec<PathBuf>,
}

pub(super) fn import(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let usual = arguments.files.is_empty();
    let files = if usual { usual_files() } else { arguments.files.clone() };
    let here = env::current_dir().unwrap_or_default();
    let mut known = config::names_in(&target(&arguments.config)?).map_err(Failure::operator)?;
    let mut servers = Vec::new();
    for file in files {
        match gather(&file, &here, &mut known) {
            Ok(found) => servers.extend(found),
            // One unreadable file among the usual ones does not hide the others.
            Err(failure) if usual => log::say(&format!("oubliette: {}", failure.message)),
            Err(failure) => return Err(failure),
        }
    }
    if servers.is_empty() {
        log::say("oubliette: there is nothing to import");
        return Ok(ExitCode::SUCCESS);
    }
    write(&arguments.config, &servers, arguments.write)?;
    Ok(ExitCode::SUCCESS)
}

/// The servers of one file that are not known yet; what is left out is told.
fn gather(file: &Path, here: &Path, known: &mut Vec<String>) -> Result<Vec<(String, Table)>, Failure> {
    let text = config::read(file).map_err(Failure::operator)?;
    let imported = config::import(&text, file, here).map_err(Failure::operator)?;
    for why in imported.left_out {
        log::say(&format!("oubliette: {}: left out: {why}", file.display()));
    }
    let mut found = Vec::new();
    for (name, table) in imported.servers {
        if known.contains(&name) {
            log::say(&format!("oubliette: {}: left out: {name}: configured already", file.display()));
            continue;
        }
        log::say(&format!("oubliette: {}: {name}", file.display()));
        known.push(name.clone());
        found.push((name, table));
    }
    Ok(found)
}

fn usual_files() -> Vec<PathBuf> {
    let home = env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    let home = home.into_iter().flat_map(|home| OF_HOME.map(|name| home.join(name)));
    let here = env::current_dir().into_iter().flat_map(|here| OF_FOLDER.map(|name| here.join(name)));
    let mut files: Vec<PathBuf> = home.chain(here).filter(|file| file.is_file()).collect();
    files.dedup();
    files
}
