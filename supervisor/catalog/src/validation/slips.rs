//! What a model usually meant where a value has another type than the schema asks for, and how that is written.

use crate::schema::clean;
use jsonschema::JsonType;
use serde_json::Value;

/// Longest value that is shown, characters.
const MAX_SHOWN: usize = 60;
/// Most members of a value that is shown.
const MAX_MEMBERS: usize = 8;

/// ` Write 5, without quotes.`, or nothing where no usual slip fits.
pub(super) fn advice(given: &Value, wanted: &[JsonType]) -> String {
    let wants = |of: JsonType| wanted.contains(&of);
    let number = wants(JsonType::Number) || wants(JsonType::Integer);
    let written = match given {
        Value::Null => Some("Leave it out, or give a value".to_owned()),
        Value::String(text) => in_a_string(text, wanted, number),
        Value::Number(figure) if wants(JsonType::String) => Some(format!("Write \"{figure}\", in quotes")),
        Value::Number(figure) if wants(JsonType::Integer) && figure.is_f64() => {
            Some("Use a whole number: Math.round, Math.floor or Math.ceil".to_owned())
        }
        Value::Bool(truth) if wants(JsonType::String) => Some(format!("Write \"{truth}\", in quotes")),
        Value::Object(_) if wants(JsonType::String) => Some("Pass JSON text: JSON.stringify(…)".to_owned()),
        Value::Array(items) if items.len() == 1 && !wants(JsonType::String) => {
            Some("Pass the one element, without the array".to_owned())
        }
        _ => None,
    };
    let listed = || format!("Write [{}], an array", shown(given));
    let written = written.or_else(|| (wants(JsonType::Array) && !given.is_array()).then(listed));
    written.map(|written| format!(" {written}.")).unwrap_or_default()
}

fn in_a_string(text: &str, wanted: &[JsonType], number: bool) -> Option<String> {
    let inside: Option<Value> = serde_json::from_str(text).ok();
    match inside {
        Some(Value::Number(_)) if number => Some(format!("Write {text}, without quotes")),
        Some(Value::Bool(_)) if wanted.contains(&JsonType::Boolean) => {
            Some(format!("Write {text}, without quotes"))
        }
        Some(Value::Object(_)) if wanted.contains(&JsonType::Object) => {
            Some("Pass the object itself, not JSON text of it".to_owned())
        }
        Some(Value::Array(_)) if wanted.contains(&JsonType::Array) => {
            Some("Pass the array itself, not JSON text of it".to_owned())
        }
        _ => None,
    }
}

/// A value as it was given: short ones whole.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => Value::from(clean(text, MAX_SHOWN)).to_string(),
        Value::Array(items) if items.len() > MAX_MEMBERS => format!("an array of {} elements", items.len()),
        Value::Object(members) if members.len() > MAX_MEMBERS => {
            format!("an object of {} properties", members.len())
        }
        other => clean(&other.to_string(), MAX_SHOWN),
    }
}
