//! `oubliette search`: the same search that a model has.

use super::{ConfigFile, Failure, log};
use crate::upstream::Upstreams;
use catalog::{Catalog, SearchRequest};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
    /// What the tool should do, in words. An empty query lists the servers.
    query: String,
}

pub(super) async fn search(arguments: Arguments) -> Result<ExitCode, Failure> {
    let upstreams = Upstreams::start(arguments.config.load()?.servers).await;
    let catalog = Catalog::build(upstreams.definitions());
    let answer = catalog.search(&SearchRequest { query: arguments.query, ..SearchRequest::default() });
    upstreams.shutdown().await;
    if arguments.json {
        log::print(&serde_json::to_string(&answer).map_err(Failure::internal)?);
    } else {
        log::print(&answer.to_string());
    }
    Ok(ExitCode::SUCCESS)
}
