//! What the engine gets wrong, written so that it gets it right.

use oxc::allocator::{Allocator, CloneIn};
use oxc::ast::ast::{
    Argument, BindingIdentifier, BindingPattern, BindingProperty, Class, ClassElement, Expression, Function,
    IdentifierReference, MethodDefinitionKind, ObjectPattern, Program, PropertyDefinition, PropertyKey,
    Statement, ThrowStatement,
};
use oxc::ast::builder::AstBuilder;
use oxc::ast_visit::{Visit, VisitMut, walk_mut};
use oxc::parser::Parser;
use oxc::span::{SPAN, SourceType};

/// The private method that a class's later fields move into.
const FIELDS: &str = "#fields$";

/// The function of the realm that the operand of a `throw` passes through.
pub(crate) const THROWN: &str = "oubliette$thrown";

/// Rewrites what the engine gets wrong.
pub(super) fn bridge<'a>(program: &mut Program<'a>, allocator: &'a Allocator) {
    Bridge { allocator, builder: AstBuilder::new(allocator), taken: 0 }.visit_program(program);
}

struct Bridge<'a> {
    allocator: &'a Allocator,
    builder: AstBuilder<'a>,
    taken: usize,
}

impl<'a> VisitMut<'a> for Bridge<'a> {
    /// The engine forgets where something was thrown unless it is an Error: the realm remembers it.
    fn visit_throw_statement(&mut self, throw: &mut ThrowStatement<'a>) {
        walk_mut::walk_throw_statement(self, throw);
        if matches!(throw.argument, Expression::NewExpression(_)) {
            return;
        }
        let Some(Statement::ExpressionStatement(call)) = self.statement(&format!("{}(0);", THROWN)) else {
            return;
        };
        let thrown = std::mem::replace(&mut throw.argument, call.unbox().expression);
        if let Expression::CallExpression(call) = &mut throw.argument {
            call.arguments.clear();
            call.arguments.push(Argument::from(thrown));
        }
    }

    /// In `{ a: { b }, ...rest }` the engine forgets to leave `a` out of `rest`. It does leave out what is bound to
    /// a name, so `a` is bound to one as well.
    fn visit_object_pattern(&mut self, pattern: &mut ObjectPattern<'a>) {
        walk_mut::walk_object_pattern(self, pattern);
        if pattern.rest.is_none() {
            return;
        }
        let nested: Vec<_> = pattern.properties.iter().filter(|property| is_nested(property)).collect();
        let names: Vec<_> = nested.iter().map(|property| property.key.clone_in(self.allocator)).collect();
        for key in names {
            let name = self.allocator.alloc_str(&format!("$taken{}", self.taken));
            self.taken += 1;
            let name = BindingIdentifier::new(SPAN, name, &self.builder);
            let name =
                BindingPattern::BindingIdentifier(oxc::allocator::ArenaBox::new_in(name, &self.allocator));
            pattern.properties.push(BindingProperty::new(SPAN, key, name, false, false, &self.builder));
        }
    }

    /// While the fields of an instance are made the engine holds its class, and ends when one of them changes it:
    /// `id = ++Order.count`. From the first field that names the class on, they are set by a method.
    fn visit_class(&mut self, class: &mut Class<'a>) {
        walk_mut::walk_class(self, class);
        let Some(name) = class.id.as_ref().map(|id| id.name.as_str()) else { return };
        let first =
            class.body.body.iter().position(|element| field(element).is_some_and(|field| names(field, name)));
        let Some(first) = first else { return };
        let later = &class.body.body[first..];
        if later.iter().filter_map(field).any(|field| place(field).is_none()) || !self.call_fields(class) {
            return;
        }
        let Some(mut method) = self.element(&format!("class A {{ {FIELDS}() {{}} }}")) else { return };
        for element in &mut class.body.body[first..] {
            let ClassElement::PropertyDefinition(field) = element else { continue };
            let Some(place) = place(field).filter(|_| !field.r#static) else { continue };
            if let Some(value) = field.value.take_if(|value| !is_function(value))
                && let Some(body) = function(&mut method).and_then(|function| function.body.as_mut())
                && let Some(Statement::ExpressionStatement(mut set)) =
                    self.statement(&format!("{place} = 0;"))
            {
                if let Expression::AssignmentExpression(assignment) = &mut set.expression {
                    assignment.right = value;
                }
                body.statements.push(Statement::ExpressionStatement(set));
            }
        }
        class.body.body.push(method);
    }
}

