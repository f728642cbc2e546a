//! Where a program takes a server or all of them without saying which tool of it: `tools[name]`, `f(tools.shop)`.

use super::bindings::Bindings;
use super::catalog::Target;
use super::literal;
use oxc::ast::ast::{
    BindingPattern, Expression, ImportExpression, ObjectPattern, PropertyKey, VariableDeclarator,
};
use oxc::span::{GetSpan, Span};
use std::collections::BTreeSet;

/// Places that are told; one is enough to know that the manifest is not all.
const PLACES_MAX: usize = 20;

/// The places so far.
#[derive(Default)]
pub(super) struct Dynamic {
    /// Byte offsets.
    places: BTreeSet<u32>,
    /// Expressions whose use names what is taken of them.
    named: BTreeSet<(u32, u32)>,
}

impl Dynamic {
    /// What is taken of `expression` is named where it stands.
    pub(super) fn name(&mut self, expression: &Expression<'_>) {
        self.named.insert(key(expression.get_inner_expression().span()));
    }

    /// An expression that is about to be looked into.
    pub(super) fn expression(&mut self, expression: &Expression<'_>, bindings: &mut Bindings<'_, '_>) {
        let Some(Target::Servers | Target::Server(_)) = bindings.resolve(expression) else { return };
        let inner = expression.get_inner_expression();
        if !self.named.contains(&key(inner.span())) {
            self.add(inner.span());
        }
        // Whatever wraps it has answered for it.
        self.name(expression);
        if let Expression::AwaitExpression(awaited) = inner {
            self.name(&awaited.argument);
        }
    }

    /// A variable that holds a server names it, as long as it never holds anything else.
    pub(super) fn declarator(&mut self, declarator: &VariableDeclarator<'_>, bindings: &Bindings<'_, '_>) {
        let Some(init) = &declarator.init else { return };
        let named = match &declarator.id {
            BindingPattern::BindingIdentifier(id) => {
                id.symbol_id.get().is_some_and(|symbol| !bindings.scoping.symbol_is_mutated(symbol))
            }
            BindingPattern::ObjectPattern(pattern) => all_named(pattern),
            _ => false,
        };
        if named {
            self.name(init);
        }
    }

    /// An import whose module is only known when it runs.
    pub(super) fn import(&mut self, import: &ImportExpression<'_>) {
        if literal::plain_template(&import.source).is_none() {
            self.add(import.span);
        }
    }

    fn add(&mut self, span: Span) {
        if self.places.len() < PLACES_MAX {
            self.places.insert(span.start);
        }
    }

    /// Byte offsets, in the order of the text.
    pub(super) fn places(&self) -> impl Iterator<Item = u32> {
        self.places.iter().copied()
    }
}

/// Whether every property that is taken is written out, at every level.
fn all_named(pattern: &ObjectPattern<'_>) -> bool {
    pattern.rest.is_none()
        && pattern.properties.iter().all(|property| {
            let known =
                matches!(property.key, PropertyKey::StaticIdentifier(_) | PropertyKey::StringLiteral(_));
            known
                && match &property.value {
                    BindingPattern::BindingIdentifier(_) => true,
                    BindingPattern::ObjectPattern(inner) => all_named(inner),
                    _ => false,
                }
        })
}

fn key(span: Span) -> (u32, u32) {
    (span.start, span.end)
}
