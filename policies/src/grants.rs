//! May this tool be called?

use crate::document::{GrantEntry, GrantVerdict};

/// Stands for every server, or for every tool of one.
pub(crate) const EVERY: &str = "*";

/// A name that no entry can have: those are not empty.
const NOBODY: &str = "";

/// Which tools may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grants(Vec<Grant>);

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Grant {
    server: String,
    tools: Vec<String>,
    allow: bool,
    why: String,
}

/// The answer. An upstream is asked for nothing without an [`Allowed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The call may be made.
    Allowed(Allowed),
    /// It may not. The reason is the denying entry's; there is none where no entry names the tool.
    Denied(Option<String>),
}

/// Proof that one tool of one server may be called. Only [`Grants::decide`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    server: String,
    tool: String,
}

impl Allowed {
    /// The server's name in the configuration.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The tool's name at the server.
    #[must_use]
    pub fn tool(&self) -> &str {
        &self.tool
    }
}

impl Grants {
    pub(crate) fn new(entries: &[GrantEntry]) -> Self {
        let grant = |entry: &GrantEntry| Grant {
            server: entry.server.get_ref().clone(),
            tools: entry.tools.get_ref().iter().map(|tool| tool.get_ref().clone()).collect(),
            allow: *entry.verdict.get_ref() == GrantVerdict::Allow,
            why: entry.why.get_ref().clone(),
        };
        Self(entries.iter().map(grant).collect())
    }

    /// Whether `tool` of `server` may be called: names as they are sent to the server, compared byte by byte.
    #[must_use]
    pub fn decide(&self, server: &str, tool: &str) -> Verdict {
        let mut named = self.0.iter().filter(|grant| grant.names(server, tool)).peekable();
        if named.peek().is_none() {
            return Verdict::Denied(None);
        }
        match named.find(|grant| !grant.allow) {
            Some(denial) => Verdict::Denied(Some(denial.why.clone())),
            None => Verdict::Allowed(Allowed { server: server.to_owned(), tool: tool.to_owned() }),
        }
    }

    /// The first call that is allowed here and not by `parent`.
    pub(crate) fn beyond(&self, parent: &Self) -> Option<Beyond> {
        // Names that neither side mentions are all alike: one stands for them.
        let servers = self.servers().chain(parent.servers()).chain([NOBODY]);
        for server in servers {
            let tools = self.tools().chain(parent.tools()).chain([NOBODY]);
            for tool in tools {
                let denied = |grants: &Self| matches!(grants.decide(server, tool), Verdict::Denied(_));
                if !denied(self) && denied(parent) {
                    let entry = self.0.iter().position(|grant| grant.names(server, tool))?;
                    return Some(Beyond { entry, server: server.to_owned(), tool: tool.to_owned() });
                }
            }
        }
        None
    }

    fn servers(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|grant| grant.server.as_str()).filter(|name| *name != EVERY)
    }

    fn tools(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|grant| &grant.tools).map(String::as_str).filter(|name| *name != EVERY)
    }
}

/// A call that a child allows beyond its parent.
#[derive(Debug)]
pub(crate) struct Beyond {
    /// Which entry allows it.
    pub(crate) entry: usize,
    server: String,
    tool: String,
}

impl Beyond {
    /// For a person.
    pub(crate) fn name(&self) -> String {
        match (self.server.as_str(), self.tool.as_str()) {
            (NOBODY, NOBODY) => "every tool of every server that is not named".into(),
            (NOBODY, tool) => format!("{tool:?} of every server that is not named"),
            (server, NOBODY) => format!("every tool of {server:?} that is not named"),
            (server, tool) => format!("{tool:?} of {server:?}"),
        }
    }
}

impl Grant {
    fn names(&self, server: &str, tool: &str) -> bool {
        let is = |name: &String, wanted: &str| name == EVERY || name == wanted;
        is(&self.server, server) && self.tools.iter().any(|name| is(name, tool))
    }
}
