//! What carries the messages to a server and back, and what there is to know of its end.

use std::sync::Arc;

use rmcp::model::ProtocolVersion;

use super::http::{self, MirrorsOfTools, Session};
use super::stdio::{self, Process};
use super::wire::Wire;
use crate::config::{Reach, ServerConfig};

/// The far end of a wire.
pub(super) enum Carrier {
    /// A program of ours, spoken to over its standard input and output.
    Program(Process),
    /// An address, spoken to over HTTP.
    Remote(Session),
}

impl Carrier {
    /// Starts the program, or gets ready to speak to the address. Nothing is sent yet.
    ///
    /// # Errors
    /// When that cannot be done; in words.
    pub(super) fn open(config: &Arc<ServerConfig>) -> Result<(Wire, Self), String> {
        Ok(match &config.reach {
            Reach::Program(program) => {
                let (wire, process) = stdio::open(config, program)?;
                (wire, Self::Program(process))
            }
            Reach::Remote(remote) => {
                let (wire, session) = http::open(config, remote)?;
                (wire, Self::Remote(session))
            }
        })
    }

    pub(super) fn is_remote(&self) -> bool {
        matches!(self, Self::Remote(_))
    }

    /// An initialized server speaks this revision from here on.
    pub(super) fn agree(&self, version: &ProtocolVersion, tells_changes: bool) {
        if let Self::Remote(session) = self {
            session.agree(version, tells_changes);
        }
    }

    /// Which arguments are mirrored into headers from here on.
    pub(super) fn mirror(&self, mirrors: MirrorsOfTools) {
        if let Self::Remote(session) = self {
            session.mirror(mirrors);
        }
    }

    /// Why the wire closed.
    pub(super) async fn obituary(&self) -> String {
        match self {
            Self::Program(process) => format!("it ended ({})", process.obituary().await),
            Self::Remote(_) => "its session is over".into(),
        }
    }

    /// How it ended, where it did so soon.
    pub(super) async fn exit(&self) -> String {
        match self {
            Self::Program(process) => process.exit().await,
            Self::Remote(_) => "the connection was closed".into(),
        }
    }

    /// A reason, with the last lines of standard error.
    pub(super) async fn with_last_words(&self, why: String) -> String {
        let Self::Program(process) = self else { return why };
        let lines = process.last_words().await;
        if lines.is_empty() {
            why
        } else {
            format!("{why}; its standard error ends with: {}", lines.join(" | "))
        }
    }

    /// Ends it; the wire should be closed already. Returns when it is gone.
    pub(super) async fn stop(&self) {
        match self {
            Self::Program(process) => process.stop().await,
            Self::Remote(session) => session.ended().await,
        }
    }
}
