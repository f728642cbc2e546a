//! `toLocaleString` and its kin: US English, in terms of `Intl`.

use super::{define, function};
use boa_engine::native_function::NativeFunctionPointer;
use boa_engine::object::JsObject;
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue, js_string};

/// Replaces the engine's, which know no locale.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let constructors = context.intrinsics().constructors();
    let (number, big_int) = (constructors.number().prototype(), constructors.bigint().prototype());
    let (date, string) = (constructors.date().prototype(), constructors.string().prototype());
    let array = constructors.array().prototype();
    let methods: [(&JsObject, &str, NativeFunctionPointer); 7] = [
        (&array, "toLocaleString", list_text),
        (&number, "toLocaleString", number_text),
        (&big_int, "toLocaleString", number_text),
        (&date, "toLocaleString", |this, arguments, context| date_text(this, arguments, true, true, context)),
        (&date, "toLocaleDateString", |this, arguments, context| {
            date_text(this, arguments, true, false, context)
        }),
        (&date, "toLocaleTimeString", |this, arguments, context| {
            date_text(this, arguments, false, true, context)
        }),
        (&string, "localeCompare", compare),
    ];
    for (prototype, name, native) in methods {
        let method = function(context, name, 0, native);
        define(prototype, name, method, context)?;
    }
    Ok(())
}

fn intl(class: &str, context: &mut Context) -> JsResult<JsObject> {
    let intl = context.global_object().get(js_string!("Intl"), context)?.to_object(context)?;
    intl.get(JsString::from(class), context)?.to_object(context)
}

fn apply(format: &JsObject, method: &str, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let method = format.get(JsString::from(method), context)?.to_object(context)?;
    method.call(&JsValue::from(format.clone()), arguments, context)
}

fn number_text(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let number = this.to_numeric(context)?;
    let format = intl("NumberFormat", context)?.construct(arguments, None, context)?;
    apply(&format, "format", &[number.into()], context)
}

/// The engine joins with a comma and a space, other engines with a comma.
fn list_text(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let list = this.to_object(context)?;
    let length = list.get(js_string!("length"), context)?.to_length(context)?;
    let mut text = JsString::default();
    for index in 0..length {
        let element = list.get(index, context)?;
        let part = if element.is_null_or_undefined() {
            JsString::default()
        } else {
            let method = element.to_object(context)?.get(js_string!("toLocaleString"), context)?;
            let method = method.to_object(context)?;
            method.call(&element, arguments, context)?.to_string(context)?
        };
        text = if index == 0 { part } else { js_string!(&text, &js_string!(","), &part) };
    }
    Ok(text.into())
}

fn date_text(
    this: &JsValue,
    arguments: &[JsValue],
    date: bool,
    time: bool,
    context: &mut Context,
) -> JsResult<JsValue> {
    let moment = this.to_number(context)?;
    if moment.is_nan() {
        return Ok(js_string!("Invalid Date").into());
    }
    let class = intl("DateTimeFormat", context)?;
    let usual = super::object(context);
    for (wanted, name) in [(date, "date"), (time, "time")] {
        if wanted {
            let parts = class.get(JsString::from(name), context)?.to_object(context)?;
            for key in super::enumerable_keys(&parts, context)? {
                let width = parts.get(key.clone(), context)?;
                usual.create_data_property_or_throw(key, width, context)?;
            }
        }
    }
    let (locale, options) = (arguments.get_or_undefined(0).clone(), arguments.get_or_undefined(1).clone());
    let format = class.construct(&[locale, options, usual.into()], None, context)?;
    apply(&format, "format", &[moment.into()], context)
}

fn compare(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = this.to_string(context)?;
    let other = arguments.get_or_undefined(0).to_string(context)?;
    let options = arguments.get(1..).unwrap_or_default();
    let collator = intl("Collator", context)?.construct(options, None, context)?;
    apply(&collator, "compare", &[text.into(), other.into()], context)
}
