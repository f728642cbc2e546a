//! The text's tree, or what keeps it from having one.

use super::findings::Findings;
use oxc::allocator::Allocator;
use oxc::ast::ast::Program;
use oxc::diagnostics::{OxcDiagnostic, Severity};
use oxc::parser::{ParseOptions, Parser};
use oxc::span::SourceType;

/// Parses a TypeScript module in which `return` may stand outside of functions.
pub(super) fn parse<'a>(
    allocator: &'a Allocator,
    text: &'a str,
    findings: &mut Findings<'_>,
) -> Option<Program<'a>> {
    let options = ParseOptions { allow_return_outside_function: true, ..ParseOptions::default() };
    let parsed =
        Parser::new(allocator, text, SourceType::ts().with_module(true)).with_options(options).parse();
    let failed = parsed.panicked || parsed.diagnostics.has_errors();
    report(parsed.diagnostics.into_vec(), text, findings);
    (!failed).then_some(parsed.program)
}

/// Adds what oxc says against a program.
pub(super) fn report(diagnostics: Vec<OxcDiagnostic>, text: &str, findings: &mut Findings<'_>) {
    let errors = diagnostics.into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    for error in errors.take(findings.syntax_room()) {
        let offset = error.labels.first().map_or(0, |label| label.offset() as usize);
        let hint = jsx_hint(text, offset).or_else(|| error.help.as_ref().map(ToString::to_string));
        findings.error("syntax", u32::try_from(offset).unwrap_or(u32::MAX), error.message.to_string(), hint);
    }
}

/// An error at a tag is most likely JSX, which TypeScript without JSX reads as a type.
fn jsx_hint(text: &str, offset: usize) -> Option<String> {
    let line = text.get(..offset)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(line..)?.lines().next()?;
    let tag = line.contains("</") || line.contains("/>");
    tag.then(|| "JSX is not supported here: build the text with a template literal.".to_owned())
}
