//! Whether the arguments of a call can be a tool's, as far as its text shows.

use super::literal::{self, Kind};
use crate::nearest;
use guest_protocol::message::{Inner, JsonType, ObjectShape, ParameterShape, Severity, ToolShape};
use oxc::ast::ast::{Argument, Expression, ObjectExpression, ObjectPropertyKind, PropertyKey};
use oxc::span::GetSpan;

/// Values of an enumeration that a message lists.
const LISTED_MAX: usize = 12;

/// One thing that is wrong with a call.
pub(super) struct Wrong {
    pub(super) severity: Severity,
    pub(super) rule: &'static str,
    /// Byte offset; `None` is the call itself.
    pub(super) at: Option<u32>,
    pub(super) message: String,
    pub(super) near: Option<String>,
}

/// What is known of the arguments of one call.
struct Given<'t> {
    tool: &'t ToolShape,
    names: Vec<&'t str>,
    wrong: Vec<Wrong>,
    /// Something could not be seen: a spread, a computed name, a value that may be the whole object.
    hidden: bool,
}

/// Everything wrong with `arguments` for `tool`. They are bound as they are when the call is made.
pub(super) fn check(tool: &ToolShape, arguments: &[Argument<'_>]) -> Vec<Wrong> {
    let mut given = Given { tool, names: Vec::new(), wrong: Vec::new(), hidden: false };
    for (place, argument) in arguments.iter().enumerate() {
        let last = place + 1 == arguments.len();
        match argument.as_expression().map(Expression::get_inner_expression) {
            // After a spread nobody can say which parameter a value is for.
            None => {
                given.hidden = true;
                return given.wrong;
            }
            Some(Expression::ObjectExpression(object)) if last && !is_value(tool, place, object) => {
                given.named(object);
            }
            Some(value) => given.positional(place, arguments.len(), value),
        }
    }
    given.missing();
    given.wrong
}

/// Whether an object at the end is one parameter's value, not the parameters by name.
fn is_value(tool: &ToolShape, place: usize, object: &ObjectExpression<'_>) -> bool {
    let takes = tool.parameters.get(place).is_some_and(|it| it.types.contains(&JsonType::Object));
    let known = |name: &str| tool.parameters.iter().any(|parameter| parameter.name == name);
    let names: Vec<Option<&str>> = object.properties.iter().map(name_of).collect();
    takes
        && (place > 0 || !tool.open)
        && !names.is_empty()
        && !names.iter().any(|name| name.is_none_or(known))
}

/// The name of a property, where the text shows it.
fn name_of<'o>(property: &'o ObjectPropertyKind<'_>) -> Option<&'o str> {
    let ObjectPropertyKind::ObjectProperty(property) = property else { return None };
    match &property.key {
        PropertyKey::StaticIdentifier(name) => Some(name.name.as_str()),
        PropertyKey::StringLiteral(name) => Some(name.value.as_str()),
        _ => None,
    }
}

impl<'t> Given<'t> {
    fn say(&mut self, rule: &'static str, at: Option<u32>, message: String, near: Option<String>) {
        self.wrong.push(Wrong { severity: Severity::Error, rule, at, message, near });
    }

    fn positional(&mut self, place: usize, all: usize, value: &Expression<'_>) {
        let seen = literal::kind(value).is_some();
        // What is not a literal may be an object with everything in it, if it stands last.
        self.hidden |= !seen && place + 1 == all;
        match self.tool.parameters.get(place) {
            Some(parameter) if seen || all > 1 => self.parameter(parameter, value),
            None if seen => {
                let most = self.tool.parameters.len();
                let message = format!("{} takes {most} arguments; this is one more.", self.tool.identifier);
                self.say("argument-count", Some(value.span().start), message, None);
            }
            _ => self.hidden = true,
        }
    }

    fn named(&mut self, object: &ObjectExpression<'_>) {
        let tool = self.tool;
        for property in &object.properties {
            let (Some(name), ObjectPropertyKind::ObjectProperty(property)) = (name_of(property), property)
            else {
                self.hidden = true;
                continue;
            };
            match tool.parameters.iter().find(|parameter| parameter.name == name) {
                Some(parameter) => self.parameter(parameter, &property.value),
                None if tool.open => {}
                None => {
                    let names = tool.parameters.iter().map(|parameter| parameter.name.as_str());
                    let free: Vec<&str> = names.filter(|known| !self.names.contains(known)).collect();
                    let near = nearest::one(name, free.into_iter()).map(str::to_owned);
                    let message = format!("{} has no argument `{name}`.", tool.identifier);
                    self.say("unknown-argument", Some(property.key.span().start), message, near);
                }
            }
        }
    }

    fn parameter(&mut self, parameter: &'t ParameterShape, value: &Expression<'_>) {
        if literal::is_undefined(value) {
            return;
        }
        self.names.push(&parameter.name);
        self.value(&parameter.name, &parameter.types, &parameter.inner, value);
    }

    fn missing(&mut self) {
        if self.hidden {
            return;
        }
        let required = self.tool.parameters.iter().filter(|parameter| parameter.required);
        for parameter in
            required.filter(|parameter| !self.names.contains(&parameter.name.as_str())).collect::<Vec<_>>()
        {
            let message = format!("`{}` is missing: {} needs it.", parameter.name, self.tool.identifier);
            self.say("missing-argument", None, message, None);
        }
    }

    /// A value at `path`, and what is in it.
    fn value(&mut self, path: &str, types: &[JsonType], inner: &Inner, value: &Expression<'_>) {
        let value = value.get_inner_expression();
        let Some(kind) = literal::kind(value) else { return };
        if !types.is_empty() && !types.iter().any(|allowed| kind.fits(*allowed)) {
            return self.misfit(path, types, kind, value);
        }
        match (inner, value) {
            (Inner::Values(values), value) => self.one_of(path, values, value),
            (Inner::Items(of), Expression::ArrayExpression(array)) => {
                let elements = array.elements.iter().enumerate();
                for (place, element) in elements.filter_map(|(place, it)| Some((place, it.as_expression()?)))
                {
                    self.value(&format!("{path}[{place}]"), &of.types, &of.inner, element);
                }
            }
            (Inner::Properties(shape), Expression::ObjectExpression(object)) => {
                self.object(path, shape, object)
            }
            _ => {}
        }
    }

    fn misfit(&mut self, path: &str, types: &[JsonType], kind: Kind, value: &Expression<'_>) {
        let allowed: Vec<_> = types.iter().map(|allowed| literal::word(*allowed)).collect();
        let (tool, allowed) = (&self.tool.identifier, allowed.join(" or "));
        let message = format!("`{path}` of {tool} is {allowed}, not {}.", kind.word());
        self.say("argument-type", Some(value.span().start), message, None);
    }

    fn one_of(&mut self, path: &str, values: &[String], value: &Expression<'_>) {
        let Some(given) = literal::scalar(value) else { return };
        if values.iter().any(|allowed| literal::same(allowed, &given)) {
            return;
        }
        let mut listed = values.get(..values.len().min(LISTED_MAX)).unwrap_or_default().join(", ");
        if values.len() > LISTED_MAX {
            listed.push_str(&format!(", … ({} in all)", values.len()));
        }
        let near = nearest::one(&given, values.iter().map(String::as_str)).map(str::to_owned);
        let message = format!("`{path}` of {} is one of {listed}, not {given}.", self.tool.identifier);
        self.say("argument-value", Some(value.span().start), message, near);
    }

    fn object(&mut self, path: &str, shape: &ObjectShape, object: &ObjectExpression<'_>) {
        let (mut names, mut hidden) = (Vec::new(), false);
        for property in &object.properties {
            let (Some(name), ObjectPropertyKind::ObjectProperty(property)) = (name_of(property), property)
            else {
                hidden = true;
                continue;
            };
            match shape.properties.iter().find(|known| known.name == name) {
                Some(_) if literal::is_undefined(&property.value) => {}
                Some(known) => {
                    names.push(name);
                    self.value(&format!("{path}.{name}"), &known.types, &known.inner, &property.value);
                }
                None => self.unknown_inside(path, shape, name, property.key.span().start),
            }
        }
        let required = shape.properties.iter().filter(|known| known.required && !hidden);
        for known in required.filter(|known| !names.contains(&known.name.as_str())) {
            let message = format!("`{path}.{}` is missing: {} needs it.", known.name, self.tool.identifier);
            self.say("missing-argument", Some(object.span.start), message, None);
        }
    }

    /// A schema that does not forbid other properties lets this one pass: then it is a warning, if a known one is near.
    fn unknown_inside(&mut self, path: &str, shape: &ObjectShape, name: &str, at: u32) {
        let near = nearest::one(name, shape.properties.iter().map(|known| known.name.as_str()));
        if !shape.closed && near.is_none() {
            return;
        }
        self.wrong.push(Wrong {
            severity: if shape.closed { Severity::Error } else { Severity::Warning },
            rule: "unknown-argument",
            at: Some(at),
            message: format!("`{path}` of {} has no `{name}`.", self.tool.identifier),
            near: near.map(str::to_owned),
        });
    }
}
