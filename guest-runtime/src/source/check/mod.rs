//! Checks a program against the catalog before anything of it runs.

mod arguments;
mod bindings;
mod catalog;
mod dynamic;
mod globals;
mod literal;
mod offers;
mod report;
mod specifier;
mod unawaited;

use super::findings::Findings;
use super::shape;
use super::{Manifest, Names};
use bindings::{Bindings, Unknown};
use catalog::{Catalog, Target};
use dynamic::Dynamic;
use guest_protocol::message::ToolName;
use oxc::ast::ast::{
    BindingPattern, CallExpression, Class, ComputedMemberExpression, Expression, ExpressionStatement,
    IdentifierReference, ImportDeclaration, ImportDeclarationSpecifier, ImportExpression, Program,
    StaticMemberExpression, TSInterfaceDeclaration, TSType, TSTypeAliasDeclaration, TSTypeAnnotation,
    TSTypeParameterDeclaration, TSTypeParameterInstantiation, TryStatement, UnaryExpression, UnaryOperator,
    VariableDeclarator,
};
use oxc::ast_visit::{Visit, walk};
use oxc::semantic::Scoping;
use oxc::span::{GetSpan, Span};
use std::collections::BTreeSet;
use unawaited::Promises;

/// Checks `program`, adds what is wrong to `findings`, and gives what it may call.
pub(super) fn check(
    program: &Program<'_>,
    scoping: &Scoping,
    names: Names<'_>,
    findings: &mut Findings<'_>,
) -> Manifest {
    let bindings = Bindings::new(Catalog::new(names), scoping);
    let mut binder = Binder { bindings, findings };
    binder.visit_program(program);
    let Binder { bindings, findings } = binder;
    let used = bindings.tools().collect();
    let value = shape::value_statement(&program.body);
    let mut checker = Checker {
        bindings,
        findings,
        used,
        asked: BTreeSet::new(),
        dynamic: Dynamic::default(),
        promises: Promises::default(),
        tries: 0,
        value,
        undeclared: BTreeSet::new(),
    };
    checker.visit_program(program);
    checker.manifest()
}

/// First walk: which variables hold servers and tools.
struct Binder<'c, 's, 'f, 't> {
    bindings: Bindings<'c, 's>,
    findings: &'f mut Findings<'t>,
}

impl<'a> Visit<'a> for Binder<'_, '_, '_, '_> {
    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        if import.import_kind.is_type() {
            return;
        }
        let source = &import.source;
        let module = match self.bindings.module(&source.value, source.span) {
            Ok(module) => module,
            Err(unknown) => return report::unknown(&mut self.bindings.catalog, &unknown, self.findings),
        };
        if specifier::read(&source.value) == specifier::Specifier::Package {
            report::package(&source.value, source.span, self.bindings.catalog.servers(), self.findings);
        }
        let Some(module) = module else { return };
        for specifier in import.specifiers.iter().flatten() {
            self.import_specifier(specifier, module);
        }
    }

    fn visit_variable_declarator(&mut self, declarator: &VariableDeclarator<'a>) {
        walk::walk_variable_declarator(self, declarator);
        let Some(init) = &declarator.init else { return };
        let Some(target) = self.bindings.resolve(init) else { return };
        match &declarator.id {
            BindingPattern::BindingIdentifier(id) => self.bindings.bind(id.symbol_id.get(), target),
            BindingPattern::ObjectPattern(pattern) => {
                for unknown in self.bindings.destructure(pattern, target) {
                    report::unknown(&mut self.bindings.catalog, &unknown, self.findings);
                }
            }
            _ => {}
        }
    }
}

