//! What other runtimes have and this one has not, and what to use instead.

use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsNativeError, JsResult, JsString, NativeFunction};

/// Globals that are not there. Looking at one throws its advice.
const GLOBALS: [(&str, &str); 14] = [
    ("fetch", "there is no network in the sandbox: call a tool, tools.<server>.<tool>(args)"),
    ("XMLHttpRequest", "there is no network in the sandbox: call a tool, tools.<server>.<tool>(args)"),
    ("WebSocket", "there is no network in the sandbox: call a tool, tools.<server>.<tool>(args)"),
    ("EventSource", "there is no network in the sandbox: call a tool, tools.<server>.<tool>(args)"),
    ("process", "there is no process or environment in the sandbox: pass values in the program itself"),
    ("require", "use import: import { listIssues } from \"/servers/github/listIssues.ts\""),
    ("module", "this is an ES module: use export, or return the value"),
    ("exports", "this is an ES module: use export, or return the value"),
    ("__dirname", "the program is /main.ts, so its directory is /"),
    ("__filename", "the program is /main.ts"),
    ("Deno", "use tools.<server>.<tool>(args) and fs/promises"),
    ("Bun", "use tools.<server>.<tool>(args) and fs/promises"),
    ("Buffer", "use Uint8Array, TextEncoder and TextDecoder, atob and btoa, Uint8Array.fromBase64"),
    ("localStorage", "nothing of a run is kept: return what is to be kept"),
];

/// Modules that are not there.
const MODULES: [(&str, &str); 9] = [
    ("child_process", "there are no processes in the sandbox: call a tool"),
    ("http", "there is no network in the sandbox: call a tool"),
    ("https", "there is no network in the sandbox: call a tool"),
    ("net", "there is no network in the sandbox: call a tool"),
    ("crypto", "use the global crypto: randomUUID, getRandomValues, subtle.digest"),
    ("axios", "there is no network in the sandbox: call a tool"),
    ("node-fetch", "there is no network in the sandbox: call a tool"),
    ("os", "there is nothing to know about the machine in the sandbox"),
    ("process", "there is no process or environment in the sandbox"),
];

/// Makes a look at an absent global say what to use instead.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    for (name, advice) in GLOBALS {
        let throw = NativeFunction::from_copy_closure(move |_, _, _| {
            let message = format!("{name} is not available in the sandbox: {advice}");
            Err(JsNativeError::reference().with_message(message).into())
        });
        let get = throw.to_js_function(context.realm());
        let set = NativeFunction::from_copy_closure(move |_, arguments, context| {
            let value = arguments.first().cloned().unwrap_or_default();
            super::define(&context.global_object(), name, value, context)?;
            Ok(boa_engine::JsValue::undefined())
        });
        let set = set.to_js_function(context.realm());
        let property = PropertyDescriptor::builder().get(get).set(set).enumerable(false).configurable(true);
        global.define_property_or_throw(JsString::from(name), property, context)?;
    }
    Ok(())
}

/// What to do in place of importing `name`.
pub(crate) fn advice_for_module(name: &str) -> &'static str {
    MODULES.iter().find(|(module, _)| *module == name).map_or(
        "packages are not available in the sandbox. Import tools from \"/servers/<server>\", files from their \
         path, or use \"fs/promises\" and \"path\"",
        |(_, advice)| advice,
    )
}
