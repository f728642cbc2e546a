//! What the check tells a model: what is wrong, and what would work.

use super::super::findings::Findings;
use super::arguments::Wrong;
use super::bindings::Unknown;
use super::catalog::Catalog;
use super::globals;
use crate::nearest;
use guest_protocol::message::{ServerName, Severity, ToolShape};
use oxc::ast::ast::IdentifierReference;
use oxc::span::Span;

/// Names that a hint lists before it only counts.
const LISTED_MAX: usize = 12;

/// A server or tool that does not exist.
pub(super) fn unknown(catalog: &mut Catalog<'_>, unknown: &Unknown, findings: &mut Findings<'_>) {
    let servers = catalog.servers();
    let name = &unknown.name;
    let Some(server) = unknown.server else {
        let names = || servers.iter().map(|server| server.identifier.as_str());
        let hint = match nearest::one(name, names()) {
            Some(near) => format!("Did you mean `tools.{near}`?"),
            None => format!("The servers are: {}.", list(names())),
        };
        let message = format!("There is no server `{name}`.");
        return findings.error("unknown-server", unknown.span.start, message, Some(hint));
    };
    let server_name = servers.get(server).map_or("", |server| server.identifier.as_str());
    let message = format!("The server `{server_name}` has no tool `{name}`.");
    let tools = catalog.shape(server).map_or(&[][..], |shape| &shape.tools);
    let names = || tools.iter().map(|tool| tool.identifier.as_str());
    let near = nearest::one(name, names()).and_then(|near| tools.iter().find(|tool| tool.identifier == near));
    let hint = match near {
        Some(tool) => format!("Did you mean `{}`? {}", tool.identifier, tool.signature),
        None => format!("Its tools are: {}.", list(names())),
    };
    findings.error("unknown-tool", unknown.span.start, message, Some(hint));
}

/// A server that has none of what it is asked for.
pub(super) fn not_offered<'n>(
    server: &str,
    what: &str,
    others: impl Iterator<Item = &'n ServerName>,
    span: Span,
    findings: &mut Findings<'_>,
) {
    let message = format!("The server `{server}` has no {what}.");
    let hint = format!("Servers that have some: {}.", list(others.map(|other| other.identifier.as_str())));
    findings.warning("not-offered", span.start, message, Some(hint));
}

/// An import of a package.
pub(super) fn package(name: &str, span: Span, servers: &[ServerName], findings: &mut Findings<'_>) {
    let names = servers.iter().map(|server| server.identifier.as_str());
    let hint = match nearest::one(name, names) {
        Some(near) => format!("The server is imported from \"/servers/{near}\"."),
        None => "Import tools from \"/servers/<server>\", files from \"fs/promises\"; the rest is plain \
                 JavaScript that you can write yourself."
            .to_owned(),
    };
    let message = format!("There is no module \"{name}\": packages cannot be installed here.");
    findings.error("unknown-module", span.start, message, Some(hint));
}

/// A tool's file holds one function, imported here under a name that is not its own.
pub(super) fn other_name(
    catalog: &mut Catalog<'_>,
    (server, tool): (usize, usize),
    name: &str,
    span: Span,
    findings: &mut Findings<'_>,
) {
    let Some(shape) = catalog.tool(server, tool) else { return };
    let is_type = name.starts_with(|first: char| first.is_ascii_uppercase());
    if name != shape.identifier && name != "default" && name != shape.name && !is_type {
        let message = format!("This file exports `{}`; `{name}` is taken to mean it.", shape.identifier);
        let hint = format!("import {{ {} as {name} }}", shape.identifier);
        findings.warning("import-name", span.start, message, Some(hint));
    }
}

/// A name that nothing declares. `certain`: reading it throws, and nothing catches that.
pub(super) fn undeclared(
    servers: &[ServerName],
    name: &IdentifierReference<'_>,
    certain: bool,
    findings: &mut Findings<'_>,
) {
    let text = name.name.as_str();
    let server = servers.iter().find(|server| server.identifier == text || server.name == text);
    let message = format!("`{text}` is not declared, and there is no such global.");
    let hint =
        server.map(|server| format!("A server is reached through `tools`: `tools.{}`.", server.identifier));
    let hint = hint.or_else(|| globals::instead(text).map(str::to_owned));
    let hint =
        hint.or_else(|| nearest::one(text, globals::all()).map(|near| format!("Did you mean `{near}`?")));
    if certain {
        findings.error("unknown-global", name.span.start, message, hint);
    } else {
        findings.warning("unknown-global", name.span.start, message, hint);
    }
}

/// An argument that does not fit.
pub(super) fn argument(tool: &ToolShape, wrong: Wrong, call: u32, findings: &mut Findings<'_>) {
    let hint = match wrong.near {
        Some(near) => format!("Did you mean `{near}`? {}", tool.signature),
        None => tool.signature.clone(),
    };
    let at = wrong.at.unwrap_or(call);
    match wrong.severity {
        Severity::Error => findings.error(wrong.rule, at, wrong.message, Some(hint)),
        Severity::Warning => findings.warning(wrong.rule, at, wrong.message, Some(hint)),
    }
}

/// A call whose result, and failure, nobody waits for.
pub(super) fn unawaited(offset: u32, findings: &mut Findings<'_>) {
    let message = "This tool call is not awaited: what it returns or throws is lost.".to_owned();
    let hint = "Put `await` in front of it, or collect the calls in `await Promise.all([…])`.".to_owned();
    findings.warning("unawaited-call", offset, message, Some(hint));
}

/// A property of a promise that promises do not have.
pub(super) fn of_promise(name: &str, offset: u32, findings: &mut Findings<'_>) {
    let message = format!("`{name}` is looked up in a promise: the tool call is not awaited.");
    let hint = format!("Wait for the result first: `(await tools.<server>.<tool>({{ … }})).{name}`.");
    findings.warning("unawaited-call", offset, message, Some(hint));
}

/// A callback that waits, given to a method that does not.
pub(super) fn for_each(offset: u32, findings: &mut Findings<'_>) {
    let message =
        "forEach does not wait for its callback: the next line runs before these calls are done.".to_owned();
    let hint =
        "Use `for (const item of items) { await … }`, or `await Promise.all(items.map(async (item) => …))`.";
    findings.warning("unawaited-call", offset, message, Some(hint.to_owned()));
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<_> = names.collect();
    let shown = names[..names.len().min(LISTED_MAX)].join(", ");
    match names.len() {
        0 => "(none)".to_owned(),
        count if count > LISTED_MAX => format!("{shown}, … ({count} in all)"),
        _ => shown,
    }
}
