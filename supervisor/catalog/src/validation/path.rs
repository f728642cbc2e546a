//! Where in the arguments something is: `filters[0].status`, as a program would write it.

use serde_json::Value;

/// Longest path that is shown, characters.
const MAX_SHOWN: usize = 120;

/// The place that a JSON pointer names in `arguments`; empty for all of them.
pub(super) fn of(pointer: &str, arguments: &Value) -> String {
    let (mut path, mut here) = (String::new(), Some(arguments));
    for segment in pointer.split('/').skip(1) {
        let name = segment.replace("~1", "/").replace("~0", "~");
        path = match here {
            Some(Value::Array(_)) => format!("{path}[{name}]"),
            _ => member(&path, &name),
        };
        here = here.and_then(|value| value.pointer(&format!("/{segment}")));
    }
    match path.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", path.get(..end).unwrap_or_default()),
        None => path,
    }
}

/// A property of what `path` names.
pub(super) fn member(path: &str, name: &str) -> String {
    let plain = !name.is_empty() && name.chars().all(|c| c == '_' || c == '$' || c.is_alphanumeric());
    match (path, plain && !name.starts_with(|c: char| c.is_ascii_digit())) {
        ("", true) => name.to_owned(),
        (path, true) => format!("{path}.{name}"),
        (path, false) => format!("{path}[{}]", Value::from(crate::schema::clean(name, 80))),
    }
}
