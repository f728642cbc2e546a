//! What programs know from the web: from the engine's runtime crate where that is whole, else from here.

use super::{define, function, object};
use crate::run::Run;
use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsResult, NativeFunction, js_string};
use boa_runtime::extensions::{
    Base64Extension, EncodingExtension, MicrotaskExtension, RuntimeExtension, StructuredCloneExtension,
    UrlExtension,
};

/// Adds them.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    EncodingExtension.register(None, context)?;
    StructuredCloneExtension.register(None, context)?;
    Base64Extension.register(None, context)?;
    MicrotaskExtension.register(None, context)?;
    UrlExtension.register(None, context)?;
    performance(context)?;
    search_params(context)
}

fn performance(context: &mut Context) -> JsResult<()> {
    let performance = object(context);
    let now = function(context, "now", 0, |_, _, context| {
        let clock = &Run::of(context).clock;
        let micros = u32::try_from(clock.look().saturating_sub(clock.started())).unwrap_or(u32::MAX);
        Ok((f64::from(micros) / 1000.0).into())
    });
    define(&performance, "now", now, context)?;
    let origin = Run::of(context).clock.started() / 1000;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this age of the world are exact")]
    define(&performance, "timeOrigin", origin as f64, context)?;
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
