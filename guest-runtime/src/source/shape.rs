//! Gives a whole program one value: the module's `default` export.
//!
//! The value is what a top-level `return` gives, else `export default`, else the last expression statement, else
//! what a `main` that nobody calls returns. A promise is awaited and a function called with no arguments. Only a
//! program that returns is moved into a function: imports and namespaces may not stand in one.

use oxc::allocator::{Allocator, ArenaBox, ArenaVec, TakeIn};
use oxc::ast::ast::{
    Argument, ArrowFunctionExpression, BindingPattern, Class, Declaration, ExportDefaultDeclarationKind,
    Expression, Function, FunctionType, Program, ReturnStatement, Statement, VariableDeclaration,
};
use oxc::ast::builder::AstBuilder;
use oxc::ast_visit::{Visit, VisitMut};
use oxc::parser::{ParseOptions, Parser};
use oxc::semantic::{Scoping, SymbolId};
use oxc::span::{SPAN, SourceType, Span};
use oxc::syntax::scope::ScopeFlags;

/// What models call the function that is their whole program.
const MAIN_NAMES: [&str; 7] = ["main", "run", "execute", "program", "handler", "script", "solve"];
/// The value, once there is one. It stands for the operand `0`. A class cannot be called, which shows in its
/// `prototype`: its value is itself.
const EXPORT: &str = "export default await (async (v) => \
    typeof v === 'function' && Object.getOwnPropertyDescriptor(v, 'prototype')?.writable !== false ? v() : v)(0);";
/// The value of a program that returns: the statements go into the inner function.
const EXPORT_BODY: &str = "export default await (async (v) => \
    typeof v === 'function' && Object.getOwnPropertyDescriptor(v, 'prototype')?.writable !== false ? v() : v)\
    (await (async () => {})());";
const EXPORT_NOTHING: &str = "export default void 0;";
const RETURN: &str = "return 0;";
/// Keeps an `export default` in a program that may also return.
const KEEP: &str = "var $exported = 0;";
/// An `export default` in two statements.
const DEFAULT: &str = "const $default = 0;";
const EXPORT_DEFAULT: &str = "export { $default as default };";
const RETURN_KEPT: &str = "return $exported;";

/// Rewrites `program`, whose symbols are in `scoping`.
pub(super) fn give_value<'a>(program: &mut Program<'a>, allocator: &'a Allocator, scoping: &Scoping) {
    program.hashbang = None;
    let mut returns = Returns(false);
    returns.visit_program(program);
    let shaper = Shaper { allocator, builder: AstBuilder::new(allocator) };
    let body = program.body.take_in(&allocator);
    program.body =
        if returns.0 { shaper.body_of_function(body) } else { shaper.body_of_module(body, program, scoping) };
}

/// Rewrites what the engine's parser refuses in a module that is imported: an async arrow right behind
/// `export default`, which it takes for a function declaration.
pub(super) fn name_default<'a>(program: &mut Program<'a>, allocator: &'a Allocator) {
    let shaper = Shaper { allocator, builder: AstBuilder::new(allocator) };
    let body = program.body.take_in(&allocator);
    program.body = ArenaVec::new_in(&allocator);
    for statement in body {
        match statement {
            Statement::ExportDefaultDeclaration(export) if is_arrow(&export.declaration) => {
                let value = export.unbox().declaration.into_expression();
                program.body.push(shaper.filled(DEFAULT, value));
                program.body.push(shaper.template(EXPORT_DEFAULT));
            }
            other => program.body.push(other),
        }
    }
}

fn is_arrow(declaration: &ExportDefaultDeclarationKind<'_>) -> bool {
    let value = declaration.as_expression().map(Expression::get_inner_expression);
    matches!(value, Some(Expression::ArrowFunctionExpression(_)))
}

