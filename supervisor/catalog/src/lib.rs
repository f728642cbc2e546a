//! Upstream tool definitions as a program finds them: names, types, files, search.
//!
//! A [`Catalog`] is made once from what the upstream servers listed and never changes; a new listing makes a new
//! one. Nothing here does I/O, and nothing that an upstream wrote can make it fail: a part of a definition that
//! cannot be understood is left out, or is `unknown`, at that very place.

mod definition;
mod files;
mod names;
mod offers;
mod repair;
mod schema;
mod search;
mod server;
mod shared;
mod suggest;
mod tool;
mod validation;

pub use definition::{Fields, ToolText};
pub use files::FileError;
pub use schema::Unknowns;
pub use search::{Coverage, Detail, SearchAnswer, SearchHit, SearchRequest, ServerHit, Unavailable};
pub use suggest::nearest;
pub use tool::Tool;
pub use validation::{Judgement, Usable};

use guest_protocol::message::{ServerName, ServerShape};
use guest_protocol::offers::{Offer, Offers};
use search::Index;
use serde_json::Value;
use server::Server;
use std::collections::HashMap;
use validation::{Kept, Validation};

/// What one upstream server said of itself.
#[derive(Debug, Default)]
pub struct ServerDefinitions {
    /// Its name in the configuration.
    pub name: String,
    /// Its instructions, from `initialize` or `server/discover`.
    pub instructions: Option<String>,
    /// What it has besides tools.
    pub offers: Offers,
    /// Its tools, each as it came in `tools/list`.
    pub tools: Vec<ToolText>,
    /// What was left out of its listing, and why.
    pub lost: Vec<String>,
    /// Why it is not available; it has no tools then.
    pub failed: Option<String>,
}

/// Every upstream server and tool at one moment.
#[derive(Debug)]
pub struct Catalog {
    servers: Vec<Server>,
    by_name: HashMap<String, usize>,
    by_identifier: HashMap<String, usize>,
    index: Index,
    validations: Kept,
}

impl Catalog {
    /// Makes a catalog. Of servers with the same name the first counts, and of tools.
    #[must_use]
    pub fn build(definitions: Vec<ServerDefinitions>) -> Self {
        let mut by_name = HashMap::new();
        let mut kept: Vec<ServerDefinitions> = Vec::new();
        for server in definitions {
            if !by_name.contains_key(&server.name) {
                by_name.insert(server.name.clone(), kept.len());
                kept.push(server);
            }
        }
        let names: Vec<&str> = kept.iter().map(|server| server.name.as_str()).collect();
        let identifiers = names::identifiers(&names, "server");
        let by_identifier = identifiers.iter().cloned().enumerate().map(|(at, it)| (it, at)).collect();
        let servers: Vec<Server> = kept
            .into_iter()
            .zip(identifiers)
            .map(|(server, identifier)| Server::new(identifier, server))
            .collect();
        let index = Index::build(&servers);
        Self { servers, by_name, by_identifier, index, validations: Kept::default() }
    }

    /// Every server by both names, in the order of the configuration, also those that are not available.
    #[must_use]
    pub fn servers(&self) -> Vec<ServerName> {
        let name = |server: &Server| ServerName {
            name: server.name.clone(),
            identifier: server.identifier.clone(),
            offers: server.offers,
        };
        self.servers.iter().map(name).collect()
    }

    /// How often `unknown` stands for something in the types of `server`'s tools (either name), by reason.
    #[must_use]
    pub fn unknowns(&self, server: &str) -> Option<Unknowns> {
        let each = self.server(server)?.tools.iter().map(Tool::unknowns);
        Some(each.fold(Unknowns::default(), |sum, tool| Unknowns {
            unsaid: sum.unsaid + tool.unsaid,
            broken: sum.broken + tool.broken,
            cut: sum.cut + tool.cut,
        }))
    }

    /// What a program's calls to `server` (either name) are checked against.
    #[must_use]
    pub fn shape(&self, server: &str) -> Option<&ServerShape> {
        self.server(server).map(Server::shape)
    }

    /// A tool, by either name of its server and of itself; the original names go first.
    #[must_use]
    pub fn tool(&self, server: &str, tool: &str) -> Option<&Tool> {
        self.server(server)?.tool(tool)
    }

