//! Calls whose promise nobody waits for.

use super::bindings::Bindings;
use super::{offers, report};
use crate::source::findings::Findings;
use oxc::ast::ast::{
    Argument, BindingPattern, CallExpression, ChainElement, Expression, StaticMemberExpression,
    VariableDeclarator,
};
use oxc::ast_visit::{Visit, walk};
use oxc::semantic::SymbolId;
use std::collections::BTreeSet;

/// What a promise itself has; anything else is meant for what it becomes.
const OF_PROMISES: [&str; 3] = ["then", "catch", "finally"];

/// Variables that hold the promise of a call.
#[derive(Default)]
pub(super) struct Promises(BTreeSet<SymbolId>);

impl Promises {
    /// A statement that is an expression. The program's value is waited for.
    pub(super) fn statement(
        &self,
        expression: &Expression<'_>,
        is_value: bool,
        bindings: &mut Bindings<'_, '_>,
        findings: &mut Findings<'_>,
    ) {
        let Some(call) = call_of(expression) else { return };
        if is_request(call, bindings) {
            if !is_value {
                report::unawaited(call.span.start, findings);
            }
            return;
        }
        match each_of(call, bindings) {
            Some((Each::Waits, "forEach", at)) => report::for_each(at, findings),
            Some((_, _, at)) => report::unawaited(at, findings),
            None => {}
        }
    }

    /// `const orders = tools.shop.listOrders()`: a promise, to be waited for later; never, if it is not used.
    pub(super) fn declarator(
        &mut self,
        declarator: &VariableDeclarator<'_>,
        bindings: &mut Bindings<'_, '_>,
        findings: &mut Findings<'_>,
    ) {
        let BindingPattern::BindingIdentifier(id) = &declarator.id else { return };
        let (Some(symbol), Some(call)) = (id.symbol_id.get(), declarator.init.as_ref().and_then(call_of))
        else {
            return;
        };
        let of_a_tool = is_request(call, bindings);
        let mut of_each = || each_of(call, bindings).is_some_and(|(_, method, _)| method != "forEach");
        if (of_a_tool || of_each()) && bindings.scoping.get_resolved_references(symbol).next().is_none() {
            return report::unawaited(call.span.start, findings);
        }
        if of_a_tool && !bindings.scoping.symbol_is_mutated(symbol) {
            self.0.insert(symbol);
        }
    }

    /// `.length` of a promise, where that of its result was meant.
    pub(super) fn member(
        &self,
        member: &StaticMemberExpression<'_>,
        bindings: &mut Bindings<'_, '_>,
        findings: &mut Findings<'_>,
    ) {
        if OF_PROMISES.contains(&member.property.name.as_str()) {
            return;
        }
        let promise = match member.object.get_inner_expression() {
            Expression::Identifier(name) => {
                let reference = name.reference_id.get().map(|id| bindings.scoping.get_reference(id));
                reference
                    .and_then(|reference| reference.symbol_id())
                    .is_some_and(|symbol| self.0.contains(&symbol))
            }
            object => call_of(object).is_some_and(|call| is_request(call, bindings)),
        };
        if promise {
            report::of_promise(&member.property.name, member.property.span.start, findings);
        }
    }
}

/// Whether a call asks a server for something: its promise is to be waited for.
fn is_request(call: &CallExpression<'_>, bindings: &mut Bindings<'_, '_>) -> bool {
    bindings.is_tool_call(call) || offers::is_asking(call, bindings)
}

fn call_of<'e, 'a>(expression: &'e Expression<'a>) -> Option<&'e CallExpression<'a>> {
    match expression.get_inner_expression() {
        Expression::CallExpression(call) => Some(call),
        Expression::ChainExpression(chain) => match &chain.expression {
            ChainElement::CallExpression(call) => Some(call),
            _ => None,
        },
        _ => None,
    }
}

/// What a callback does with the calls in it.
enum Each {
    /// It waits for them, and so must whoever calls it.
    Waits,
    /// It gives their promise back, or drops it.
    Returns,
}

/// `items.map(async (item) => …)`, where the callback calls a tool: what it does, the method, and where.
fn each_of<'e>(
    call: &'e CallExpression<'_>,
    bindings: &mut Bindings<'_, '_>,
) -> Option<(Each, &'e str, u32)> {
    let Expression::StaticMemberExpression(member) = &call.callee else { return None };
    let method = member.property.name.as_str();
    if !["forEach", "map", "flatMap"].contains(&method) {
        return None;
    }
    let callback = call.arguments.first().and_then(Argument::as_expression)?.get_inner_expression();
    let mut finder = Finder { bindings, found: false };
    let at = match callback {
        Expression::ArrowFunctionExpression(arrow) if !arrow.r#async => {
            let returned = arrow.body.as_expression().and_then(call_of)?;
            return is_request(returned, bindings).then_some((Each::Returns, method, returned.span.start));
        }
        Expression::ArrowFunctionExpression(arrow) => {
            finder.visit_arrow_function_body(&arrow.body);
            arrow.span.start
        }
        Expression::FunctionExpression(function) if function.r#async => {
            finder.visit_function_body(function.body.as_ref()?);
            function.span.start
        }
        _ => return None,
    };
    finder.found.then_some((Each::Waits, method, at))
}

/// Looks for a call of a tool.
struct Finder<'b, 'c, 's> {
    bindings: &'b mut Bindings<'c, 's>,
    found: bool,
}

impl<'a> Visit<'a> for Finder<'_, '_, '_> {
    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        self.found |= is_request(call, self.bindings);
        walk::walk_call_expression(self, call);
    }
}
