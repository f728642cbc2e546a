//! What programs know from the web: from the engine's runtime crate where that is whole, else from here.

use super::{define, function, object};
use crate::run::Run;
use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsResult, JsString, NativeFunction, Source, js_string};
use boa_runtime::extensions::{
    Base64Extension, EncodingExtension, MicrotaskExtension, RuntimeExtension, StructuredCloneExtension,
    UrlExtension,
};

/// Globals that are compiled when a program first looks at them, and the script whose value holds them.
const LAZY: [(&[&str], &str); 3] = [
    (&["AbortController", "AbortSignal", "DOMException", "Event", "EventTarget"], include_str!("abort.js")),
    (&["Intl"], include_str!("intl.js")),
    (&["URLSearchParams"], include_str!("search_params.js")),
];

/// Adds them.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    EncodingExtension.register(None, context)?;
    StructuredCloneExtension.register(None, context)?;
    Base64Extension.register(None, context)?;
    MicrotaskExtension.register(None, context)?;
    UrlExtension.register(None, context)?;
    performance(context)?;
    search_params(context)?;
    for (index, (names, _)) in LAZY.iter().enumerate() {
        for name in *names {
            lazy(index, name, context)?;
        }
    }
    Ok(())
}

fn performance(context: &mut Context) -> JsResult<()> {
    let performance = object(context);
    let now = function(context, "now", 0, |_, _, context| {
        let clock = &Run::of(context).clock;
        let micros = u32::try_from(clock.look().saturating_sub(clock.started())).unwrap_or(u32::MAX);
        Ok((f64::from(micros) / 1000.0).into())
    });
    define(&performance, "now", now, context)?;
    define(&context.global_object(), "performance", performance, context)
}

/// `url.searchParams` comes with `URLSearchParams`, which replaces this getter.
fn search_params(context: &mut Context) -> JsResult<()> {
    let url = context.global_object().get(js_string!("URL"), context)?.to_object(context)?;
    let prototype = url.get(js_string!("prototype"), context)?.to_object(context)?;
    let get = NativeFunction::from_fn_ptr(|this, _, context| {
        context.global_object().get(js_string!("URLSearchParams"), context)?;
        this.to_object(context)?.get(js_string!("searchParams"), context)
    });
    let get = get.to_js_function(context.realm());
    let property = PropertyDescriptor::builder().get(get).enumerable(false).configurable(true);
    prototype.define_property_or_throw(js_string!("searchParams"), property, context).map(drop)
}

/// A global that makes itself, and its siblings, when it is first looked at.
fn lazy(script: usize, name: &'static str, context: &mut Context) -> JsResult<()> {
    let get = NativeFunction::from_copy_closure(move |_, _, context| {
        let (names, text) = LAZY[script];
        let made = context.eval(Source::from_bytes(text))?.to_object(context)?;
        for name in names {
            let value = made.get(JsString::from(*name), context)?;
            define(&context.global_object(), name, value, context)?;
        }
        made.get(JsString::from(name), context)
    });
    let set = NativeFunction::from_copy_closure(move |_, arguments, context| {
        let value = arguments.first().cloned().unwrap_or_default();
        define(&context.global_object(), name, value, context)?;
        Ok(boa_engine::JsValue::undefined())
    });
    let (get, set) = (get.to_js_function(context.realm()), set.to_js_function(context.realm()));
    let property = PropertyDescriptor::builder().get(get).set(set).enumerable(false).configurable(true);
    context.global_object().define_property_or_throw(JsString::from(name), property, context).map(drop)
}