impl<'a> Bridge<'a> {
    /// Calls the method where the fields are made: at the start of the constructor, or behind `super()`. Whether
    /// there is such a place.
    fn call_fields(&self, class: &mut Class<'a>) -> bool {
        let derived = class.heritage.is_some();
        let constructor = class.body.body.iter_mut().find_map(|element| match element {
            ClassElement::MethodDefinition(method) if method.kind == MethodDefinitionKind::Constructor => {
                method.value.body.as_mut()
            }
            _ => None,
        });
        let Some(body) = constructor else {
            let (parameters, call) = if derived { ("...list", "super(...list);") } else { ("", "") };
            let text = format!("class A {{ constructor({parameters}) {{ {call} this.{FIELDS}(); }} }}");
            let made = self.element(&text);
            let found = made.is_some();
            class.body.body.extend(made);
            return found;
        };
        let at = if derived { body.statements.iter().position(is_super).map(|at| at + 1) } else { Some(0) };
        let call = self.statement(&format!("this.{FIELDS}();"));
        match (at, call) {
            (Some(at), Some(call)) => {
                body.statements.insert(at, call);
                true
            }
            _ => false,
        }
    }

    fn statement(&self, text: &str) -> Option<Statement<'a>> {
        let text = self.allocator.alloc_str(text);
        let mut parsed = Parser::new(self.allocator, text, SourceType::mjs()).parse().program;
        super::shape::unplace(&mut parsed);
        parsed.body.pop()
    }

    fn element(&self, text: &str) -> Option<ClassElement<'a>> {
        match self.statement(text)? {
            Statement::ClassDeclaration(class) => class.unbox().body.unbox().body.pop(),
            _ => None,
        }
    }
}

fn is_nested(property: &BindingProperty<'_>) -> bool {
    let pattern = match &property.value {
        BindingPattern::AssignmentPattern(assignment) => &assignment.left,
        pattern => pattern,
    };
    !property.computed && !matches!(pattern, BindingPattern::BindingIdentifier(_))
}

fn field<'b, 'a>(element: &'b ClassElement<'a>) -> Option<&'b PropertyDefinition<'a>> {
    match element {
        ClassElement::PropertyDefinition(field) if !field.r#static && !field.declare => Some(field),
        _ => None,
    }
}

/// How a field is written from within; `None` where that takes more than a name.
fn place(field: &PropertyDefinition<'_>) -> Option<String> {
    match &field.key {
        PropertyKey::StaticIdentifier(name) if !field.computed => Some(format!("this.{}", name.name)),
        PropertyKey::PrivateIdentifier(name) => Some(format!("this.#{}", name.name)),
        _ => None,
    }
}

fn names(field: &PropertyDefinition<'_>, class: &str) -> bool {
    let mut search = Search { class, found: false };
    if let Some(value) = &field.value {
        search.visit_expression(value);
    }
    search.found
}

struct Search<'b> {
    class: &'b str,
    found: bool,
}

impl<'a> Visit<'a> for Search<'_> {
    fn visit_identifier_reference(&mut self, name: &IdentifierReference<'a>) {
        self.found |= name.name == self.class;
    }
}

/// What has a name from the field that it stands in, and does nothing yet.
fn is_function(value: &Expression<'_>) -> bool {
    matches!(
        value,
        Expression::ArrowFunctionExpression(_)
            | Expression::FunctionExpression(_)
            | Expression::ClassExpression(_)
    )
}

fn is_super(statement: &Statement<'_>) -> bool {
    let Statement::ExpressionStatement(statement) = statement else { return false };
    matches!(&statement.expression, Expression::CallExpression(call) if matches!(call.callee, Expression::Super(_)))
}

fn function<'b, 'a>(method: &'b mut ClassElement<'a>) -> Option<&'b mut Function<'a>> {
    match method {
        ClassElement::MethodDefinition(method) => Some(&mut method.value),
        _ => None,
    }
}