impl Binder<'_, '_, '_, '_> {
    fn import_specifier(&mut self, specifier: &ImportDeclarationSpecifier<'_>, module: Target) {
        let local = specifier.local();
        let target = match specifier {
            ImportDeclarationSpecifier::ImportSpecifier(named) if named.import_kind.is_type() => return,
            ImportDeclarationSpecifier::ImportSpecifier(named) => {
                let name = named.imported.name();
                if let Target::Module(server, tool) = module {
                    report::other_name(
                        &mut self.bindings.catalog,
                        (server, tool),
                        &name,
                        named.span,
                        self.findings,
                    );
                }
                if self.is_only_type(local.symbol_id.get()) {
                    return;
                }
                match self.bindings.member(module, &name, named.imported.span()) {
                    Ok(target) => target,
                    Err(unknown) => {
                        return report::unknown(&mut self.bindings.catalog, &unknown, self.findings);
                    }
                }
            }
            ImportDeclarationSpecifier::ImportDefaultSpecifier(_) => match module {
                Target::Module(server, tool) => Some(Target::Tool(server, tool)),
                other => Some(other),
            },
            ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => Some(module),
        };
        if let Some(target) = target {
            self.bindings.bind(local.symbol_id.get(), target);
        }
    }

    /// A type imported without saying so: it is only used where types are, or not at all, and is taken out.
    fn is_only_type(&self, symbol: Option<oxc::semantic::SymbolId>) -> bool {
        let Some(symbol) = symbol else { return false };
        let mut uses = self.bindings.scoping.get_resolved_references(symbol).peekable();
        uses.peek().is_some() && uses.all(|reference| reference.is_type())
    }
}

/// Second walk: everything else.
struct Checker<'c, 's, 'f, 't> {
    bindings: Bindings<'c, 's>,
    findings: &'f mut Findings<'t>,
    used: Vec<Target>,
    /// What servers are asked for besides tools.
    asked: BTreeSet<ToolName>,
    dynamic: Dynamic,
    promises: Promises,
    /// `try` blocks around the current node.
    tries: usize,
    /// The statement whose value is the program's: it is awaited.
    value: Option<Span>,
    undeclared: BTreeSet<String>,
}

impl Checker<'_, '_, '_, '_> {
    fn manifest(mut self) -> Manifest {
        let mut names = std::mem::take(&mut self.asked);
        for target in std::mem::take(&mut self.used) {
            if let Target::Tool(server, tool) | Target::Module(server, tool) = target {
                names.extend(self.bindings.catalog.name(server, tool));
            }
        }
        let dynamic = self.dynamic.places().map(|place| self.findings.position(place)).collect();
        Manifest { tools: names.into_iter().collect(), dynamic }
    }

    fn member(&mut self, object: &Expression<'_>, name: &str, span: Span) {
        let Some(target) = self.bindings.resolve(object) else { return };
        match self.bindings.member(target, name, span) {
            Ok(None) => {}
            Ok(found) => {
                self.dynamic.name(object);
                self.use_target(found);
            }
            Err(unknown) => {
                self.dynamic.name(object);
                self.unknown(&unknown);
            }
        }
    }

    fn use_target(&mut self, target: Option<Target>) {
        if let Some(target @ Target::Tool(..)) = target
            && self.used.last() != Some(&target)
        {
            self.used.push(target);
        }
    }

    fn unknown(&mut self, unknown: &Unknown) {
        report::unknown(&mut self.bindings.catalog, unknown, self.findings);
    }

    fn undeclared(&mut self, name: &IdentifierReference<'_>, certain: bool) {
        let reference = name.reference_id.get().map(|id| self.bindings.scoping.get_reference(id));
        let free = reference.is_some_and(|reference| reference.symbol_id().is_none() && !reference.is_type());
        if free && !globals::is_global(&name.name) && self.undeclared.insert(name.name.to_string()) {
            report::undeclared(self.bindings.catalog.servers(), name, certain, self.findings);
        }
    }

    fn call(&mut self, call: &CallExpression<'_>) {
        let Some(Target::Tool(server, tool)) = self.bindings.resolve(&call.callee) else { return };
        let Some(shape) = self.bindings.catalog.tool(server, tool) else { return };
        let at = match &call.callee {
            Expression::StaticMemberExpression(member) => member.property.span.start,
            callee => callee.span().start,
        };
        for wrong in arguments::check(shape, &call.arguments) {
            report::argument(shape, wrong, at, self.findings);
        }
    }
}

