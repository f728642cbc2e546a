//! Definitions that lead back to themselves without looking into a property or an item: `A` is `B` and `B` is `A`.
//! They say nothing and never end. Each such circle is cut where it closes.

use super::prepare::LIST;
use serde_json::Value;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Unseen,
    Open,
    Done,
}

/// Cuts every circle; how many places that were. References are `#/…/PLACE`, places in the list.
pub(super) fn cut(definitions: &mut [Value]) -> usize {
    let mut marks = vec![Mark::Unseen; definitions.len()];
    (0..definitions.len()).map(|place| visit(place, definitions, &mut marks)).sum()
}

/// Depth is at most the number of definitions, which is bounded.
fn visit(place: usize, definitions: &mut [Value], marks: &mut [Mark]) -> usize {
    let Some(mark) = marks.get_mut(place).filter(|mark| **mark == Mark::Unseen) else { return 0 };
    *mark = Mark::Open;
    let Some(mut definition) = definitions.get_mut(place).map(Value::take) else { return 0 };
    let places = inside(&mut definition, definitions, marks);
    if let Some(slot) = definitions.get_mut(place) {
        *slot = definition;
    }
    if let Some(mark) = marks.get_mut(place) {
        *mark = Mark::Done;
    }
    places
}

fn inside(schema: &mut Value, definitions: &mut [Value], marks: &mut [Mark]) -> usize {
    let Value::Object(keywords) = schema else { return 0 };
    let mut places = 0;
    if let Some(place) = keywords.get("$ref").and_then(place_of) {
        if marks.get(place) == Some(&Mark::Open) {
            keywords.remove("$ref");
            places += 1;
        } else {
            places += visit(place, definitions, marks);
        }
    }
    for (key, value) in keywords {
        match (key.as_str(), value) {
            ("if" | "then" | "else" | "not", one) => places += inside(one, definitions, marks),
            (key, Value::Array(each)) if LIST.contains(&key) && key != "prefixItems" => {
                places += each.iter_mut().map(|one| inside(one, definitions, marks)).sum::<usize>();
            }
            ("dependentSchemas" | "dependencies", Value::Object(named)) => {
                places += named.values_mut().map(|one| inside(one, definitions, marks)).sum::<usize>();
            }
            _ => {}
        }
    }
    places
}

/// The definition that a prepared reference names.
pub(super) fn place_of(reference: &Value) -> Option<usize> {
    reference.as_str()?.rsplit('/').next()?.parse().ok()
}
