//! Where words for people go: standard error, so that standard output carries only results.

use std::io::{IsTerminal, Write};
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// Without `OUBLIETTE_LOG`: warnings. The SDK takes every host that hangs up for an error, and nobody needs to hear of it.
const DEFAULT: &str = "warn,rmcp=off";

/// Starts logging as `OUBLIETTE_LOG` says (`oubliette=debug,upstream=info`); warnings only, without it.
pub(super) fn start() {
    let wanted = std::env::var("OUBLIETTE_LOG").unwrap_or_else(|_| DEFAULT.into());
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_filter(EnvFilter::new(wanted))
        .with_filter(filter_fn(is_free_of_payloads));
    tracing_subscriber::registry().with(lines).init();
}

/// Below errors, these crates print whole messages, with whatever secrets are in them.
fn is_free_of_payloads(line: &Metadata<'_>) -> bool {
    let prints_payloads = ["rmcp", "jsonrpc_core", "rpc"].iter().any(|name| line.target().starts_with(name));
    !prints_payloads || *line.level() <= Level::ERROR
}

/// A line for the person at the terminal. What a program or a server says in it cannot move the cursor, colour the
/// screen or rename the window: control characters are shown, not sent.
pub(super) fn say(line: &str) {
    let shown = |character: char| match character {
        '\n' | '\t' => character.to_string(),
        _ if character.is_control() => character.escape_default().to_string(),
        _ => character.to_string(),
    };
    let _ = writeln!(std::io::stderr().lock(), "{}", line.chars().map(shown).collect::<String>());
}

/// Output of the command itself. A reader that went away is no error.
pub(super) fn print(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
