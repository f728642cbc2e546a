//! The places where the engine reports errors of calls and property reads, with the expression each is about.

use oxc::ast::ast::{
    CallExpression, ComputedMemberExpression, Expression, NewExpression, PrivateFieldExpression, Program,
    SequenceExpression, StaticMemberExpression,
};
use oxc::ast_visit::{Visit, walk};
use oxc::span::{GetSpan, Span};

/// An offset, and the span of the expression that an error there is about. Bytes.
#[derive(Clone, Copy)]
pub(super) struct Anchor {
    pub(super) at: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What one walk over the program finds.
#[derive(Default)]
pub(super) struct Anchors {
    /// In the order of their offsets.
    pub(super) found: Vec<Anchor>,
    /// The comma expression with the most operands, and where it is: the engine nests what is flat here.
    pub(super) longest_sequence: (usize, u32),
}

impl Anchors {
    /// Walks over `program`.
    pub(super) fn of(program: &Program<'_>) -> Self {
        let mut anchors = Self::default();
        anchors.visit_program(program);
        anchors.found.sort_by_key(|anchor| anchor.at);
        anchors
    }

    fn add(&mut self, at: u32, about: Span) {
        self.found.push(Anchor { at: at as usize, start: about.start as usize, end: about.end as usize });
    }
}

impl<'a> Visit<'a> for Anchors {
    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        walk::walk_call_expression(self, call);
        let about = call.callee.span();
        match call.callee.get_inner_expression() {
            Expression::Identifier(name) => self.add(name.span.start, name.span),
            Expression::StaticMemberExpression(_) | Expression::PrivateFieldExpression(_) => {}
            Expression::CallExpression(_) | Expression::ComputedMemberExpression(_) => {
                self.add(about.end, about)
            }
            callee => {
                self.add(callee.span().start, about);
                self.add(about.end, about);
            }
        }
    }

    fn visit_new_expression(&mut self, new: &NewExpression<'a>) {
        walk::walk_new_expression(self, new);
        self.add(new.span.start, new.callee.span());
    }

    fn visit_static_member_expression(&mut self, member: &StaticMemberExpression<'a>) {
        walk::walk_static_member_expression(self, member);
        self.add(member.property.span.start, member.span);
    }

    fn visit_computed_member_expression(&mut self, member: &ComputedMemberExpression<'a>) {
        self.add(member.expression.span().start, member.span);
        walk::walk_computed_member_expression(self, member);
    }

    fn visit_private_field_expression(&mut self, member: &PrivateFieldExpression<'a>) {
        walk::walk_private_field_expression(self, member);
        self.add(member.field.span.start, member.span);
    }

    fn visit_sequence_expression(&mut self, sequence: &SequenceExpression<'a>) {
        self.longest_sequence = self.longest_sequence.max((sequence.expressions.len(), sequence.span.start));
        walk::walk_sequence_expression(self, sequence);
    }
}