/// The span of the last expression statement, whose value is the program's and awaited.
pub(super) fn value_statement(body: &[Statement<'_>]) -> Option<Span> {
    match &body[last_effect(body)?] {
        Statement::ExpressionStatement(statement) => Some(statement.span),
        _ => None,
    }
}

/// Whether a `return` stands outside of all functions.
struct Returns(bool);

impl<'a> Visit<'a> for Returns {
    fn visit_return_statement(&mut self, _: &ReturnStatement<'a>) {
        self.0 = true;
    }
    fn visit_function(&mut self, _: &Function<'a>, _: ScopeFlags) {}
    fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {}
    fn visit_class(&mut self, _: &Class<'a>) {}
}

/// Takes the places out of nodes that are not in the program's text.
struct Unplace;

impl VisitMut<'_> for Unplace {
    fn visit_span(&mut self, span: &mut Span) {
        *span = SPAN;
    }
}

/// Takes the places out of a program that was made.
pub(super) fn unplace(program: &mut Program<'_>) {
    Unplace.visit_program(program);
}

struct Shaper<'a> {
    allocator: &'a Allocator,
    builder: AstBuilder<'a>,
}

type Body<'a> = ArenaVec<'a, Statement<'a>>;

impl<'a> Shaper<'a> {
    fn body_of_module(&self, body: Body<'a>, program: &Program<'a>, scoping: &Scoping) -> Body<'a> {
        let exports = has_default(&body);
        let value = if exports { None } else { last_effect(&body) };
        let main = main_function(&body, scoping).filter(|_| !exports);
        let mut shaped = ArenaVec::new_in(&self.allocator);
        let mut done = false;
        for (index, statement) in body.into_iter().enumerate() {
            match statement {
                Statement::ExpressionStatement(statement) if Some(index) == value => {
                    shaped.push(self.export(statement.unbox().expression));
                    done = true;
                }
                Statement::ExportDefaultDeclaration(_) | Statement::TSExportAssignment(_) => {
                    let (declaration, value) = self.exported(statement);
                    shaped.extend(declaration);
                    done |= value.is_some();
                    shaped.extend(value.map(|value| self.export(value)));
                }
                other => shaped.push(other),
            }
        }
        if !done {
            let name = main.map(|name| self.name(name));
            let name = name.or_else(|| self.lone_string(program));
            shaped.push(name.map_or_else(|| self.template(EXPORT_NOTHING), |name| self.export(name)));
        }
        shaped
    }

    fn body_of_function(&self, body: Body<'a>) -> Body<'a> {
        let value = last_effect(&body).filter(|_| !has_default(&body));
        let mut outer = ArenaVec::new_in(&self.allocator);
        let mut inner = ArenaVec::new_in(&self.allocator);
        let mut kept = false;
        for (index, statement) in body.into_iter().enumerate() {
            match statement {
                Statement::ExpressionStatement(statement) if Some(index) == value => {
                    inner.push(self.filled(RETURN, statement.unbox().expression));
                }
                Statement::ExportDefaultDeclaration(_) | Statement::TSExportAssignment(_) => {
                    let (declaration, value) = self.exported(statement);
                    inner.extend(declaration);
                    kept |= value.is_some();
                    inner.extend(value.map(|value| self.filled(KEEP, value)));
                }
                Statement::ExportDeclaration(export) if !stays_outside(&export.declaration) => {
                    inner.push(Statement::from(export.unbox().declaration));
                }
                Statement::ExportNamedDeclaration(_) => {}
                other
                    if other.is_module_declaration() || other.as_declaration().is_some_and(stays_outside) =>
                {
                    outer.push(other);
                }
                other => inner.push(other),
            }
        }
        if kept {
            inner.push(self.template(RETURN_KEPT));
        }
        outer.push(self.export_body(inner));
        outer
    }

    /// An `export default` as a declaration that stays and the value it gives.
    fn exported(&self, statement: Statement<'a>) -> (Option<Statement<'a>>, Option<Expression<'a>>) {
        let declaration = match statement {
            Statement::ExportDefaultDeclaration(export) => export.unbox().declaration,
            Statement::TSExportAssignment(export) => return (None, Some(export.unbox().expression)),
            other => return (Some(other), None),
        };
        match declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => self.exported_function(function),
            ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                let name = class.id.as_ref().map(|id| self.name(id.name.as_str()));
                match name {
                    Some(name) => (Some(Statement::ClassDeclaration(class)), Some(name)),
                    None => (None, Some(Expression::ClassExpression(class))),
                }
            }
            ExportDefaultDeclarationKind::TSInterfaceDeclaration(interface) => {
                (Some(Statement::TSInterfaceDeclaration(interface)), None)
            }
            other => (None, Some(other.into_expression())),
        }
    }

    fn exported_function(
        &self,
        mut function: ArenaBox<'a, Function<'a>>,
    ) -> (Option<Statement<'a>>, Option<Expression<'a>>) {
        let name = function.id.as_ref().map(|id| self.name(id.name.as_str()));
        match name {
            _ if function.body.is_none() => (Some(Statement::FunctionDeclaration(function)), None),
            Some(name) => (Some(Statement::FunctionDeclaration(function)), Some(name)),
            None => {
                function.r#type = FunctionType::FunctionExpression;
                (None, Some(Expression::FunctionExpression(function)))
            }
        }
    }

    /// A program that is one string was parsed as a directive.
    fn lone_string(&self, program: &Program<'a>) -> Option<Expression<'a>> {
        let last = program.directives.last().filter(|last| last.directive.as_str() != "use strict")?;
        let value = &last.expression;
        Some(Expression::new_string_literal(value.span, value.value, value.raw, &self.builder))
    }

    fn name(&self, name: &str) -> Expression<'a> {
        let name = self.allocator.alloc_str(name);
        Expression::new_identifier(SPAN, name, &self.builder)
    }

    fn export(&self, value: Expression<'a>) -> Statement<'a> {
        self.filled(EXPORT, value)
    }

    /// Statements that are not in the program's text.
    fn template(&self, text: &'static str) -> Statement<'a> {
        let options = ParseOptions { allow_return_outside_function: true, ..ParseOptions::default() };
        let mut parsed =
            Parser::new(self.allocator, text, SourceType::mjs()).with_options(options).parse().program;
        unplace(&mut parsed);
        parsed.body.pop().unwrap_or_else(|| Statement::new_empty_statement(SPAN, &self.builder))
    }

    /// A template whose `0` becomes `value`.
    fn filled(&self, text: &'static str, value: Expression<'a>) -> Statement<'a> {
        let mut statement = self.template(text);
        Fill(Some(value)).visit_statement(&mut statement);
        statement
    }

    fn export_body(&self, statements: Body<'a>) -> Statement<'a> {
        let mut statement = self.template(EXPORT_BODY);
        FillBody(Some(statements)).visit_statement(&mut statement);
        statement
    }
}

/// Puts a value in the place of the number `0`, the first there is.
struct Fill<'a>(Option<Expression<'a>>);