    /// What a server (either name) has besides tools; `None` where there is no such server.
    #[must_use]
    pub fn offers(&self, server: &str) -> Option<Offers> {
        Some(self.server(server)?.offers)
    }

    /// Says to a model that the server has none of these, and who has.
    #[must_use]
    pub fn not_offered(&self, server: &str, offer: Offer) -> String {
        let Some(found) = self.server(server) else { return self.unknown_server(server) };
        let (name, what) = (tool::quoted(&found.name), offer.name());
        if let Some(why) = &found.failed {
            return format!("Server {name} is not available, so its {what} cannot be had: {why}");
        }
        let others = self.servers.iter().filter(|other| other.offers.has(offer));
        let others: Vec<&str> = others.map(|other| other.identifier.as_str()).collect();
        if others.is_empty() {
            return format!("Server {name} has no {what}, and no other server has any.");
        }
        let others = suggest::listed(others.into_iter());
        format!("Server {name} has no {what}. Servers that have some: {others}.")
    }

    /// Whether `arguments` fit what a tool takes. Its schema is compiled when it is first called, which takes
    /// milliseconds, and up to half a second for the largest: not for a thread that others wait for.
    #[must_use]
    pub fn judge(&self, server: &str, tool: &str, arguments: &Value) -> Judgement {
        self.validated(server, tool, |validation| validation.judge(arguments))
            .unwrap_or_else(|| Judgement::Unvalidated("there is no such tool".into()))
    }

    /// How well the schema of a tool's arguments can be used to validate them.
    #[must_use]
    pub fn usable(&self, server: &str, tool: &str) -> Option<Usable> {
        self.validated(server, tool, Validation::usable)
    }

    fn validated<T>(&self, server: &str, tool: &str, ask: impl FnOnce(&Validation) -> T) -> Option<T> {
        let place = *self.by_name.get(server).or_else(|| self.by_identifier.get(server))?;
        let (at, tool) = self.servers.get(place)?.placed(tool)?;
        let slot = self.validations.slot((place, at), tool.bytes());
        Some(ask(slot.get_or_init(|| Validation::new(&tool.input_schema(), tool.bytes()))))
    }

    /// Says to a model that there is no such server, and what there is.
    #[must_use]
    pub fn unknown_server(&self, server: &str) -> String {
        let wanted = tool::quoted(server);
        if self.servers.is_empty() {
            return format!("There is no server {wanted}: no server is configured.");
        }
        let identifiers = || self.servers.iter().map(|server| server.identifier.as_str());
        let meant = match suggest::nearest(server, identifiers(), 1).first() {
            Some(nearest) => format!(" Did you mean tools.{nearest}?"),
            None => String::new(),
        };
        format!("There is no server {wanted}.{meant} Servers: {}.", suggest::listed(identifiers()))
    }

    /// Says to a model that the server has no such tool, or is not available, and what would work.
    #[must_use]
    pub fn unknown_tool(&self, server: &str, tool: &str) -> String {
        let Some(found) = self.server(server) else { return self.unknown_server(server) };
        let (name, wanted) = (tool::quoted(&found.name), tool::quoted(tool));
        if let Some(why) = &found.failed {
            return format!("Server {name} is not available, so tool {wanted} cannot be called: {why}");
        }
        let identifiers = || found.tools.iter().map(|tool| tool.identifier.as_str());
        let meant =
            match suggest::nearest(tool, identifiers(), 1).first().and_then(|nearest| found.tool(nearest)) {
                Some(nearest) => format!(" Did you mean tools.{}.{}?", found.identifier, nearest.signature()),
                None => String::new(),
            };
        match found.tools.len() {
            0 => format!("Server {name} has no tools."),
            _ => format!(
                "Server {name} has no tool {wanted}.{meant} Its tools: {}.",
                suggest::listed(identifiers())
            ),
        }
    }

    /// By its original name, or else by its identifier.
    fn server(&self, name: &str) -> Option<&Server> {
        let at = self.by_name.get(name).or_else(|| self.by_identifier.get(name))?;
        self.servers.get(*at)
    }
}

#[cfg(test)]
mod tests;
