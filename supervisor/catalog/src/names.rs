//! Upstream names as TypeScript identifiers: `create-issue` is reached as `createIssue`, `delete` as `delete_`.
//!
//! An identifier depends only on the set of names beside it, never on the order they came in, so it is the same
//! after a restart and after an upstream has reordered its listing.

use std::collections::{BTreeMap, BTreeSet};

/// Longest identifier, in characters. Longer names are cut; a collision that follows is numbered like any other.
const MAX_IDENTIFIER: usize = 128;

/// Words that cannot name a function or an import in a module, and names that would be found on every object
/// (`then` would make `await import(…)` call the tool, `index` and `types` are the server's own files).
const RESERVED: &[&str] = &[
    "arguments",
    "as",
    "async",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "constructor",
    "continue",
    "debugger",
    "declare",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "hasOwnProperty",
    "if",
    "implements",
    "import",
    "in",
    "index",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "prototype",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "then",
    "this",
    "throw",
    "toJSON",
    "toString",
    "true",
    "try",
    "type",
    "typeof",
    "types",
    "undefined",
    "valueOf",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// Names that TypeScript or the printed declarations already use for types.
const RESERVED_TYPES: &[&str] = &[
    "Array", "BigInt", "Boolean", "Date", "Error", "Function", "Map", "Number", "Object", "Promise",
    "Record", "Set", "String", "Symbol",
];

/// One identifier per name, in the order of `names`, all different. `fallback` names what has no letter at all.
pub(crate) fn identifiers(names: &[&str], fallback: &str) -> Vec<String> {
    let mut wanted: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for name in names {
        wanted.entry(identifier(name, fallback)).or_default().insert(name);
    }
    let mut taken: BTreeSet<String> = wanted.keys().cloned().collect();
    let mut assigned: BTreeMap<&str, String> = BTreeMap::new();
    for (identifier, claimants) in &wanted {
        let owner = claimants.get(identifier.as_str()).or_else(|| claimants.first());
        for name in claimants {
            let unique =
                if Some(name) == owner { identifier.clone() } else { numbered(identifier, &mut taken) };
            assigned.insert(name, unique);
        }
    }
    names.iter().map(|name| assigned.get(name).cloned().unwrap_or_default()).collect()
}

/// `wanted`, or `wanted2`, `wanted3`, … : the first that is not in `taken`, which then holds it.
pub(crate) fn claim_type(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let wanted = if RESERVED_TYPES.contains(&wanted) { format!("{wanted}Type") } else { wanted.to_owned() };
    if taken.insert(wanted.clone()) {
        return wanted;
    }
    numbered(&wanted, taken)
}

fn numbered(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let mut number: u32 = 2;
    loop {
        let candidate = format!("{wanted}{number}");
        if taken.insert(candidate.clone()) {
            return candidate;
        }
        number += 1;
    }
}

/// The identifier that `name` would have if it were alone: camelCase, a letter first, no reserved word.
fn identifier(name: &str, fallback: &str) -> String {
    let mut words = words_of(name);
    let Some(first) = words.next() else { return fallback.to_owned() };
    let mut identifier = lower_start(first);
    words.for_each(|word| identifier.push_str(&upper_start(word)));
    let mut identifier: String = identifier.chars().take(MAX_IDENTIFIER).collect();
    if !identifier.chars().next().is_some_and(unicode_ident::is_xid_start) {
        identifier.insert(0, '_');
    }
    if RESERVED.contains(&identifier.as_str()) {
        identifier.push('_');
    }
    identifier
}

/// `name` as the name of a type: PascalCase, a letter first.
pub(crate) fn type_name(name: &str, fallback: &str) -> String {
    let pascal: String =
        words_of(name).map(upper_start).collect::<String>().chars().take(MAX_IDENTIFIER).collect();
    match pascal.chars().next() {
        None => fallback.to_owned(),
        Some(first) if unicode_ident::is_xid_start(first) => pascal,
        Some(_) => format!("_{pascal}"),
    }
}

/// Whether `name` can stand before a colon without quotes.
pub(crate) fn is_plain_property(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'$')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$')
}

fn words_of(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| c == '_' || !unicode_ident::is_xid_continue(c)).filter(|word| !word.is_empty())
}

/// `GetOrder` → `getOrder`, `API` → `api`, `XMLFeed` → `xmlFeed`.
fn lower_start(word: &str) -> String {
    let chars: Vec<char> = word.chars().collect();
    let capitals = chars.iter().take_while(|c| c.is_uppercase()).count();
    let lowered = match chars.get(capitals) {
        Some(next) if capitals > 1 && next.is_lowercase() => capitals - 1,
        _ => capitals,
    };
    let (start, rest) = chars.split_at(lowered);
    start.iter().flat_map(|c| c.to_lowercase()).chain(rest.iter().copied()).collect()
}

fn upper_start(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::{identifiers, type_name};

    fn one(name: &str) -> String {
        identifiers(&[name], "tool").remove(0)
    }

    #[test]
    fn names_become_camel_case() {
        for (name, expected) in [
            ("create-issue", "createIssue"),
            ("get_order", "getOrder"),
            ("GetOrder", "getOrder"),
            ("API-get-user", "apiGetUser"),
            ("XMLFeed", "xmlFeed"),
            ("delete", "delete_"),
            ("then", "then_"),
            ("3d.render", "_3dRender"),
            ("größe_ändern", "größeÄndern"),
            ("查询", "查询"),
            ("!!", "tool"),
            ("a/../b", "aB"),
        ] {
            assert_eq!(one(name), expected, "{name}");
        }
    }

    #[test]
    fn collisions_are_numbered_and_do_not_depend_on_order() {
        let forward = identifiers(&["get-order", "getOrder", "get_order", "getOrder2"], "tool");
        assert_eq!(forward, ["getOrder3", "getOrder", "getOrder4", "getOrder2"]);
        let backward = identifiers(&["getOrder2", "get_order", "getOrder", "get-order"], "tool");
        assert_eq!(backward, ["getOrder2", "getOrder4", "getOrder", "getOrder3"]);
    }

    #[test]
    fn a_type_name_starts_with_a_capital_letter() {
        assert_eq!(type_name("io.k8s.Pod_spec", "Node"), "IoK8sPodSpec");
        assert_eq!(type_name("$", "Node"), "Node");
    }
}
