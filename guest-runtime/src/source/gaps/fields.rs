//! Fields that run code.
//!
//! While the fields of an instance are made the engine holds its class, and ends when anything changes the class:
//! `id = ++Order.count`, `id = nextId()`. From the first field that may run code on, a method sets them, which is
//! called where the fields would have been made.

use super::Bridge;
use oxc::allocator::CloneIn;
use oxc::ast::ast::{
    ArrowFunctionExpression, AssignmentExpression, AssignmentTarget, CallExpression, Class, ClassElement,
    Expression, Function, FunctionBody, IdentifierReference, ImportExpression, MethodDefinition,
    MethodDefinitionKind, NewExpression, PropertyDefinition, PropertyKey, SpreadElement, Statement,
    TaggedTemplateExpression, UnaryExpression, UpdateExpression,
};
use oxc::ast_visit::{Visit, VisitMut, walk, walk_mut};
use oxc::syntax::operator::UnaryOperator;
use oxc::syntax::scope::ScopeFlags;

/// The private method that a class's later fields move into. It returns its `this`.
const FIELDS: &str = "#fields$";
/// What can be made without changing a class.
const PLAIN: [&str; 6] = ["Array", "Date", "Map", "Set", "WeakMap", "WeakSet"];

impl<'a> Bridge<'a> {
    pub(super) fn set_fields_later(&self, class: &mut Class<'a>) {
        let name = class.id.as_ref().map(|id| id.name.as_str());
        let first = class.body.body.iter().position(|element| runs_code(element, name));
        let Some(first) = first else { return };
        if class.body.body[first..].iter().filter_map(field).any(must_stay) {
            return;
        }
        let Some(mut method) = self.element(&format!("class A {{ {FIELDS}() {{ return this; }} }}")) else {
            return;
        };
        if !self.call_fields(class) {
            return;
        }
        let Some(body) = body(&mut method) else { return };
        for element in &mut class.body.body[first..] {
            let ClassElement::PropertyDefinition(field) = element else { continue };
            if let Some(set) = self.setting(field) {
                let last = body.statements.len() - 1;
                body.statements.insert(last, set);
            }
        }
        class.body.body.push(method);
    }

