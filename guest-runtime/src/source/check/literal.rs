//! What a literal in a program's text is, as JSON would say it.

use guest_protocol::message::JsonType;
use oxc::ast::ast::{Expression, UnaryOperator};

/// The type of a literal. A number with a fraction is a number, one without an integer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind(JsonType);

impl Kind {
    pub(super) fn fits(self, allowed: JsonType) -> bool {
        self.0 == allowed || (self.0 == JsonType::Integer && allowed == JsonType::Number)
    }

    pub(super) fn word(self) -> &'static str {
        word(self.0)
    }
}

/// The type of `value`, where it is a literal.
pub(super) fn kind(value: &Expression<'_>) -> Option<Kind> {
    Some(Kind(match value.get_inner_expression() {
        Expression::NullLiteral(_) => JsonType::Null,
        Expression::BooleanLiteral(_) => JsonType::Boolean,
        Expression::StringLiteral(_) | Expression::TemplateLiteral(_) => JsonType::String,
        Expression::ArrayExpression(_) => JsonType::Array,
        Expression::ObjectExpression(_) => JsonType::Object,
        other if number(other)?.fract() == 0.0 => JsonType::Integer,
        _ => JsonType::Number,
    }))
}

fn number(value: &Expression<'_>) -> Option<f64> {
    match value.get_inner_expression() {
        Expression::NumericLiteral(number) => Some(number.value),
        Expression::UnaryExpression(unary) => match unary.operator {
            UnaryOperator::UnaryNegation => number(&unary.argument).map(|number| -number),
            UnaryOperator::UnaryPlus => number(&unary.argument),
            _ => None,
        },
        _ => None,
    }
}

/// The JSON text of a scalar, where all of it stands in the program.
pub(super) fn scalar(value: &Expression<'_>) -> Option<String> {
    let text = |text: &str| serde_json::to_string(text).ok();
    match value.get_inner_expression() {
        Expression::NullLiteral(_) => Some("null".to_owned()),
        Expression::BooleanLiteral(truth) => Some(truth.value.to_string()),
        Expression::StringLiteral(string) => text(&string.value),
        Expression::TemplateLiteral(_) => text(&plain_template(value)?),
        other => number(other).map(|number| number.to_string()),
    }
}

/// The text of a template without anything to fill in, or of a string.
pub(super) fn plain_template(value: &Expression<'_>) -> Option<String> {
    match value.get_inner_expression() {
        Expression::StringLiteral(string) => Some(string.value.to_string()),
        Expression::TemplateLiteral(template) if template.expressions.is_empty() => {
            let only = template.quasis.first()?;
            Some(only.value.cooked.as_ref()?.to_string())
        }
        _ => None,
    }
}

/// Whether two JSON texts are the same scalar: numbers have several.
pub(super) fn same(allowed: &str, given: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    allowed == given || number(allowed).is_some_and(|allowed| number(given) == Some(allowed))
}

/// Whether `value` is the word `undefined`, which passes nothing.
pub(super) fn is_undefined(value: &Expression<'_>) -> bool {
    matches!(value.get_inner_expression(), Expression::Identifier(name) if name.name == "undefined")
}

pub(super) fn word(of: JsonType) -> &'static str {
    match of {
        JsonType::Null => "null",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "an integer",
        JsonType::Number => "a number",
        JsonType::String => "a string",
        JsonType::Array => "an array",
        JsonType::Object => "an object",
    }
}
