//! What an import specifier of a program names. The program itself is a file in the root of the tree.

/// The modules that are not files of the tree.
const BUILT_IN: [&str; 6] = ["fs", "fs/promises", "node:fs", "node:fs/promises", "path", "node:path"];

/// What a specifier names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Specifier<'s> {
    /// `/servers`: all servers.
    Servers,
    /// `/servers/<server>`.
    Server(&'s str),
    /// `/servers/<server>/<tool>.ts`.
    Tool(&'s str, &'s str),
    /// A file elsewhere in the tree, or a built-in module.
    Other,
    /// A package: there are none.
    Package,
}

/// Reads a specifier of the whole program.
pub(super) fn read(specifier: &str) -> Specifier<'_> {
    let path =
        specifier.starts_with(['/', '.']) || specifier.starts_with("servers/") || specifier == "servers";
    if !path {
        return if BUILT_IN.contains(&specifier) { Specifier::Other } else { Specifier::Package };
    }
    let mut parts: Vec<&str> =
        specifier.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
    if parts.len() > 1 && matches!(parts.last(), Some(&("index" | "index.ts" | "index.js"))) {
        parts.pop();
    }
    match parts[..] {
        ["servers"] => Specifier::Servers,
        ["servers", server] => Specifier::Server(server),
        ["servers", server, tool] => Specifier::Tool(server, bare(tool)),
        _ => Specifier::Other,
    }
}

/// A file's name without its ending.
fn bare(file: &str) -> &str {
    file.strip_suffix(".ts").or_else(|| file.strip_suffix(".js")).unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::{Specifier, read};

    #[test]
    fn all_ways_to_a_tool_are_one() {
        for specifier in
            ["/servers/shop/getOrder.ts", "./servers/shop/getOrder", "../servers/shop/getOrder.js"]
        {
            assert_eq!(read(specifier), Specifier::Tool("shop", "getOrder"));
        }
        assert_eq!(read("./servers/shop/index.ts"), Specifier::Server("shop"));
        assert_eq!(read("/servers/shop/"), Specifier::Server("shop"));
        assert_eq!(read("./servers"), Specifier::Servers);
        assert_eq!(read("node:fs/promises"), Specifier::Other);
        assert_eq!(read("/skills/report"), Specifier::Other);
        assert_eq!(read("lodash"), Specifier::Package);
    }
}
