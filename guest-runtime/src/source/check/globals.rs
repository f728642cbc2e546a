//! The names that a program finds without declaring them, and what to use for those it does not.

/// Sorted, for the search.
#[rustfmt::skip]
const GLOBALS: &[&str] = &[
    "AbortController", "AbortSignal", "AggregateError", "Array", "ArrayBuffer", "Atomics", "BigInt",
    "BigInt64Array", "BigUint64Array", "Boolean", "CustomEvent", "DOMException", "DataView", "Date", "Error",
    "EvalError", "Event", "EventTarget", "FinalizationRegistry", "Float16Array", "Float32Array",
    "Float64Array", "Function", "Infinity", "Int16Array", "Int32Array", "Int8Array", "Intl", "Iterator",
    "JSON", "Map", "Math", "NaN", "Number", "Object", "Promise", "Proxy", "RangeError",
    "ReferenceError", "Reflect", "RegExp", "Set", "SharedArrayBuffer", "String", "Symbol",
    "SyntaxError", "Temporal", "TextDecoder", "TextEncoder", "ToolError", "TypeError", "URIError",
    "URL", "URLSearchParams", "Uint16Array", "Uint32Array", "Uint8Array", "Uint8ClampedArray",
    "WeakMap", "WeakRef", "WeakSet", "arguments", "atob", "btoa", "clearImmediate", "clearInterval", "clearTimeout",
    "console", "crypto", "decodeURI", "decodeURIComponent", "delay", "emit", "encodeURI",
    "encodeURIComponent", "escape", "eval", "globalThis", "isFinite", "isNaN", "listDirectory", "parseFloat", "parseInt",
    "performance", "prompts", "queueMicrotask", "readFile", "resources", "setImmediate", "setInterval", "setTimeout", "sleep",
    "structuredClone", "tools", "undefined", "unescape", "writeFile",
];

/// What models reach for and a sandbox does not have.
const INSTEAD: &[(&str, &str)] = &[
    ("fetch", "There is no network here: call a tool instead, `await tools.<server>.<tool>({ … })`."),
    (
        "XMLHttpRequest",
        "There is no network here: call a tool instead, `await tools.<server>.<tool>({ … })`.",
    ),
    ("WebSocket", "There is no network here: call a tool instead, `await tools.<server>.<tool>({ … })`."),
    ("axios", "There is no network here: call a tool instead, `await tools.<server>.<tool>({ … })`."),
    (
        "process",
        "There is no process and no environment here: write values into the program, `return` the result.",
    ),
    ("require", "Use `import { name } from \"…\"`, or `await import(\"…\")`."),
    ("module", "Use `export default value`, or `return value` at the end of the program."),
    ("exports", "Use `export default value`, or `return value` at the end of the program."),
    ("Buffer", "Use `TextEncoder`, `TextDecoder`, `atob`, `btoa` and `Uint8Array`."),
    ("window", "Use `globalThis`."),
    ("global", "Use `globalThis`."),
    ("self", "Use `globalThis`."),
    ("document", "There is no page here: work with strings and values."),
    ("localStorage", "Use `writeFile` and `readFile` under /workspace."),
    ("Deno", "Use `readFile` and `writeFile`, or `import fs from \"fs/promises\"`."),
    ("Bun", "Use `readFile` and `writeFile`, or `import fs from \"fs/promises\"`."),
    ("fs", "Add `import fs from \"fs/promises\"`."),
    ("path", "Add `import path from \"path\"`."),
    ("__dirname", "Use absolute paths, such as /workspace."),
    ("__filename", "Use absolute paths, such as /workspace."),
    ("alert", "Use `console.log`."),
    ("prompt", "There is no one to ask here: write values into the program."),
];

/// Whether the realm has `name`.
pub(super) fn is_global(name: &str) -> bool {
    GLOBALS.binary_search(&name).is_ok()
}

/// All global names.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    GLOBALS.iter().copied()
}

/// What to use instead of a name that other hosts have.
pub(super) fn instead(name: &str) -> Option<&'static str> {
    INSTEAD.iter().find(|(absent, _)| *absent == name).map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::{GLOBALS, is_global};

    #[test]
    fn the_list_can_be_searched() {
        assert!(GLOBALS.is_sorted());
        assert!(GLOBALS.iter().all(|name| is_global(name)) && !is_global("fetch"));
    }
}
