//! One upstream server and its tools.

use crate::names;
use crate::schema::clean;
use crate::shared::Shared;
use crate::tool::Tool;
use crate::{ServerDefinitions, ToolText};
use guest_protocol::message::ServerShape;
use guest_protocol::offers::Offers;
use std::collections::HashMap;
use std::sync::OnceLock;

/// Most tools of one server; its listing names what is beyond.
const MAX_TOOLS: usize = 20_000;
/// Longest tool name, in bytes. MCP recommends at most 128 characters (SEP-986).
const MAX_NAME_BYTES: usize = 512;
/// Longest instructions that are kept, in characters.
const MAX_INSTRUCTIONS: usize = 16_000;

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) identifier: String,
    pub(crate) instructions: Option<String>,
    /// What it has besides tools.
    pub(crate) offers: Offers,
    /// Why it is not available.
    pub(crate) failed: Option<String>,
    /// In the order of its listing.
    pub(crate) tools: Vec<Tool>,
    /// Definitions that no tool could be made of.
    pub(crate) skipped: usize,
    /// What was left out of its listing, and why.
    pub(crate) lost: Vec<String>,
    by_name: HashMap<String, usize>,
    by_identifier: HashMap<String, usize>,
    shape: OnceLock<ServerShape>,
    shared: OnceLock<Shared>,
}

impl Server {
    pub(crate) fn new(identifier: String, definitions: ServerDefinitions) -> Self {
        let offered = definitions.tools.len();
        let mut named: Vec<(String, ToolText)> = Vec::new();
        let mut by_name = HashMap::new();
        for definition in definitions.tools.into_iter().take(MAX_TOOLS) {
            let name = definition.fields().words("name").filter(|name| usable(name));
            let Some(name) = name.filter(|name| !by_name.contains_key(name)) else { continue };
            by_name.insert(name.clone(), named.len());
            named.push((name, definition));
        }
        let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
        let identifiers = names::identifiers(&names, "tool");
        let by_identifier = identifiers.iter().cloned().enumerate().map(|(at, it)| (it, at)).collect();
        let peers = named.len();
        let tools: Vec<Tool> = named
            .into_iter()
            .zip(identifiers)
            .map(|((name, definition), identifier)| Tool::new(name, identifier, definition, peers))
            .collect();
        Self {
            name: definitions.name,
            identifier,
            instructions: definitions
                .instructions
                .map(|text| clean(&text, MAX_INSTRUCTIONS))
                .filter(|it| !it.is_empty()),
            offers: definitions.offers,
            failed: definitions.failed.map(|why| clean(&why, 1_000)),
            skipped: offered - tools.len(),
            lost: definitions.lost.iter().map(|what| clean(what, 300)).collect(),
            tools,
            by_name,
            by_identifier,
            shape: OnceLock::new(),
            shared: OnceLock::new(),
        }
    }

    /// By its original name, or else by its identifier.
    pub(crate) fn tool(&self, name: &str) -> Option<&Tool> {
        self.placed(name).map(|(_, tool)| tool)
    }

    /// The same, with its place in the listing.
    pub(crate) fn placed(&self, name: &str) -> Option<(usize, &Tool)> {
        let at = *self.by_name.get(name).or_else(|| self.by_identifier.get(name))?;
        Some((at, self.tools.get(at)?))
    }

    /// The definitions that its tools have in common. Found when first asked for.
    pub(crate) fn shared(&self) -> &Shared {
        self.shared.get_or_init(|| Shared::of(&self.tools))
    }

    /// What was left out of its listing, and where to read all of it.
    pub(crate) fn lost_in_short(&self) -> Option<String> {
        let first = self.lost.first()?;
        let more = match self.lost.len() - 1 {
            0 => String::new(),
            more => format!(" And {more} more, in /servers/{}/README.md.", self.identifier),
        };
        Some(format!("Left out of its listing: {first}.{more}"))
    }

    pub(crate) fn shape(&self) -> &ServerShape {
        self.shape.get_or_init(|| ServerShape {
            tools: self.tools.iter().map(|tool| tool.shape().clone()).collect(),
        })
    }
}

fn usable(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_NAME_BYTES
}
