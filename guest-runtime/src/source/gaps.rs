//! What the engine gets wrong, written so that it gets it right.

mod fields;
mod patterns;

use oxc::allocator::Allocator;
use oxc::ast::ast::{
    Argument, Class, ClassElement, Expression, ObjectAssignmentTarget, ObjectPattern, Program, Statement,
    ThrowStatement,
};
use oxc::ast::builder::AstBuilder;
use oxc::ast_visit::{VisitMut, walk_mut};
use oxc::parser::Parser;
use oxc::span::SourceType;

/// The function of the realm that the operand of a `throw` passes through.
pub(crate) const THROWN: &str = "oubliette$thrown";

/// Rewrites what the engine gets wrong.
pub(super) fn bridge<'a>(program: &mut Program<'a>, allocator: &'a Allocator) {
    Bridge { allocator, builder: AstBuilder::new(allocator), taken: 0 }.visit_program(program);
}

struct Bridge<'a> {
    allocator: &'a Allocator,
    builder: AstBuilder<'a>,
    /// Names that were made so far.
    taken: usize,
}

impl<'a> VisitMut<'a> for Bridge<'a> {
    /// The engine forgets where something was thrown unless it is an Error: the realm remembers it.
    fn visit_throw_statement(&mut self, throw: &mut ThrowStatement<'a>) {
        walk_mut::walk_throw_statement(self, throw);
        if matches!(throw.argument, Expression::NewExpression(_)) {
            return;
        }
        let Some(call) = self.expression(&format!("{THROWN}(0);")) else { return };
        let thrown = std::mem::replace(&mut throw.argument, call);
        if let Expression::CallExpression(call) = &mut throw.argument {
            call.arguments.clear();
            call.arguments.push(Argument::from(thrown));
        }
    }

    fn visit_object_pattern(&mut self, pattern: &mut ObjectPattern<'a>) {
        walk_mut::walk_object_pattern(self, pattern);
        self.mend_binding(pattern);
    }

    fn visit_object_assignment_target(&mut self, target: &mut ObjectAssignmentTarget<'a>) {
        walk_mut::walk_object_assignment_target(self, target);
        self.mend_assignment(target);
    }

    fn visit_class(&mut self, class: &mut Class<'a>) {
        walk_mut::walk_class(self, class);
        self.set_fields_later(class);
    }
}

impl<'a> Bridge<'a> {
    fn statement(&self, text: &str) -> Option<Statement<'a>> {
        let text = self.allocator.alloc_str(text);
        let mut parsed = Parser::new(self.allocator, text, SourceType::mjs()).parse().program;
        super::shape::unplace(&mut parsed);
        parsed.body.pop()
    }

    fn expression(&self, text: &str) -> Option<Expression<'a>> {
        match self.statement(text)? {
            Statement::ExpressionStatement(statement) => Some(statement.unbox().expression),
            _ => None,
        }
    }

    fn element(&self, text: &str) -> Option<ClassElement<'a>> {
        match self.statement(text)? {
            Statement::ClassDeclaration(class) => class.unbox().body.unbox().body.pop(),
            _ => None,
        }
    }
}
