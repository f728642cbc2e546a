//! TypeScript in, one ES module for the engine out: bounded, checked against the catalog, and with a map back.

mod anchors;
mod check;
mod emitted;
mod excerpt;
mod findings;
mod gaps;
mod map;
mod nesting;
mod parse;
mod shape;
mod tokens;
mod transform;

use anchors::{Anchor, Anchors};
pub(crate) use emitted::helper_module;
use excerpt::Text;
use findings::Findings;
pub(crate) use gaps::THROWN;
use guest_protocol::limits::Limits;
use guest_protocol::message::{Finding, Position, ServerName, ServerShape, ToolName};
pub(crate) use map::Map;
use map::Mapping;
use nesting::TooDeep;
use oxc::allocator::Allocator;
use oxc::semantic::SemanticBuilder;

/// Operands of one comma expression. The engine nests them, and so what is flat in the text gets deep.
const SEQUENCE_MAX: usize = 1_000;

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
    /// What the program may call.
    pub(crate) manifest: Manifest,
}

/// What a program may call, as far as its text says.
#[derive(Default)]
pub(crate) struct Manifest {
    /// The tools that it names, sorted.
    pub(crate) tools: Vec<ToolName>,
    /// Where it takes a server or tool without naming it: it may call others then.
    pub(crate) dynamic: Vec<Position>,
}

/// Compiles a whole program: its value becomes the module's `default` export.
///
/// # Errors
/// What keeps the program from running, at least one of them an error; never more than 20.
pub(crate) fn compile(
    text: &str,
    file: &str,
    limits: &Limits,
    names: Names<'_>,
) -> Result<Compiled, Vec<Finding>> {
    build(text, file, limits, Some(names))
}

/// Compiles a module that a program imports: as it stands, and not checked against the catalog.
///
/// # Errors
/// As for [`compile`].
pub(crate) fn compile_module(text: &str, file: &str, limits: &Limits) -> Result<Compiled, Vec<Finding>> {
    build(text, file, limits, None)
}

fn build(
    text: &str,
    file: &str,
    limits: &Limits,
    names: Option<Names<'_>>,
) -> Result<Compiled, Vec<Finding>> {
    let text = Text::new(file, text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut findings = Findings::new(&text);
    if let Err(deep) = nesting::check(text.as_str(), limits.source_depth) {
        report_nesting(&deep, &mut findings);
        return Err(findings.finish().err().unwrap_or_default());
    }
    let allocator = Allocator::default();
    let output = translate(&allocator, &text, file, names, &mut findings);
    let warnings = findings.finish()?;
    let output = output.ok_or_else(Vec::new)?;
    let map = Map::new(text, output.mappings, output.anchors);
    Ok(Compiled { code: output.code, map, warnings, manifest: output.manifest })
}

/// What the compiler makes, before it is put together.
struct Output {
    code: String,
    mappings: Vec<Mapping>,
    anchors: Vec<Anchor>,
    manifest: Manifest,
}

/// Parses, checks, shapes and prints. `None` only with an error in `findings`.
fn translate(
    allocator: &Allocator,
    text: &Text,
    file: &str,
    names: Option<Names<'_>>,
    findings: &mut Findings<'_>,
) -> Option<Output> {
    let mut program = parse::parse(allocator, text.as_str(), findings)?;
    let anchors = Anchors::of(&program);
    let (operands, at) = anchors.longest_sequence;
    if operands > SEQUENCE_MAX {
        let deep =
            TooDeep { offset: at as usize, what: "operands of one comma expression", bound: SEQUENCE_MAX };
        report_nesting(&deep, findings);
        return None;
    }
    let built = SemanticBuilder::new().with_check_syntax_error(true).build(&program);
    let failed = built.diagnostics.has_errors();
    parse::report(built.diagnostics.into_vec(), text.as_str(), findings);
    if failed {
        return None;
    }
    let scoping = built.semantic.into_scoping();
    let mut manifest = Manifest::default();
    if let Some(names) = names {
        manifest = check::check(&program, &scoping, names, findings);
        shape::give_value(&mut program, allocator, &scoping);
    } else {
        shape::name_default(&mut program, allocator);
    }
    gaps::bridge(&mut program, allocator);
    match transform::emit(allocator, &mut program, file) {
        Ok((code, mappings)) => Some(Output { code, mappings, anchors: anchors.found, manifest }),
        Err(diagnostics) => {
            parse::report(diagnostics, text.as_str(), findings);
            None
        }
    }
}

fn report_nesting(deep: &TooDeep, findings: &mut Findings<'_>) {
    let offset = u32::try_from(deep.offset).unwrap_or(u32::MAX);
    let message = format!("The program is nested too deeply: more than {} {}.", deep.bound, deep.what);
    let hint =
        "Split the expression or block into named constants and functions, or keep data as a JSON string.";
    findings.error("nesting", offset, message, Some(hint.to_owned()));
}

#[cfg(test)]
mod tests;
