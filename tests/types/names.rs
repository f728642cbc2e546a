//! Names: whatever servers call their tools, each has one identifier of its own, and both names reach it.

use catalog::{Catalog, ServerDefinitions};
use oubliette_tests::{Verdict, catalogs, ensure};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Names that collide, mislead, or mean something to JavaScript, to a file system or to a terminal.
const HOSTILE: [&str; 40] = [
    "get-order",
    "get_order",
    "getOrder",
    "GetOrder",
    "get.order",
    "get order",
    "getOrder2",
    "get-order-2",
    "getorder",
    "__proto__",
    "proto",
    "constructor",
    "prototype",
    "toString",
    "then",
    "await",
    "delete",
    "index",
    "index.ts",
    "types",
    "types.ts",
    "README.md",
    "readme",
    "..",
    "../../etc/passwd",
    "a/b",
    "a\\b",
    "*/",
    "/*",
    "аdmin",
    "admin",
    "ａdmin",
    "\u{202e}nimda",
    "\u{200b}admin",
    "ß",
    "ﬁ",
    "1",
    "１",
    "!!!",
    "???",
];

/// For each tool of one server: its identifier.
fn identifiers(names: &[&str]) -> Result<BTreeMap<String, String>, String> {
    let tools = names.iter().map(|name| json!({ "name": name, "inputSchema": {} }).into()).collect();
    let server = ServerDefinitions { name: "s".into(), tools, ..ServerDefinitions::default() };
    let catalog = Catalog::build(vec![server]);
    let shape = catalog.shape("s").ok_or("the server is not there")?;
    for tool in &shape.tools {
        for name in [&tool.name, &tool.identifier] {
            let meant = catalog.tool("s", name).map(|found| &found.name);
            // An original name goes first where it is also somebody else's identifier.
            let taken = names.contains(&tool.identifier.as_str()) && name == &tool.identifier;
            if meant != Some(&tool.name) && !taken {
                return Err(format!("{name:?} reaches {meant:?}, not {:?}", tool.name));
            }
        }
    }
    Ok(shape.tools.iter().map(|tool| (tool.name.clone(), tool.identifier.clone())).collect())
}

fn without_number(identifier: &str) -> &str {
    identifier.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// All different, all identifiers, the same in any order; and one tool more or less changes only what is named
/// alike.
fn hold(names: &[&str], each_left_out: bool) -> Verdict {
    let all = identifiers(names)?;
    ensure!(all.len() == names.iter().collect::<BTreeSet<_>>().len(), "a tool is missing: {all:?}");
    ensure!(all.values().collect::<BTreeSet<_>>().len() == all.len(), "two with one identifier: {all:?}");
    for identifier in all.values() {
        let mut chars = identifier.chars();
        let fits = chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
            && chars.all(|c| c == '_' || c.is_alphanumeric());
        ensure!(fits, "{identifier:?} is no identifier");
    }
    let reversed: Vec<&str> = names.iter().rev().copied().collect();
    ensure!(identifiers(&reversed)? == all, "the order of the listing changes identifiers");
    let left_out = if each_left_out { names } else { names.get(..1).unwrap_or_default() };
    for gone in left_out {
        let fewer: Vec<&str> = names.iter().filter(|name| *name != gone).copied().collect();
        for (name, identifier) in identifiers(&fewer)? {
            let alike = without_number(&identifier) == without_number(&all[*gone]);
            ensure!(all[&name] == identifier || alike, "without {gone:?}, {name:?} becomes {identifier}");
        }
    }
    Ok(())
}

pub(super) fn hostile() -> Verdict {
    hold(&HOSTILE, true)
}

pub(super) fn real(folder: &Path) -> Verdict {
    for file in catalogs::files(folder)? {
        let catalog = catalogs::read(&file)?;
        let tools = catalog["tools"].as_array().into_iter().flatten();
        let names: Vec<&str> = tools.filter_map(|tool| tool["name"].as_str()).collect();
        hold(&names, false)
            .map_err(|why| format!("{}: {}", file.display(), why.message().unwrap_or_default()))?;
    }
    Ok(())
}