impl<'a> Visit<'a> for Checker<'_, '_, '_, '_> {
    fn visit_expression(&mut self, expression: &Expression<'a>) {
        self.dynamic.expression(expression, &mut self.bindings);
        walk::walk_expression(self, expression);
    }

    fn visit_variable_declarator(&mut self, declarator: &VariableDeclarator<'a>) {
        self.dynamic.declarator(declarator, &self.bindings);
        self.promises.declarator(declarator, &mut self.bindings, self.findings);
        walk::walk_variable_declarator(self, declarator);
    }

    fn visit_identifier_reference(&mut self, name: &IdentifierReference<'a>) {
        self.undeclared(name, self.tries == 0);
    }

    fn visit_unary_expression(&mut self, unary: &UnaryExpression<'a>) {
        let asked = unary.operator == UnaryOperator::Typeof
            && matches!(unary.argument.get_inner_expression(), Expression::Identifier(_));
        if !asked {
            walk::walk_unary_expression(self, unary);
        }
    }

    fn visit_try_statement(&mut self, statement: &TryStatement<'a>) {
        self.tries += usize::from(statement.handler.is_some());
        self.visit_block_statement(&statement.block);
        self.tries -= usize::from(statement.handler.is_some());
        if let Some(handler) = &statement.handler {
            self.visit_catch_clause(handler);
        }
        if let Some(finalizer) = &statement.finalizer {
            self.visit_block_statement(finalizer);
        }
    }

    fn visit_static_member_expression(&mut self, member: &StaticMemberExpression<'a>) {
        self.member(&member.object, &member.property.name, member.property.span);
        self.promises.member(member, &mut self.bindings, self.findings);
        walk::walk_static_member_expression(self, member);
    }

    fn visit_computed_member_expression(&mut self, member: &ComputedMemberExpression<'a>) {
        if let Some(name) = literal::plain_template(&member.expression) {
            self.member(&member.object, &name, member.expression.span());
        }
        walk::walk_computed_member_expression(self, member);
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        self.dynamic.import(import);
        if let Some(source) = literal::plain_template(&import.source) {
            match self.bindings.module(&source, import.source.span()) {
                Ok(Some(Target::Module(server, tool))) => self.use_target(Some(Target::Tool(server, tool))),
                Ok(_) => {}
                Err(unknown) => self.unknown(&unknown),
            }
        }
        walk::walk_import_expression(self, import);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        self.call(call);
        self.asked.extend(offers::check(call, &mut self.bindings, self.findings));
        walk::walk_call_expression(self, call);
    }

    fn visit_expression_statement(&mut self, statement: &ExpressionStatement<'a>) {
        let is_value = self.value == Some(statement.span);
        self.promises.statement(&statement.expression, is_value, &mut self.bindings, self.findings);
        walk::walk_expression_statement(self, statement);
    }

    fn visit_class(&mut self, class: &Class<'a>) {
        for decorator in &class.decorators {
            self.visit_decorator(decorator);
        }
        if let Some(heritage) = &class.heritage {
            self.visit_expression(&heritage.expression);
        }
        self.visit_class_body(&class.body);
    }

    fn visit_ts_type(&mut self, _: &TSType<'a>) {}
    fn visit_ts_type_annotation(&mut self, _: &TSTypeAnnotation<'a>) {}
    fn visit_ts_type_parameter_declaration(&mut self, _: &TSTypeParameterDeclaration<'a>) {}
    fn visit_ts_type_parameter_instantiation(&mut self, _: &TSTypeParameterInstantiation<'a>) {}
    fn visit_ts_interface_declaration(&mut self, _: &TSInterfaceDeclaration<'a>) {}
    fn visit_ts_type_alias_declaration(&mut self, _: &TSTypeAliasDeclaration<'a>) {}
}
