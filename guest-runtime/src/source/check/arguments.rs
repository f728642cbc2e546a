//! Whether the arguments of a call can be a tool's, as far as its text shows.

use crate::nearest;
use guest_protocol::message::{JsonType, ParameterShape, ToolShape};
use oxc::ast::ast::{Argument, Expression, ObjectExpression, ObjectPropertyKind, PropertyKey, UnaryOperator};
use oxc::span::GetSpan;

/// One thing that is wrong with a call.
pub(super) struct Wrong {
    pub(super) rule: &'static str,
    /// Byte offset; `None` is the call itself.
    pub(super) at: Option<u32>,
    pub(super) message: String,
    pub(super) near: Option<String>,
}

/// What is known of the arguments of one call.
#[derive(Default)]
struct Given {
    names: Vec<String>,
    wrong: Vec<Wrong>,
    /// Something could not be seen: a spread, a computed name, a value that may be the whole object.
    hidden: bool,
}

/// Everything wrong with `arguments` for `tool`.
pub(super) fn check(tool: &ToolShape, arguments: &[Argument<'_>]) -> Vec<Wrong> {
    let mut given = Given::default();
    let mut required = tool.parameters.iter().filter(|parameter| parameter.required);
    for (index, argument) in arguments.iter().enumerate() {
        let last = index + 1 == arguments.len();
        match argument.as_expression().map(Expression::get_inner_expression) {
            None => given.hidden = true,
            Some(Expression::ObjectExpression(object)) if last => given.object(tool, object),
            Some(value) => {
                let whole = arguments.len() == 1 && kind(value).is_none();
                given.hidden |= whole || (last && kind(value).is_none());
                match required.next() {
                    Some(parameter) if !whole => given.value(tool, parameter, value),
                    _ => given.hidden = true,
                }
            }
        }
    }
    if !given.hidden {
        let missing = tool.parameters.iter().filter(|parameter| parameter.required);
        for parameter in missing.filter(|parameter| !given.names.contains(&parameter.name)) {
            let message = format!("`{}` is missing: {} needs it.", parameter.name, tool.identifier);
            given.wrong.push(Wrong { rule: "missing-argument", at: None, message, near: None });
        }
    }
    given.wrong
}

impl Given {
    fn object(&mut self, tool: &ToolShape, object: &ObjectExpression<'_>) {
        for property in &object.properties {
            let ObjectPropertyKind::ObjectProperty(property) = property else {
                self.hidden = true;
                continue;
            };
            let name = match &property.key {
                PropertyKey::StaticIdentifier(name) => name.name.as_str(),
                PropertyKey::StringLiteral(name) => name.value.as_str(),
                _ => {
                    self.hidden = true;
                    continue;
                }
            };
            match tool.parameters.iter().find(|parameter| parameter.name == name) {
                Some(parameter) => self.value(tool, parameter, property.value.get_inner_expression()),
                None if tool.open => {}
                None => self.unknown(tool, name, property.key.span().start),
            }
        }
    }

    fn unknown(&mut self, tool: &ToolShape, name: &str, at: u32) {
        let names = || tool.parameters.iter().map(|parameter| parameter.name.as_str());
        let free = names().filter(|known| !self.names.iter().any(|given| given == known));
        let near = nearest::one(name, free).map(str::to_owned);
        let message = format!("{} has no argument `{name}`.", tool.identifier);
        self.wrong.push(Wrong { rule: "unknown-argument", at: Some(at), message, near });
    }

    fn value(&mut self, tool: &ToolShape, parameter: &ParameterShape, value: &Expression<'_>) {
        if matches!(value, Expression::Identifier(name) if name.name == "undefined") {
            return;
        }
        self.names.push(parameter.name.clone());
        let Some(kind) = kind(value) else { return };
        if parameter.types.is_empty() || parameter.types.iter().any(|allowed| fits(kind, *allowed)) {
            return;
        }
        let allowed: Vec<_> = parameter.types.iter().map(|allowed| word(*allowed)).collect();
        let message = format!(
            "`{}` of {} is {}, not {}.",
            parameter.name,
            tool.identifier,
            allowed.join(" or "),
            word(kind)
        );
        let at = Some(value.span().start);
        self.wrong.push(Wrong { rule: "argument-type", at, message, near: None });
    }
}

/// The type of a literal. A number with a fraction is a number, one without an integer.
fn kind(value: &Expression<'_>) -> Option<JsonType> {
    Some(match value {
        Expression::NullLiteral(_) => JsonType::Null,
        Expression::BooleanLiteral(_) => JsonType::Boolean,
        Expression::NumericLiteral(number) if number.value.fract() == 0.0 => JsonType::Integer,
        Expression::NumericLiteral(_) => JsonType::Number,
        Expression::UnaryExpression(unary) if unary.operator == UnaryOperator::UnaryNegation => {
            return kind(&unary.argument).filter(|kind| matches!(kind, JsonType::Integer | JsonType::Number));
        }
        Expression::StringLiteral(_) | Expression::TemplateLiteral(_) => JsonType::String,
        Expression::ArrayExpression(_) => JsonType::Array,
        Expression::ObjectExpression(_) => JsonType::Object,
        _ => return None,
    })
}

fn fits(kind: JsonType, allowed: JsonType) -> bool {
    kind == allowed || (kind == JsonType::Integer && allowed == JsonType::Number)
}

fn word(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Null => "null",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "an integer",
        JsonType::Number => "a number",
        JsonType::String => "a string",
        JsonType::Array => "an array",
        JsonType::Object => "an object",
    }
}
