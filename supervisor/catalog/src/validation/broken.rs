//! Keywords that are not what their draft says a keyword may be: the draft's own schema finds them.

use super::prepare::{LIST, ONE};
use serde_json::Value;

/// Keywords with a schema by each name.
const NAMES: [&str; 6] =
    ["$defs", "definitions", "dependentSchemas", "dependencies", "patternProperties", "properties"];
/// Times that a schema is looked through: what is left out can bring nothing new to light but once in a while.
const MAX_ROUNDS: usize = 4;

/// Leaves out every malformed keyword of a prepared schema; how many that were.
pub(super) fn leave_out(schema: &mut Value) -> usize {
    let mut broken = 0;
    for _ in 0..MAX_ROUNDS {
        let places: Vec<String> = match jsonschema::meta::validator_for(schema) {
            Ok(rules) => {
                rules.iter_errors(schema).map(|error| error.instance_path().as_str().to_owned()).collect()
            }
            Err(_) => return broken,
        };
        if places.is_empty() {
            return broken;
        }
        broken += places.iter().map(|place| usize::from(remove(schema, place))).sum::<usize>();
    }
    broken
}

/// Removes the keyword at or above `pointer`; what stands in a list or under a name becomes a schema that says nothing.
fn remove(schema: &mut Value, pointer: &str) -> bool {
    let mut here = schema;
    let mut segments = pointer.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~"));
    while let (Value::Object(keywords), Some(key)) = (here, segments.next()) {
        let inside = segments.next();
        let one = ONE.contains(&key.as_str()) && keywords.get(&key).is_some_and(Value::is_object);
        let several = one || LIST.contains(&key.as_str()) || NAMES.contains(&key.as_str()) || key == "items";
        let Some(inside) = inside.filter(|_| several) else { return keywords.remove(&key).is_some() };
        let Some(value) = keywords.get_mut(&key) else { return false };
        if one {
            // The step inside is a keyword already.
            return remove(value, &rejoined(inside, segments));
        }
        let member = match value {
            Value::Object(named) => named.get_mut(&inside),
            Value::Array(each) => inside.parse().ok().and_then(|place: usize| each.get_mut(place)),
            _ => None,
        };
        match member {
            Some(member) if member.is_object() => here = member,
            Some(member) => {
                *member = Value::Bool(true);
                return true;
            }
            None => return false,
        }
    }
    false
}

fn rejoined(first: String, rest: impl Iterator<Item = String>) -> String {
    let each = std::iter::once(first).chain(rest);
    each.map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))).collect()
}
