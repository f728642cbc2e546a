//! `oubliette servers`: which there are and how they are, and more of them.

mod add;
mod import;
mod list;
mod test;

use super::{ConfigFile, Failure, log};
use crate::config::{self, ServerConfig};
use std::path::PathBuf;
use std::process::ExitCode;
use toml::Table;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Connect to every configured server, and tell how each is.
    List(list::Arguments),
    /// Connect to one server, list its tools, and tell what is wrong with them.
    Test(test::Arguments),
    /// Add a server to the configuration.
    Add(add::Arguments),
    /// Take over the servers of other clients: Claude Desktop and Code, Cursor, VS Code, Windsurf, Gemini, Codex.
    Import(import::Arguments),
}

pub(super) async fn servers(arguments: Arguments) -> Result<ExitCode, Failure> {
    match arguments.act {
        Act::List(arguments) => list::list(arguments).await,
        Act::Test(arguments) => test::test(arguments).await,
        Act::Add(arguments) => add::add(arguments),
        Act::Import(arguments) => import::import(&arguments),
    }
}

/// The server that is called so.
fn find(servers: Vec<ServerConfig>, name: &str) -> Result<ServerConfig, Failure> {
    let known: Vec<String> = servers.iter().map(|server| server.name.clone()).collect();
    servers.into_iter().find(|server| server.name == name).ok_or_else(|| {
        Failure::operator(format!("there is no server {name:?}; the servers are: {}", known.join(", ")))
    })
}

/// The file that servers are added to: the one that is named, else the first usual one that there is or could be.
fn target(config: &ConfigFile) -> Result<PathBuf, Failure> {
    let mut places = config::usual_places();
    let there = places.iter().position(|place| place.exists()).unwrap_or(0);
    match &config.config {
        Some(path) => Ok(path.clone()),
        None if places.is_empty() => Err(Failure::operator("name the configuration with --config")),
        None => Ok(places.swap_remove(there)),
    }
}

/// Adds servers, or shows what would be added.
fn write(config: &ConfigFile, servers: &[(String, Table)], for_real: bool) -> Result<(), Failure> {
    let path = target(config)?;
    if for_real {
        config::add(&path, servers).map_err(Failure::operator)?;
        log::say(&format!("oubliette: added to {}: {} server(s)", path.display(), servers.len()));
    } else {
        log::say(&format!("oubliette: this would be added to {}; --write adds it", path.display()));
        log::print(config::text_of(servers).map_err(Failure::internal)?.trim_end());
    }
    Ok(())
}