impl<'a> VisitMut<'a> for Fill<'a> {
    fn visit_expression(&mut self, expression: &mut Expression<'a>) {
        if matches!(expression, Expression::NumericLiteral(_)) {
            if let Some(value) = self.0.take() {
                *expression = value;
            }
        } else {
            oxc::ast_visit::walk_mut::walk_expression(self, expression);
        }
    }

    fn visit_argument(&mut self, argument: &mut Argument<'a>) {
        if matches!(argument, Argument::NumericLiteral(_)) {
            if let Some(value) = self.0.take() {
                *argument = Argument::from(value);
            }
        } else {
            oxc::ast_visit::walk_mut::walk_argument(self, argument);
        }
    }
}

/// Puts statements into the first empty function.
struct FillBody<'a>(Option<Body<'a>>);

impl<'a> VisitMut<'a> for FillBody<'a> {
    fn visit_function_body(&mut self, body: &mut oxc::ast::ast::FunctionBody<'a>) {
        if let Some(statements) = self.0.take_if(|_| body.statements.is_empty()) {
            body.statements = statements;
        }
    }
}

fn has_default(body: &[Statement<'_>]) -> bool {
    body.iter().any(|statement| {
        matches!(statement, Statement::ExportDefaultDeclaration(_) | Statement::TSExportAssignment(_))
    })
}

/// The last statement that does something where it stands: functions are hoisted, types and imports are not run.
fn last_effect(body: &[Statement<'_>]) -> Option<usize> {
    body.iter().rposition(|statement| !is_hoisted(statement))
}

fn is_hoisted(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::FunctionDeclaration(_) | Statement::TSInterfaceDeclaration(_) => true,
        Statement::TSTypeAliasDeclaration(_) | Statement::EmptyStatement(_) => true,
        Statement::TSGlobalDeclaration(_) | Statement::TSExternalModuleDeclaration(_) => true,
        Statement::ImportDeclaration(_) | Statement::ExportNamedDeclaration(_) => true,
        Statement::ExportAllDeclaration(_) | Statement::ExportFromDeclaration(_) => true,
        Statement::ExportDeclaration(export) => matches!(
            export.declaration,
            Declaration::FunctionDeclaration(_)
                | Declaration::TSInterfaceDeclaration(_)
                | Declaration::TSTypeAliasDeclaration(_)
        ),
        _ => false,
    }
}

/// Namespaces are only compiled at the top of a module.
fn stays_outside(declaration: &Declaration<'_>) -> bool {
    matches!(
        declaration,
        Declaration::TSNamespaceDeclaration(_)
            | Declaration::TSGlobalDeclaration(_)
            | Declaration::TSExternalModuleDeclaration(_)
            | Declaration::TSImportEqualsDeclaration(_)
    )
}

/// The function that is the program although nobody calls it: one with a telling name, or the only thing there.
fn main_function<'a>(body: &[Statement<'a>], scoping: &Scoping) -> Option<&'a str> {
    let functions: Vec<_> = body.iter().filter_map(|statement| uncalled(statement, scoping)).collect();
    let named = functions.iter().rev().find(|name| MAIN_NAMES.contains(name)).copied();
    let values = body.iter().filter(|statement| !is_hoisted(statement) || is_function(statement)).count();
    named.or_else(|| functions.first().copied().filter(|_| values == 1))
}

