//! `import`: the virtual tree of servers, the modules that stand for Node's, and files read from the supervisor.

use super::json;
use super::tools::{self, catalog};
use crate::nearest;
use crate::run::Run;
use crate::source;
use boa_engine::module::{Module, ModuleLoader, ModuleRequest, Referrer, SyntheticModuleInitializer};
use boa_engine::object::JsObject;
use boa_engine::property::PropertyKey;
use boa_engine::{Context, JsNativeError, JsResult, JsString, JsValue, Source, js_string};
use guest_protocol::message::{FileText, Path, method};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as FilePath;
use std::rc::Rc;

/// Where the servers are.
const SERVERS: &str = "/servers";
/// The file of a server that declares types only: at run time it is empty.
const TYPES: &str = "types";
/// What a file of code may be called.
const EXTENSIONS: [&str; 4] = [".ts", ".js", ".mts", ".mjs"];
/// How many similar names an error lists.
const SUGGESTIONS: usize = 3;

/// The modules that are loaded, by path, and the names that code imports from each path.
#[derive(Default)]
pub(crate) struct Tree {
    loaded: RefCell<BTreeMap<String, Module>>,
    wanted: RefCell<BTreeMap<String, BTreeSet<String>>>,
}

impl Tree {
    /// Notes what `code`, compiled from `file`, imports by name: a tool's file serves it under any name.
    pub(crate) fn note_imports(&self, code: &str, file: &str) {
        for (names, specifier) in code.split("import ").filter_map(named_import) {
            let Ok(path) = resolve(specifier, file) else { continue };
            let mut wanted = self.wanted.borrow_mut();
            let wanted = wanted.entry(path).or_default();
            let imported = names.split(',').filter_map(|name| name.split_whitespace().next());
            wanted.extend(imported.map(ToOwned::to_owned));
        }
    }
}

/// The names and the specifier of `{ a, b as c } from "x"`, as the compiler writes it.
fn named_import(text: &str) -> Option<(&str, &str)> {
    let (names, rest) = text.split_once("} from ")?;
    let (_, names) = names.split_once('{')?;
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (specifier, _) = rest[1..].split_once(quote)?;
    (!names.contains(';')).then_some((names, specifier))
}

/// Finds modules. It blocks on the socket and never yields.
pub(crate) struct Loader;

impl ModuleLoader for Loader {
    async fn load_imported_module(
        self: Rc<Self>,
        referrer: Referrer,
        request: ModuleRequest,
        context: &RefCell<&mut Context>,
    ) -> JsResult<Module> {
        let context = &mut context.borrow_mut();
        let specifier = request.specifier().to_std_string_lossy();
        let from = referrer.path().and_then(FilePath::to_str).unwrap_or("/main.ts").to_owned();
        load(&specifier, &from, context)
    }
}

fn load(specifier: &str, from: &str, context: &mut Context) -> JsResult<Module> {
    let run = Run::of(context);
    let path = resolve(specifier, from)?;
    if let Some(known) = run.tree.loaded.borrow().get(&path) {
        return Ok(known.clone());
    }
    let module = make(&path, specifier, &run, context)?;
    run.tree.loaded.borrow_mut().insert(path, module.clone());
    Ok(module)
}

/// The absolute path that `specifier` means in the file `from`; names of packages stay as they are.
fn resolve(specifier: &str, from: &str) -> JsResult<String> {
    let bare = specifier.trim_end_matches('/');
    let base = if bare.starts_with('/') {
        ""
    } else if bare.starts_with('.') {
        from.rsplit_once('/').map_or("", |(directory, _)| directory)
    } else if bare == "servers" || bare.starts_with("servers/") {
        ""
    } else {
        return Ok(specifier.into());
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(bare.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or_else(|| missing(specifier, "it leads out of the tree"))?;
            }
            part => parts.push(part),
        }
    }
    Ok(format!("/{}", parts.join("/")))
}

