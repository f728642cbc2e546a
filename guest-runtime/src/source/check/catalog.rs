//! The servers and tools that a program's names can mean. A server is described when it is first named.

use super::Names;
use guest_protocol::message::{ServerName, ServerShape, ToolName, ToolShape};

/// What a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// `tools`: all servers.
    Servers,
    /// One server, by its index.
    Server(usize),
    /// One tool, by its server's index and its own.
    Tool(usize, usize),
    /// The module of one tool, whose every export is the tool.
    Module(usize, usize),
}

/// What a member of a target is.
pub(super) enum Member {
    /// Another target.
    Is(Target),
    /// Nothing that is known, and nothing wrong.
    Unchecked,
    /// There is no such server.
    NoServer,
    /// This server has no such tool.
    NoTool(usize),
}

/// Properties that every object or promise has: their names say nothing about tools.
pub(super) const INHERITED: [&str; 8] =
    ["then", "catch", "finally", "toString", "valueOf", "constructor", "hasOwnProperty", "default"];

/// The servers, and the tools of those that were named.
pub(super) struct Catalog<'c> {
    names: Names<'c>,
    shapes: Vec<Option<Option<ServerShape>>>,
}

impl<'c> Catalog<'c> {
    pub(super) fn new(names: Names<'c>) -> Self {
        let shapes = names.servers.iter().map(|_| None).collect();
        Self { names, shapes }
    }

    pub(super) fn servers(&self) -> &'c [ServerName] {
        self.names.servers
    }

    /// A server's tools, or `None` where they cannot be had.
    pub(super) fn shape(&mut self, server: usize) -> Option<&ServerShape> {
        let name = self.names.servers.get(server)?;
        let describe = &mut *self.names.describe;
        self.shapes.get_mut(server)?.get_or_insert_with(|| describe(&name.name)).as_ref()
    }

    pub(super) fn tool(&mut self, server: usize, tool: usize) -> Option<&ToolShape> {
        self.shape(server)?.tools.get(tool)
    }

    /// The original names of a tool.
    pub(super) fn name(&mut self, server: usize, tool: usize) -> Option<ToolName> {
        let server_name = self.names.servers.get(server)?.name.clone();
        Some(ToolName { server: server_name, tool: self.tool(server, tool)?.name.clone() })
    }

    /// What `target.name` is. Original names are accepted beside identifiers: `tools["google-drive"]`.
    pub(super) fn member(&mut self, target: Target, name: &str) -> Member {
        match target {
            Target::Servers => {
                let servers = self.names.servers.iter();
                let found = servers.clone().position(|server| server.identifier == name);
                match found.or_else(|| servers.clone().position(|server| server.name == name)) {
                    Some(server) => Member::Is(Target::Server(server)),
                    None if INHERITED.contains(&name) => Member::Unchecked,
                    None => Member::NoServer,
                }
            }
            Target::Server(server) => self.tool_of(server, name),
            Target::Module(server, tool) if !INHERITED[..7].contains(&name) => {
                Member::Is(Target::Tool(server, tool))
            }
            Target::Module(..) | Target::Tool(..) => Member::Unchecked,
        }
    }

    fn tool_of(&mut self, server: usize, name: &str) -> Member {
        let Some(shape) = self.shape(server) else { return Member::Unchecked };
        let tools = shape.tools.iter();
        let found = tools.clone().position(|tool| tool.identifier == name);
        match found.or_else(|| tools.clone().position(|tool| tool.name == name)) {
            Some(tool) => Member::Is(Target::Tool(server, tool)),
            None if INHERITED.contains(&name) => Member::Unchecked,
            None => Member::NoTool(server),
        }
    }
}
