//! TypeScript's tree to JavaScript's text, with the map between them.

use super::emitted;
use super::map::Mapping;
use oxc::allocator::Allocator;
use oxc::ast::ast::Program;
use oxc::codegen::{Codegen, CodegenOptions, CommentOptions};
use oxc::diagnostics::OxcDiagnostic;
use oxc::semantic::SemanticBuilder;
use oxc::transformer::{
    DecoratorOptions, ES2026Options, EnvOptions, HelperLoaderMode, HelperLoaderOptions, TransformOptions,
    Transformer,
};
use std::path::{Path, PathBuf};

/// Room for what the transformer adds to scopes and symbols, as a share of what is there.
const EXCESS: f64 = 0.5;

/// Takes the types out, turns what the engine lacks into what it has, and prints.
///
/// # Errors
/// What the transformer says against the program.
pub(super) fn emit<'a>(
    allocator: &'a Allocator,
    program: &mut Program<'a>,
    file: &str,
) -> Result<(String, Vec<Mapping>), Vec<OxcDiagnostic>> {
    let built = SemanticBuilder::new().with_enum_eval(true).with_excess_capacity(EXCESS).build(program);
    let scoping = built.semantic.into_scoping();
    let done = Transformer::new(allocator, Path::new(file), &options()).build_with_scoping(scoping, program);
    if done.diagnostics.has_errors() {
        return Err(done.diagnostics.into_vec());
    }
    let printing = CodegenOptions {
        source_map_path: Some(PathBuf::from(file)),
        comments: CommentOptions::disabled(),
        ..CodegenOptions::default()
    };
    let printed = Codegen::new().with_options(printing).build(program);
    let tokens = printed.map.iter().flat_map(|map| map.get_tokens());
    let mappings = tokens.map(|token| Mapping {
        generated: (token.get_dst_line(), token.get_dst_col()),
        original: (token.get_src_line(), token.get_src_col()),
    });
    let mappings = in_characters(&printed.code, mappings.collect());
    Ok((printed.code, mappings))
}

/// The engine parses `using` and never disposes, and knows no decorators: both are transformed.
fn options() -> TransformOptions {
    TransformOptions {
        decorator: DecoratorOptions { legacy: true, ..DecoratorOptions::default() },
        env: EnvOptions {
            es2026: ES2026Options { explicit_resource_management: true },
            ..EnvOptions::default()
        },
        helper_loader: HelperLoaderOptions {
            module_name: emitted::PREFIX.into(),
            mode: HelperLoaderMode::Runtime,
        },
        ..TransformOptions::default()
    }
}

/// Generated columns come in UTF-16 units and the engine counts characters: they differ behind astral ones.
fn in_characters(code: &str, mut mappings: Vec<Mapping>) -> Vec<Mapping> {
    if code.is_ascii() {
        return mappings;
    }
    let (mut line, mut units, mut column, mut next) = (0, 0, 0, 0);
    let mut characters = code.chars().peekable();
    while let Some(character) = characters.next() {
        while let Some(mapping) = mappings.get_mut(next).filter(|mapping| mapping.generated <= (line, units))
        {
            mapping.generated.1 = column;
            next += 1;
        }
        let crlf = character == '\r' && characters.peek() == Some(&'\n');
        if matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}') && !crlf {
            (line, units, column) = (line + 1, 0, 0);
        } else {
            units += if character.len_utf16() == 2 { 2 } else { 1 };
            column += 1;
        }
    }
    mappings
}