fn make(path: &str, specifier: &str, run: &Rc<Run>, context: &mut Context) -> JsResult<Module> {
    if !path.starts_with('/') {
        return named(path, context);
    }
    if path != SERVERS && !path.starts_with("/servers/") || path.ends_with("/README.md") {
        return file(path, specifier, run, context);
    }
    let rest: Vec<&str> = path.split('/').skip(2).collect();
    match rest.as_slice() {
        [] | ["index" | "index.ts" | "index.js"] => all_servers(run, context),
        [server] | [server, "index" | "index.ts" | "index.js"] => one_server(server, run, context),
        [server, tool] => one_tool(server, tool, run, context),
        _ => Err(missing(specifier, "a server's directory has no directories")),
    }
}

/// What is not a path: our stand-ins for Node's modules, or nothing.
fn named(name: &str, context: &mut Context) -> JsResult<Module> {
    if let Some(text) = source::helper_module(name) {
        return Module::parse(Source::from_bytes(text), None, context);
    }
    let bare = name.strip_prefix("node:").unwrap_or(name);
    if let Some(module) = super::node::module(bare, context)? {
        return Ok(module);
    }
    Err(missing(name, super::absent::advice_for_module(bare)))
}

fn all_servers(run: &Run, context: &mut Context) -> JsResult<Module> {
    let mut exports = Vec::new();
    for (index, server) in run.catalog.servers().iter().enumerate() {
        exports.push((JsString::from(server.identifier.as_str()), tools::namespace(index, context)?.into()));
    }
    let tools = context.global_object().get(js_string!("tools"), context)?;
    exports.push((js_string!("default"), tools));
    Ok(synthetic(exports, context))
}

fn one_server(name: &str, run: &Run, context: &mut Context) -> JsResult<Module> {
    let Some(server) = run.catalog.find(name) else { return Err(no_server(name, run)) };
    let namespace = tools::namespace(server, context)?;
    let shape = catalog::describe(run, server, context)?;
    let mut exports = Vec::new();
    for tool in &shape.tools {
        let name = JsString::from(tool.identifier.as_str());
        exports.push((name.clone(), namespace.get(name, context)?));
    }
    exports.push((js_string!("default"), namespace.into()));
    Ok(synthetic(exports, context))
}

fn one_tool(server_name: &str, file: &str, run: &Run, context: &mut Context) -> JsResult<Module> {
    let Some(server) = run.catalog.find(server_name) else { return Err(no_server(server_name, run)) };
    let name = EXTENSIONS.iter().find_map(|extension| file.strip_suffix(extension)).unwrap_or(file);
    let shape = catalog::describe(run, server, context)?;
    let by_identifier = shape.tools.iter().find(|tool| tool.identifier == name);
    if by_identifier.is_none() && name == TYPES && shape.tools.iter().all(|tool| tool.name != name) {
        return Ok(synthetic(Vec::new(), context));
    }
    let Some(tool) = by_identifier.or_else(|| shape.tools.iter().find(|tool| tool.name == name)) else {
        return Err(tools::unknown_tool(server_name, name, context)?);
    };
    let identifier = JsString::from(tool.identifier.as_str());
    let function = tools::namespace(server, context)?.get(identifier.clone(), context)?;
    let mut exports = vec![(identifier.clone(), function.clone()), (js_string!("default"), function.clone())];
    let wanted = run.tree.wanted.borrow();
    let others = wanted.get(&format!("{SERVERS}/{server_name}/{file}")).into_iter().flatten();
    for name in others.map(|name| JsString::from(name.as_str())) {
        if name != identifier && name != js_string!("default") {
            exports.push((name, function.clone()));
        }
    }
    drop(wanted);
    Ok(synthetic(exports, context))
}

fn no_server(name: &str, run: &Run) -> boa_engine::JsError {
    let servers = run.catalog.servers();
    let identifiers: Vec<&str> = servers.iter().map(|server| server.identifier.as_str()).collect();
    let near = nearest::to(name, &identifiers, SUGGESTIONS);
    let why = if near.is_empty() {
        format!("there is no such server. Servers: {}", identifiers.join(", "))
    } else {
        format!("there is no such server. Did you mean {}?", near.join(" or "))
    };
    missing(&format!("{SERVERS}/{name}"), &why)
}

