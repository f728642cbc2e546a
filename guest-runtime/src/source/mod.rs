//! TypeScript in, one ES module for the engine out: bounded, checked against the catalog, and with a map back.

mod map;

use guest_protocol::limits::Limits;
use guest_protocol::message::{Finding, ServerName, ServerShape, ToolName};
pub(crate) use map::Map;

/// What the program's tool names are checked against.
pub(crate) struct Names<'a> {
    /// Every upstream server, by both names.
    pub(crate) servers: &'a [ServerName],
    /// Asks for one server's tools by its original name; `None` where it cannot be had, and nothing is checked.
    pub(crate) describe: &'a mut dyn FnMut(&str) -> Option<ServerShape>,
}

/// A program as the engine takes it.
pub(crate) struct Compiled {
    /// One ES module. A program's value is its `default` export.
    pub(crate) code: String,
    /// Where each place of `code` comes from.
    pub(crate) map: Map,
    /// What the check found that does not keep the program from running.
    pub(crate) warnings: Vec<Finding>,
    /// The tools that the program names, sorted.
    pub(crate) manifest: Vec<ToolName>,
}

/// Compiles a whole program.
pub(crate) fn compile(text: &str, file: &str, limits: &Limits, names: Names<'_>) -> Result<Compiled, Vec<Finding>> {
    let Names { servers, describe } = names;
    if let Some(first) = servers.first() {
        describe(&first.name);
    }
    compile_module(text, file, limits)
}

/// Compiles a module that a program imports.
pub(crate) fn compile_module(text: &str, file: &str, _limits: &Limits) -> Result<Compiled, Vec<Finding>> {
    Ok(Compiled { code: text.to_owned(), map: Map::new(file), warnings: Vec::new(), manifest: Vec::new() })
}

/// The text of a module that compiled code may import for itself.
pub(crate) fn helper_module(_specifier: &str) -> Option<&'static str> {
    None
}