fn is_function(statement: &Statement<'_>) -> bool {
    function_of(statement).is_some()
}

/// The name and symbol of a function that a statement declares and that needs no arguments.
fn function_of<'a>(statement: &Statement<'a>) -> Option<(&'a str, SymbolId)> {
    let declaration = match statement {
        Statement::ExportDeclaration(export) => &export.declaration,
        other => other.as_declaration()?,
    };
    match declaration {
        Declaration::FunctionDeclaration(function)
            if function.params.items.is_empty() && function.body.is_some() =>
        {
            let id = function.id.as_ref()?;
            Some((id.name.as_str(), id.symbol_id.get()?))
        }
        Declaration::VariableDeclaration(variable) => function_variable(variable),
        _ => None,
    }
}

fn function_variable<'a>(variable: &VariableDeclaration<'a>) -> Option<(&'a str, SymbolId)> {
    let [declarator] = &variable.declarations[..] else { return None };
    let parameters = match declarator.init.as_ref()?.get_inner_expression() {
        Expression::ArrowFunctionExpression(arrow) => &arrow.params,
        Expression::FunctionExpression(function) => &function.params,
        _ => return None,
    };
    let BindingPattern::BindingIdentifier(id) = &declarator.id else { return None };
    parameters.items.is_empty().then_some((id.name.as_str(), id.symbol_id.get()?))
}

fn uncalled<'a>(statement: &Statement<'a>, scoping: &Scoping) -> Option<&'a str> {
    let (name, symbol) = function_of(statement)?;
    scoping.get_resolved_reference_ids(symbol).is_empty().then_some(name)
}
