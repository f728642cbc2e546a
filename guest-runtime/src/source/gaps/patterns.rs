//! Patterns inside patterns.
//!
//! In `{ a: { b }, ...rest }` the engine forgets to leave `a` out of `rest`. It does leave out what has a target of
//! its own, so `a` gets one as well. And what it reads as an expression first (an assignment, the parameters of an
//! arrow function) it takes for no pattern where `[key]: { b }` has no default, so it gets one.

use super::Bridge;
use oxc::allocator::{ArenaBox, CloneIn};
use oxc::ast::ast::{
    AssignmentPattern, AssignmentTarget, AssignmentTargetMaybeDefault, AssignmentTargetProperty,
    AssignmentTargetPropertyProperty, AssignmentTargetWithDefault, BindingIdentifier, BindingPattern,
    BindingProperty, Expression, ObjectAssignmentTarget, ObjectPattern, PropertyKey,
};
use oxc::span::SPAN;

/// A default that changes nothing.
const NOTHING: &str = "void 0;";
/// A target that nobody reads.
const NOWHERE: &str = "[].taken = 0;";

impl<'a> Bridge<'a> {
    pub(super) fn mend_binding(&mut self, pattern: &mut ObjectPattern<'a>) {
        let mut taken = Vec::new();
        for property in pattern.properties.iter_mut().filter(|property| is_nested(property)) {
            taken.push((property.key.clone_in(self.allocator), property.computed));
            if property.computed
                && !matches!(property.value, BindingPattern::AssignmentPattern(_))
                && let Some(nothing) = self.expression(NOTHING)
            {
                let value = std::mem::replace(&mut property.value, self.new_name());
                let value = AssignmentPattern::new(SPAN, value, nothing, &self.builder);
                property.value = BindingPattern::AssignmentPattern(ArenaBox::new_in(value, &self.allocator));
            }
        }
        if pattern.rest.is_none() {
            return;
        }
        for (key, computed) in taken {
            let name = self.new_name();
            pattern.properties.push(BindingProperty::new(SPAN, key, name, false, computed, &self.builder));
        }
    }

    fn new_name(&mut self) -> BindingPattern<'a> {
        let name = self.allocator.alloc_str(&format!("$taken{}", self.taken));
        self.taken += 1;
        let name = BindingIdentifier::new(SPAN, name, &self.builder);
        BindingPattern::BindingIdentifier(ArenaBox::new_in(name, &self.allocator))
    }

    pub(super) fn mend_assignment(&self, pattern: &mut ObjectAssignmentTarget<'a>) {
        let mut taken = Vec::new();
        for property in pattern.properties.iter_mut().filter_map(nested) {
            taken.push((property.name.clone_in(self.allocator), property.computed));
            if property.computed
                && !matches!(property.binding, AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(_))
                && let (Some(nothing), Some(nowhere)) = (self.expression(NOTHING), self.nowhere())
            {
                let nowhere = AssignmentTargetMaybeDefault::from(nowhere);
                let binding = std::mem::replace(&mut property.binding, nowhere).into_assignment_target();
                let binding = AssignmentTargetWithDefault::new(SPAN, binding, nothing, &self.builder);
                property.binding = AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(
                    ArenaBox::new_in(binding, &self.allocator),
                );
            }
        }
        if pattern.rest.is_none() {
            return;
        }
        for (key, computed) in taken {
            let Some(nowhere) = self.nowhere() else { return };
            pattern.properties.push(self.property(key, nowhere, computed));
        }
    }

    fn nowhere(&self) -> Option<AssignmentTarget<'a>> {
        match self.expression(NOWHERE)? {
            Expression::AssignmentExpression(assignment) => Some(assignment.unbox().left),
            _ => None,
        }
    }

    fn property(
        &self,
        key: PropertyKey<'a>,
        target: AssignmentTarget<'a>,
        computed: bool,
    ) -> AssignmentTargetProperty<'a> {
        let property =
            AssignmentTargetPropertyProperty::new(SPAN, key, target.into(), computed, &self.builder);
        AssignmentTargetProperty::AssignmentTargetPropertyProperty(ArenaBox::new_in(
            property,
            &self.allocator,
        ))
    }
}

fn is_nested(property: &BindingProperty<'_>) -> bool {
    let pattern = match &property.value {
        BindingPattern::AssignmentPattern(assignment) => &assignment.left,
        pattern => pattern,
    };
    !matches!(pattern, BindingPattern::BindingIdentifier(_))
}

fn nested<'b, 'a>(
    property: &'b mut AssignmentTargetProperty<'a>,
) -> Option<&'b mut AssignmentTargetPropertyProperty<'a>> {
    let AssignmentTargetProperty::AssignmentTargetPropertyProperty(property) = property else { return None };
    let target = match &property.binding {
        AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(binding) => Some(&binding.binding),
        target => target.as_assignment_target(),
    };
    target?.as_assignment_target_pattern()?;
    Some(property)
}
