//! Which variables of a program hold servers and tools: its imports, aliases and destructurings.

use super::catalog::{Catalog, Member, Target};
use super::literal;
use super::specifier::{self, Specifier};
use oxc::ast::ast::{
    BindingPattern, CallExpression, ChainElement, ComputedMemberExpression, Expression, ObjectPattern,
    PropertyKey, StaticMemberExpression,
};
use oxc::semantic::{Scoping, SymbolId};
use oxc::span::{GetSpan, Span};
use std::collections::BTreeMap;

/// Member accesses in one name of a tool are three at most: deeper expressions are something else.
const MEMBERS_MAX: usize = 6;

/// A name that is not in the catalog.
pub(super) struct Unknown {
    /// `None`: a server; else a tool of this server.
    pub(super) server: Option<usize>,
    pub(super) name: String,
    pub(super) span: Span,
}

/// Names and what they mean.
pub(super) struct Bindings<'c, 's> {
    pub(super) catalog: Catalog<'c>,
    pub(super) scoping: &'s Scoping,
    symbols: BTreeMap<SymbolId, Target>,
}

impl<'c, 's> Bindings<'c, 's> {
    pub(super) fn new(catalog: Catalog<'c>, scoping: &'s Scoping) -> Self {
        Self { catalog, scoping, symbols: BTreeMap::new() }
    }

    /// Remembers that a variable holds `target`, unless something else is put into it later.
    pub(super) fn bind(&mut self, symbol: Option<SymbolId>, target: Target) {
        if let Some(symbol) = symbol.filter(|symbol| !self.scoping.symbol_is_mutated(*symbol)) {
            self.symbols.insert(symbol, target);
        }
    }

    /// What a specifier names, or the name in it that does not exist.
    pub(super) fn module(&mut self, text: &str, span: Span) -> Result<Option<Target>, Unknown> {
        let (server, tool) = match specifier::read(text) {
            Specifier::Servers => return Ok(Some(Target::Servers)),
            Specifier::Server(server) => (server, None),
            Specifier::Tool(server, tool) => (server, Some(tool)),
            Specifier::Other | Specifier::Package => return Ok(None),
        };
        let found = self.member(Target::Servers, server, span)?;
        match (found, tool) {
            (Some(_), Some("README.md")) => Ok(None),
            // The definitions that tools share: types only, unless a tool has that name.
            (Some(target), Some("types")) => {
                Ok(self.member(target, "types", span).unwrap_or(None).map(module_of))
            }
            (Some(target), Some(tool)) => Ok(self.member(target, tool, span)?.map(module_of)),
            (found, _) => Ok(found),
        }
    }

    /// What a member of a target is, or that it does not exist.
    pub(super) fn member(
        &mut self,
        target: Target,
        name: &str,
        span: Span,
    ) -> Result<Option<Target>, Unknown> {
        let unknown = |server| Unknown { server, name: name.to_owned(), span };
        match self.catalog.member(target, name) {
            Member::Is(target) => Ok(Some(target)),
            Member::Unchecked => Ok(None),
            Member::NoServer => Err(unknown(None)),
            Member::NoTool(server) => Err(unknown(Some(server))),
        }
    }

    /// What an expression is. A name that does not exist is nothing here: its own visit reports it.
    pub(super) fn resolve(&mut self, expression: &Expression<'_>) -> Option<Target> {
        self.resolve_within(expression, MEMBERS_MAX)
    }

    /// Whether `call` calls a tool.
    pub(super) fn is_tool_call(&mut self, call: &CallExpression<'_>) -> bool {
        matches!(self.resolve(&call.callee), Some(Target::Tool(..)))
    }

    fn resolve_within(&mut self, expression: &Expression<'_>, left: usize) -> Option<Target> {
        let left = left.checked_sub(1)?;
        match expression.get_inner_expression() {
            Expression::Identifier(name) => {
                let reference = self.scoping.get_reference(name.reference_id.get()?);
                match reference.symbol_id() {
                    Some(symbol) => self.symbols.get(&symbol).copied(),
                    None => (name.name == "tools").then_some(Target::Servers),
                }
            }
            Expression::AwaitExpression(awaited) => match awaited.argument.get_inner_expression() {
                Expression::ImportExpression(_) | Expression::Identifier(_) => {
                    self.resolve_within(&awaited.argument, left)
                }
                _ => None,
            },
            Expression::ImportExpression(import) => {
                let source = literal::plain_template(&import.source)?;
                self.module(&source, import.source.span()).ok().flatten()
            }
            Expression::StaticMemberExpression(member) => self.static_member(member, left),
            Expression::ComputedMemberExpression(member) => self.computed_member(member, left),
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::StaticMemberExpression(member) => self.static_member(member, left),
                ChainElement::ComputedMemberExpression(member) => self.computed_member(member, left),
                _ => None,
            },
            _ => None,
        }
    }

    fn computed_member(&mut self, member: &ComputedMemberExpression<'_>, left: usize) -> Option<Target> {
        let name = literal::plain_template(&member.expression)?;
        let object = self.resolve_within(&member.object, left)?;
        self.member(object, &name, member.expression.span()).ok().flatten()
    }

    fn static_member(&mut self, member: &StaticMemberExpression<'_>, left: usize) -> Option<Target> {
        let object = match (&member.object, member.property.name.as_str()) {
            (Expression::Identifier(global), "tools") if global.name == "globalThis" => {
                return Some(Target::Servers);
            }
            (object, _) => self.resolve_within(object, left)?,
        };
        self.member(object, &member.property.name, member.property.span).ok().flatten()
    }

    /// Binds what `const { getOrder, listOrders: list } = tools.shop` takes; says what does not exist.
    pub(super) fn destructure(&mut self, pattern: &ObjectPattern<'_>, target: Target) -> Vec<Unknown> {
        let mut unknown = Vec::new();
        let mut pending = vec![(pattern, target)];
        while let Some((pattern, target)) = pending.pop() {
            for property in &pattern.properties {
                let name = match &property.key {
                    PropertyKey::StaticIdentifier(name) => name.name.as_str(),
                    PropertyKey::StringLiteral(name) => name.value.as_str(),
                    _ => continue,
                };
                match (self.member(target, name, property.key.span()), &property.value) {
                    (Err(wrong), BindingPattern::AssignmentPattern(_)) => drop(wrong),
                    (Err(wrong), _) => unknown.push(wrong),
                    (Ok(Some(found)), BindingPattern::BindingIdentifier(id)) => {
                        self.bind(id.symbol_id.get(), found)
                    }
                    (Ok(Some(found)), BindingPattern::ObjectPattern(inner)) => pending.push((inner, found)),
                    (Ok(_), _) => {}
                }
            }
        }
        unknown
    }

    /// The tools that were bound, used or not.
    pub(super) fn tools(&self) -> impl Iterator<Item = Target> {
        self.symbols.values().copied()
    }
}

/// The file of a tool is a module that holds it.
fn module_of(target: Target) -> Target {
    match target {
        Target::Tool(server, tool) => Target::Module(server, tool),
        other => other,
    }
}