/// A file of the supervisor's tree: code, JSON or text.
fn file(path: &str, specifier: &str, run: &Run, context: &mut Context) -> JsResult<Module> {
    let has_extension = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let mut candidates = vec![path.to_owned()];
    if !has_extension {
        candidates.extend(EXTENSIONS.iter().map(|extension| format!("{path}{extension}")));
        candidates.push(format!("{path}/index.ts"));
    }
    let mut why = String::from("there is no such file");
    for candidate in candidates {
        match run.link.ask(method::FILE_READ, Path { path: candidate.clone() }) {
            Ok(answer) => {
                let text: FileText = serde_json::from_str(answer.get())
                    .map_err(|error| missing(specifier, &error.to_string()))?;
                return parse(&candidate, &text.text, run, context);
            }
            Err(refusal) => why = refusal.message,
        }
    }
    Err(missing(specifier, &why))
}

fn parse(path: &str, text: &str, run: &Run, context: &mut Context) -> JsResult<Module> {
    if path.ends_with(".json") {
        let value = json::incoming(text, context)?;
        return Ok(synthetic(vec![(js_string!("default"), value)], context));
    }
    if !EXTENSIONS.iter().any(|extension| path.ends_with(extension)) {
        return Ok(synthetic(vec![(js_string!("default"), JsString::from(text).into())], context));
    }
    let compiled = source::compile_module(text, path, &run.limits()).map_err(|findings| {
        let first = findings.first().map_or("it does not compile", |finding| finding.message.as_str());
        JsNativeError::syntax().with_message(format!("{path}: {first}"))
    })?;
    let code = run.sources.add(path, &compiled.code, compiled.map);
    run.tree.note_imports(&code, path);
    Module::parse(Source::from_bytes(&code).with_path(FilePath::new(path)), None, context)
}

/// A module of ready values.
pub(crate) fn synthetic(exports: Vec<(JsString, JsValue)>, context: &mut Context) -> Module {
    let names: Vec<JsString> = exports.iter().map(|(name, _)| name.clone()).collect();
    let initializer = SyntheticModuleInitializer::from_copy_closure_with_captures(
        |module, exports: &Vec<(JsString, JsValue)>, _| {
            exports.iter().try_for_each(|(name, value)| module.set_export(name, value.clone()))
        },
        exports,
    );
    Module::synthetic(&names, initializer, None, None, context)
}

/// A module whose exports are the properties of `object`, and `object` by default.
pub(crate) fn of_object(object: JsObject, context: &mut Context) -> JsResult<Module> {
    let mut exports = Vec::new();
    for key in super::enumerable_keys(&object, context)? {
        if let PropertyKey::String(name) = &key {
            exports.push((name.clone(), object.get(key.clone(), context)?));
        }
    }
    exports.push((js_string!("default"), object.into()));
    Ok(synthetic(exports, context))
}

fn missing(specifier: &str, why: &str) -> boa_engine::JsError {
    JsNativeError::typ().with_message(format!("cannot import \"{specifier}\": {why}")).into()
}

#[cfg(test)]
mod tests {
    use super::{named_import, resolve};

    #[test]
    fn named_imports_are_noted() {
        assert_eq!(named_import("{ a, b as c } from \"x\";\n"), Some((" a, b as c ", "x")));
        assert_eq!(named_import("x from \"y\";\nconst { a } = b;"), None);
    }

    #[test]
    fn specifiers_are_paths_of_the_tree() {
        for (specifier, from, path) in [
            ("./servers", "/main.ts", "/servers"),
            ("./servers/shop/getOrder.ts", "/main.ts", "/servers/shop/getOrder.ts"),
            ("../servers/shop/", "/skills/a/index.ts", "/skills/servers/shop"),
            ("servers/shop", "/main.ts", "/servers/shop"),
            ("/servers//shop/./x", "/main.ts", "/servers/shop/x"),
            ("lodash", "/main.ts", "lodash"),
        ] {
            assert_eq!(resolve(specifier, from).ok().as_deref(), Some(path));
        }
        assert!(resolve("../x", "/main.ts").is_err());
    }
}
