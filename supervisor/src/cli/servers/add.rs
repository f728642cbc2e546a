//! `oubliette servers add`.

use super::super::{ConfigFile, Failure};
use super::{target, write};
use crate::config;
use std::process::ExitCode;
use toml::{Table, Value};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// How the server is called, here and by programs.
    name: String,
    /// The address of a remote server (Streamable HTTP).
    #[arg(long, conflicts_with = "command")]
    url: Option<String>,
    /// A header for the remote server; a credential by reference: 'X-Key=${KEY}'.
    #[arg(long, value_name = "NAME=VALUE", requires = "url")]
    header: Vec<String>,
    /// The variable with the remote server's bearer token.
    #[arg(long, value_name = "VARIABLE", requires = "url", conflicts_with = "bearer_file")]
    bearer_env: Option<String>,
    /// The file with the remote server's bearer token.
    #[arg(long, value_name = "FILE", requires = "url")]
    bearer_file: Option<String>,
    /// A variable for the program; a credential by reference: 'TOKEN=${GITHUB_TOKEN}'.
    #[arg(long, value_name = "NAME=VALUE", conflicts_with = "url")]
    env: Vec<String>,
    /// Show what would be added, and add nothing.
    #[arg(long)]
    dry_run: bool,
    /// The program and its arguments, after `--`.
    #[arg(last = true, required_unless_present = "url")]
    command: Vec<String>,
}

pub(super) fn add(arguments: Arguments) -> Result<ExitCode, Failure> {
    let path = target(&arguments.config)?;
    if config::names_in(&path).map_err(Failure::operator)?.contains(&arguments.name) {
        let what = format!("{}: there is a server {:?} already", path.display(), arguments.name);
        return Err(Failure::operator(format!("{what}; remove it there, or choose another name")));
    }
    let mut table = Table::new();
    let mut command = arguments.command.into_iter();
    if let Some(program) = command.next() {
        table.insert("command".into(), program.into());
        let rest: Vec<String> = command.collect();
        if !rest.is_empty() {
            table.insert("args".into(), rest.into());
        }
    }
    put_pairs(&mut table, "env", &arguments.env)?;
    if let Some(url) = arguments.url {
        table.insert("url".into(), url.into());
    }
    put_pairs(&mut table, "headers", &arguments.header)?;
    if let Some(variable) = arguments.bearer_env {
        table.insert("bearer".into(), format!("${{{variable}}}").into());
    }
    if let Some(file) = arguments.bearer_file {
        let file: Table = [("file".to_owned(), Value::from(file))].into_iter().collect();
        table.insert("bearer".into(), file.into());
    }
    write(&arguments.config, &[(arguments.name, table)], !arguments.dry_run)?;
    Ok(ExitCode::SUCCESS)
}

fn put_pairs(table: &mut Table, key: &str, pairs: &[String]) -> Result<(), Failure> {
    let pair =
        |text: &String| text.split_once('=').map(|(name, value)| (name.to_owned(), Value::from(value)));
    let values: Option<Table> = pairs.iter().map(pair).collect();
    let values = values.ok_or_else(|| Failure::operator(format!("--{key}: give NAME=VALUE")))?;
    if !values.is_empty() {
        table.insert(key.into(), values.into());
    }
    Ok(())
}
