//! Properties that are compiled when a program first looks at them: what no program looks at costs no time.

use super::{define, object};
use boa_engine::object::JsObject;
use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsArgs, JsResult, JsString, JsSymbol, JsValue, NativeFunction, Source, js_string};

/// A script whose value is an object with these properties, or a function from what stood there before to it.
struct Script {
    names: &'static [&'static str],
    text: &'static str,
}

const GLOBALS: [Script; 5] = [
    Script {
        names: &["AbortController", "AbortSignal", "CustomEvent", "DOMException", "Event", "EventTarget"],
        text: include_str!("abort.js"),
    },
    Script { names: &["TextDecoder", "TextEncoder", "atob", "btoa"], text: include_str!("encoding.js") },
    Script { names: &["structuredClone"], text: include_str!("clone.js") },
    Script { names: &["prompts", "resources"], text: include_str!("offers.js") },
    Script { names: &["URLSearchParams"], text: include_str!("search_params.js") },
];

/// Of `Uint8Array`, and of its prototype.
const BYTES: [Script; 2] = [
    Script { names: &["fromBase64", "fromHex"], text: include_str!("bytes.js") },
    Script { names: &["toBase64", "toHex"], text: include_str!("bytes.js") },
];

/// The text of a part of `Intl`: files that share one function.
macro_rules! part {
    ($($file:literal),+) => { concat!("(() => {\n", $(include_str!(concat!("intl/", $file, ".js"))),+, "})()") };
}

const INTL: [Script; 4] = [
    Script { names: &["NumberFormat"], text: part!("locales", "units", "number") },
    Script { names: &["DateTimeFormat"], text: part!("locales", "date") },
    Script { names: &["Collator", "Segmenter"], text: part!("locales", "collation") },
    Script {
        names: &[
            "DisplayNames",
            "ListFormat",
            "Locale",
            "PluralRules",
            "RelativeTimeFormat",
            "getCanonicalLocales",
            "supportedValuesOf",
        ],
        text: part!("locales", "units", "words"),
    },
];

/// Adds them.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    for script in &GLOBALS {
        promise(&global, script, context)?;
    }
    let bytes = context.intrinsics().constructors().typed_uint8_array();
    for (owner, script) in [bytes.constructor(), bytes.prototype()].iter().zip(&BYTES) {
        promise(owner, script, context)?;
    }
    let intl = object(context);
    for script in &INTL {
        promise(&intl, script, context)?;
    }
    let tag = PropertyDescriptor::builder().value(js_string!("Intl")).enumerable(false).configurable(true);
    intl.define_property_or_throw(JsSymbol::to_string_tag(), tag, context)?;
    define(&global, "Intl", intl, context)
}

/// Gives `owner` the properties of `script`, which is run at the first look at one of them.
///
/// They stay accessors for ever: the engine keeps what it knows about a property of the global object, and would
/// take a plain one that replaced an accessor for the accessor.
fn promise(owner: &JsObject, script: &'static Script, context: &mut Context) -> JsResult<()> {
    let (made, before) = (JsObject::with_null_proto(), JsObject::with_null_proto());
    for name in script.names {
        let old = owner.get(JsString::from(*name), context)?;
        before.create_data_property_or_throw(JsString::from(*name), old, context)?;
        let get = move |_: &JsValue,
                        _: &[JsValue],
                        (made, before): &(JsObject, JsObject),
                        context: &mut Context| {
            if !made.has_own_property(JsString::from(*name), context)? {
                keep(script, made, before, context)?;
            }
            made.get(JsString::from(*name), context)
        };
        let set = move |_: &JsValue, arguments: &[JsValue], made: &JsObject, context: &mut Context| {
            let value = arguments.get_or_undefined(0).clone();
            made.create_data_property_or_throw(JsString::from(*name), value, context)?;
            Ok(JsValue::undefined())
        };
        let get = NativeFunction::from_copy_closure_with_captures(get, (made.clone(), before.clone()));
        let set = NativeFunction::from_copy_closure_with_captures(set, made.clone());
        let property = PropertyDescriptor::builder()
            .get(get.to_js_function(context.realm()))
            .set(set.to_js_function(context.realm()))
            .enumerable(false)
            .configurable(true);
        owner.define_property_or_throw(JsString::from(*name), property, context)?;
    }
    Ok(())
}

/// Runs the script and keeps its values, but for those that the program has set itself.
fn keep(script: &Script, made: &JsObject, before: &JsObject, context: &mut Context) -> JsResult<()> {
    let value = context.eval(Source::from_bytes(script.text))?;
    let values = match value.as_callable() {
        Some(make) => {
            make.call(&JsValue::undefined(), &[before.clone().into()], context)?.to_object(context)?
        }
        None => value.to_object(context)?,
    };
    for name in script.names.iter().map(|name| JsString::from(*name)) {
        if !made.has_own_property(name.clone(), context)? {
            let value = values.get(name.clone(), context)?;
            made.create_data_property_or_throw(name, value, context)?;
        }
    }
    Ok(())
}
