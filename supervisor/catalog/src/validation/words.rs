//! What does not fit, a line each: where, what was given, what is allowed, what to write.

use super::slips::{advice, shown};
use super::{circles, path};
use crate::schema::clean;
use crate::suggest;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

/// Most problems of one call that are told.
const MAX_PROBLEMS: usize = 5;
/// Alternatives inside each other that are looked into.
const MAX_DEPTH: usize = 8;
/// Most values, and names, that are listed.
const MAX_LISTED: usize = 12;
/// Longest line, characters.
const MAX_LINE: usize = 400;

/// The problems that `errors` are, without those that say the same.
pub(super) fn problems(errors: &[ValidationError<'_>], arguments: &Value, schema: &Value) -> Vec<String> {
    let mut teller = Teller { arguments, schema, lines: Vec::new() };
    errors.iter().for_each(|error| teller.error(error, 0));
    let mut lines = teller.lines;
    let more = lines.len().saturating_sub(MAX_PROBLEMS);
    lines.truncate(MAX_PROBLEMS);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

struct Teller<'a> {
    arguments: &'a Value,
    /// The prepared one, which errors point into.
    schema: &'a Value,
    lines: Vec<String>,
}

impl Teller<'_> {
    fn error(&mut self, error: &ValidationError<'_>, depth: usize) {
        match error.kind() {
            ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
                self.alternatives(error, context, depth);
            }
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                unexpected.iter().for_each(|name| {
                    let line = self.unknown(error, name);
                    self.say(line);
                });
            }
            ValidationErrorKind::Required { property } => {
                let line = self.missing(error, property.as_str().unwrap_or_default());
                self.say(line);
            }
            kind => {
                let line = self.line(error, kind);
                self.say(line);
            }
        }
    }

    fn say(&mut self, line: String) {
        let line = clean(&line.replace('\n', " "), MAX_LINE);
        if !self.lines.contains(&line) {
            self.lines.push(line);
        }
    }

    /// What was meant is the alternative that most nearly fits: none of whose constants differ, with fewest errors.
    fn alternatives(
        &mut self,
        error: &ValidationError<'_>,
        context: &[Vec<ValidationError<'static>>],
        depth: usize,
    ) {
        let here = error.instance_path().as_str();
        let at_once = |one: &ValidationError<'_>| one.instance_path().as_str() == here;
        let rank = |errors: &&Vec<ValidationError<'static>>| {
            let of_type = errors.iter().any(|one| at_once(one) && wanted(one).is_some());
            let constant = errors.iter().any(|one| {
                matches!(one.kind(), ValidationErrorKind::Constant { .. } | ValidationErrorKind::Enum { .. })
            });
            (of_type, constant, errors.len())
        };
        let Some(best) = context.iter().min_by_key(rank) else { return };
        if rank(&best).0 || depth >= MAX_DEPTH {
            let each = context.iter().flatten().filter(|one| at_once(one)).filter_map(wanted).flatten();
            let mut types: Vec<JsonType> = Vec::new();
            each.for_each(|one| types.extend(Some(one).filter(|one| !types.contains(one))));
            let line = self.of_type(error, &types);
            return self.say(line);
        }
        let values: Vec<&Value> =
            context.iter().filter_map(|errors| only_value(errors, here)).flatten().collect();
        if best.iter().all(at_once) && rank(&best).1 && !values.is_empty() {
            let line = self.of_values(error, &values);
            return self.say(line);
        }
        best.iter().for_each(|one| self.error(one, depth + 1));
    }

    fn place(&self, error: &ValidationError<'_>) -> String {
        match path::of(error.instance_path().as_str(), self.arguments) {
            whole if whole.is_empty() => "the arguments".to_owned(),
            path => format!("`{path}`"),
        }
    }

    fn given<'e>(&'e self, error: &'e ValidationError<'_>) -> &'e Value {
        self.arguments.pointer(error.instance_path().as_str()).unwrap_or(&Value::Null)
    }

    fn line(&self, error: &ValidationError<'_>, kind: &ValidationErrorKind) -> String {
        let (place, given) = (self.place(error), shown(self.given(error)));
        let must = |what: String| format!("{place} is {given}; it must {what}.");
        match kind {
            ValidationErrorKind::Type { .. } => self.of_type(error, &wanted(error).unwrap_or_default()),
            ValidationErrorKind::Enum { options } => match options.as_array() {
                Some(values) => self.of_values(error, &values.iter().collect::<Vec<_>>()),
                None => must("be another value".into()),
            },
            ValidationErrorKind::Constant { expected_value } => must(format!("be {}", shown(expected_value))),
            ValidationErrorKind::Pattern { pattern } => {
                must(format!("match the pattern {}", clean(pattern, 120)))
            }
            ValidationErrorKind::Minimum { limit } => must(format!("be at least {limit}")),
            ValidationErrorKind::Maximum { limit } => must(format!("be at most {limit}")),
            ValidationErrorKind::ExclusiveMinimum { limit } => must(format!("be more than {limit}")),
            ValidationErrorKind::ExclusiveMaximum { limit } => must(format!("be less than {limit}")),
            ValidationErrorKind::MultipleOf { multiple_of } => {
                must(format!("be a multiple of {multiple_of}"))
            }
            ValidationErrorKind::MinLength { limit } => must(format!("have at least {limit} characters")),
            ValidationErrorKind::MaxLength { limit } => must(format!("have at most {limit} characters")),
            ValidationErrorKind::MinItems { limit } => must(format!("have at least {limit} elements")),
            ValidationErrorKind::MaxItems { limit } => must(format!("have at most {limit} elements")),
            ValidationErrorKind::AdditionalItems { limit } => must(format!("have at most {limit} elements")),
            ValidationErrorKind::MinProperties { limit } => must(format!("have at least {limit} properties")),
            ValidationErrorKind::MaxProperties { limit } => must(format!("have at most {limit} properties")),
            ValidationErrorKind::UniqueItems => {
                format!("{place} has an element twice; each may be there once.")
            }
            ValidationErrorKind::FalseSchema => format!("{place} may not be given; leave it out."),
            ValidationErrorKind::PropertyNames { .. } => {
                format!("{place} has a property whose name may not be used.")
            }
            ValidationErrorKind::OneOfMultipleValid { .. } => {
                format!(
                    "{place} fits several of the alternatives, and exactly one is allowed: leave out what belongs to others."
                )
            }
            kind => {
                format!("{place} is {given}, which breaks the rule \"{}\" of its schema.", kind.keyword())
            }
        }
    }

    fn of_type(&self, error: &ValidationError<'_>, types: &[JsonType]) -> String {
        let given = self.given(error);
        let words: Vec<&str> = types.iter().map(|of| word(*of)).collect();
        let words = if words.is_empty() { "something else".to_owned() } else { words.join(" or ") };
        let (place, shown) = (self.place(error), shown(given));
        format!("{place} is {} {shown}; it must be {words}.{}", noun(given), advice(given, types))
            .replace("  ", " ")
    }

    fn of_values(&self, error: &ValidationError<'_>, values: &[&Value]) -> String {
        let given = self.given(error);
        let mut listed: Vec<String> = values.iter().take(MAX_LISTED).map(|value| shown(value)).collect();
        if values.len() > MAX_LISTED {
            listed.push(format!("… ({} in all)", values.len()));
        }
        let words = values.iter().filter_map(|value| value.as_str());
        let near = given.as_str().and_then(|given| suggest::nearest(given, words, 1).first().copied());
        let meant = near.map(|near| format!(" Did you mean {}?", Value::from(near))).unwrap_or_default();
        format!("{} is {}; allowed: {}.{meant}", self.place(error), shown(given), listed.join(", "))
    }

    fn unknown(&self, error: &ValidationError<'_>, name: &str) -> String {
        let at = path::of(error.instance_path().as_str(), self.arguments);
        let known = self.beside(error).and_then(|schema| schema.get("properties")?.as_object());
        let names: Vec<&str> = known.into_iter().flat_map(|known| known.keys()).map(String::as_str).collect();
        let meant = match suggest::nearest(name, names.iter().copied(), 1).first() {
            Some(near) => format!(" Did you mean `{near}`?"),
            None if names.is_empty() => String::new(),
            None => format!(" Known: {}.", suggest::listed(names.into_iter())),
        };
        format!("`{}` is not known.{meant}", path::member(&at, name))
    }

    fn missing(&self, error: &ValidationError<'_>, name: &str) -> String {
        let at = path::of(error.instance_path().as_str(), self.arguments);
        let of = self.beside(error).and_then(|schema| schema.get("properties")?.get(name));
        let kind = of.and_then(|of| self.kind(of)).map(|kind| format!(" ({kind})")).unwrap_or_default();
        format!("`{}` is missing{kind}.", path::member(&at, name))
    }

    /// The schema whose keyword an error is about.
    fn beside(&self, error: &ValidationError<'_>) -> Option<&Value> {
        let (schema, _) = error.schema_path().as_str().rsplit_once('/')?;
        // A required name is one step further down.
        let keyword = |schema: &str| schema.rsplit('/').next() == Some("required");
        let schema = schema.strip_suffix("/required").filter(|_| keyword(schema)).unwrap_or(schema);
        self.schema.pointer(schema)
    }

    /// What a schema asks for, in a word or a few.
    fn kind(&self, schema: &Value) -> Option<String> {
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            let listed: Vec<String> = values.iter().take(MAX_LISTED).map(shown).collect();
            return Some(format!("one of {}", listed.join(", ")));
        }
        match schema.get("type") {
            Some(Value::String(of)) => Some(of.clone()),
            Some(Value::Array(each)) => {
                Some(each.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "))
            }
            _ => {
                let place = circles::place_of(schema.get("$ref")?)?;
                let definitions = ["$defs", "definitions"].iter().find_map(|key| self.schema.get(*key))?;
                let target = definitions.get(place.to_string())?;
                // One step is enough for a word.
                target.get("$ref").is_none().then(|| self.kind(target))?
            }
        }
    }
}

/// The types that an error asks for, where it is about a type.
fn wanted(error: &ValidationError<'_>) -> Option<Vec<JsonType>> {
    match error.kind() {
        ValidationErrorKind::Type { kind: TypeKind::Single(of) } => Some(vec![*of]),
        ValidationErrorKind::Type { kind: TypeKind::Multiple(each) } => Some(each.iter().collect()),
        _ => None,
    }
}

/// The values that an alternative allows, where it is nothing but them.
fn only_value<'e>(errors: &'e [ValidationError<'static>], here: &str) -> Option<Vec<&'e Value>> {
    let [error] = errors else { return None };
    match error.kind() {
        _ if error.instance_path().as_str() != here => None,
        ValidationErrorKind::Constant { expected_value } => Some(vec![expected_value]),
        ValidationErrorKind::Enum { options } => Some(options.as_array()?.iter().collect()),
        _ => None,
    }
}

fn word(of: JsonType) -> &'static str {
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

/// What `shown` does not say by itself.
fn noun(given: &Value) -> &'static str {
    match given {
        Value::String(_) => "the string",
        Value::Number(_) => "the number",
        _ => "",
    }
}