    /// `this.name = value`, with the value of `field` taken out of it. `None` for what can stay.
    fn setting(&self, field: &mut PropertyDefinition<'a>) -> Option<Statement<'a>> {
        let place = place(field).filter(|_| !field.r#static)?;
        let mut set = self.statement(&format!("{place} = 0;"))?;
        let value = field.value.take_if(|value| !is_function(value))?;
        if let Statement::ExpressionStatement(set) = &mut set
            && let Expression::AssignmentExpression(assignment) = &mut set.expression
        {
            assignment.right = value;
            if let AssignmentTarget::ComputedMemberExpression(member) = &mut assignment.left
                && let Some(key) = field.key.as_expression()
            {
                member.expression = key.clone_in(self.allocator);
            }
        }
        Some(set)
    }

    /// Calls the method where the fields are made: at the start of the constructor, or behind `super()`. Whether
    /// there is such a place.
    fn call_fields(&self, class: &mut Class<'a>) -> bool {
        let derived = class.heritage.is_some();
        let found = class.body.body.iter_mut().find_map(constructor);
        let call = self.statement(&format!("this.{FIELDS}();"));
        match (found.and_then(|constructor| constructor.value.body.as_mut()), call) {
            (None, _) => {
                let (parameters, call) = if derived { ("...list", "super(...list);") } else { ("", "") };
                let text = format!("class A {{ constructor({parameters}) {{ {call} this.{FIELDS}(); }} }}");
                let made = self.element(&text);
                let is_made = made.is_some();
                class.body.body.extend(made);
                is_made
            }
            (Some(_), None) => false,
            (Some(body), Some(call)) => {
                let at = if derived {
                    body.statements.iter().position(is_super).map(|at| at + 1)
                } else {
                    Some(0)
                };
                match at {
                    Some(at) => body.statements.insert(at, call),
                    None => BehindSuper { bridge: self }.visit_function_body(body),
                }
                true
            }
        }
    }
}

/// Makes `super(…)` give what the method gives, wherever it stands.
struct BehindSuper<'b, 'a> {
    bridge: &'b Bridge<'a>,
}

impl<'a> VisitMut<'a> for BehindSuper<'_, 'a> {
    fn visit_expression(&mut self, expression: &mut Expression<'a>) {
        walk_mut::walk_expression(self, expression);
        let is_super = matches!(expression, Expression::CallExpression(call) if matches!(call.callee, Expression::Super(_)));
        if is_super
            && let Some(mut both) = self.bridge.expression(&format!("(0, this.{FIELDS}());"))
            && let Expression::ParenthesizedExpression(inner) = &mut both
            && let Expression::SequenceExpression(sequence) = &mut inner.expression
            && let Some(first) = sequence.expressions.first_mut()
        {
            std::mem::swap(first, expression);
            *expression = both;
        }
    }
    fn visit_function(&mut self, _: &mut Function<'a>, _: ScopeFlags) {}
    fn visit_class(&mut self, _: &mut Class<'a>) {}
}

fn field<'b, 'a>(element: &'b ClassElement<'a>) -> Option<&'b PropertyDefinition<'a>> {
    match element {
        ClassElement::PropertyDefinition(field) if !field.r#static && !field.declare => Some(field),
        _ => None,
    }
}

/// How a field is written from within, with any key for one that is a literal; `None` where that takes more.
fn place(field: &PropertyDefinition<'_>) -> Option<String> {
    match &field.key {
        PropertyKey::StaticIdentifier(name) if !field.computed => Some(format!("this.{}", name.name)),
        PropertyKey::PrivateIdentifier(name) => Some(format!("this.#{}", name.name)),
        PropertyKey::StringLiteral(_) | PropertyKey::NumericLiteral(_) => Some("this[0]".to_owned()),
        _ => None,
    }
}

/// A field that cannot move, and may need one before it.
fn must_stay(field: &PropertyDefinition<'_>) -> bool {
    let is_plain = |value: &Expression<'_>| value.is_literal() || is_function(value);
    place(field).is_none() && !field.value.as_ref().is_none_or(is_plain)
}

/// What has a name from the field that it stands in, and does nothing yet.
fn is_function(value: &Expression<'_>) -> bool {
    matches!(
        value.get_inner_expression(),
        Expression::ArrowFunctionExpression(_)
            | Expression::FunctionExpression(_)
            | Expression::ClassExpression(_)
    )
}

fn is_super(statement: &Statement<'_>) -> bool {
    let Statement::ExpressionStatement(statement) = statement else { return false };
    matches!(&statement.expression, Expression::CallExpression(call) if matches!(call.callee, Expression::Super(_)))
}

fn constructor<'b, 'a>(element: &'b mut ClassElement<'a>) -> Option<&'b mut MethodDefinition<'a>> {
    match element {
        ClassElement::MethodDefinition(method)
            if method.kind == MethodDefinitionKind::Constructor && method.value.body.is_some() =>
        {
            Some(method)
        }
        _ => None,
    }
}

fn body<'b, 'a>(element: &'b mut ClassElement<'a>) -> Option<&'b mut FunctionBody<'a>> {
    match element {
        ClassElement::MethodDefinition(method) => method.value.body.as_deref_mut(),
        _ => None,
    }
}

/// Whether an element is a field whose value is more than looked up. A getter of the class may run too.
fn runs_code(element: &ClassElement<'_>, class: Option<&str>) -> bool {
    let Some(value) = field(element).and_then(|field| field.value.as_ref()) else { return false };
    let mut search = Search { class, found: false };
    search.visit_expression(value);
    search.found
}

struct Search<'b> {
    class: Option<&'b str>,
    found: bool,
}

impl<'a> Visit<'a> for Search<'_> {
    fn visit_identifier_reference(&mut self, name: &IdentifierReference<'a>) {
        self.found |= self.class == Some(name.name.as_str());
    }
    fn visit_new_expression(&mut self, new: &NewExpression<'a>) {
        self.found |=
            !matches!(&new.callee, Expression::Identifier(name) if PLAIN.contains(&name.name.as_str()));
        walk::walk_new_expression(self, new);
    }
    fn visit_unary_expression(&mut self, unary: &UnaryExpression<'a>) {
        self.found |= unary.operator == UnaryOperator::Delete;
        walk::walk_unary_expression(self, unary);
    }
    fn visit_call_expression(&mut self, _: &CallExpression<'a>) {
        self.found = true;
    }
    fn visit_tagged_template_expression(&mut self, _: &TaggedTemplateExpression<'a>) {
        self.found = true;
    }
    fn visit_import_expression(&mut self, _: &ImportExpression<'a>) {
        self.found = true;
    }
    fn visit_spread_element(&mut self, _: &SpreadElement<'a>) {
        self.found = true;
    }
    fn visit_assignment_expression(&mut self, _: &AssignmentExpression<'a>) {
        self.found = true;
    }
    fn visit_update_expression(&mut self, _: &UpdateExpression<'a>) {
        self.found = true;
    }
    fn visit_function(&mut self, _: &Function<'a>, _: ScopeFlags) {}
    fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {}
}
