//! What every part of the realm does with objects of the engine.

use boa_engine::native_function::NativeFunctionPointer;
use boa_engine::object::builtins::{JsArray, JsFunction};
use boa_engine::object::{FunctionObjectBuilder, JsObject};
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::{Context, JsResult, JsString, JsValue, NativeFunction, js_string};

/// A function of the realm.
pub(super) fn function(
    context: &Context,
    name: &str,
    length: usize,
    native: NativeFunctionPointer,
) -> JsFunction {
    named(context, name, length, NativeFunction::from_fn_ptr(native))
}

/// A function of the realm that carries something.
pub(super) fn named(context: &Context, name: &str, length: usize, native: NativeFunction) -> JsFunction {
    FunctionObjectBuilder::new(context.realm(), native).name(JsString::from(name)).length(length).build()
}

/// Sets a property the way built-in ones are: writable, configurable, not listed.
pub(super) fn define(
    object: &JsObject,
    name: &str,
    value: impl Into<JsValue>,
    context: &mut Context,
) -> JsResult<()> {
    let property =
        PropertyDescriptor::builder().value(value.into()).writable(true).enumerable(false).configurable(true);
    object.define_property_or_throw(JsString::from(name), property, context).map(drop)
}

/// Adds a function to the global object.
pub(super) fn global_function(
    context: &mut Context,
    name: &str,
    length: usize,
    native: NativeFunctionPointer,
) -> JsResult<JsFunction> {
    let function = function(context, name, length, native);
    define(&context.global_object(), name, function.clone(), context)?;
    Ok(function)
}

/// `{}`
pub(super) fn object(context: &Context) -> JsObject {
    JsObject::with_object_proto(context.intrinsics())
}

/// IsArray of ECMA-262, 7.2.2.
pub(super) fn is_array(object: &JsObject, context: &mut Context) -> JsResult<bool> {
    if object.is_array() || object.is_ordinary() {
        return Ok(object.is_array());
    }
    let constructor = context.intrinsics().constructors().array().constructor();
    let is_array = constructor.get(js_string!("isArray"), context)?;
    let Some(is_array) = is_array.as_callable() else { return Ok(false) };
    let answer = is_array.call(&JsValue::undefined(), &[object.clone().into()], context)?;
    Ok(answer.to_boolean())
}

/// `Object.keys(object)`, whatever kind of object it is.
pub(super) fn enumerable_keys(object: &JsObject, context: &mut Context) -> JsResult<Vec<PropertyKey>> {
    let keys = context.intrinsics().constructors().object().constructor().get(js_string!("keys"), context)?;
    let Some(keys) = keys.as_callable() else { return Ok(Vec::new()) };
    let list = keys.call(&JsValue::undefined(), &[object.clone().into()], context)?;
    let list = JsArray::from_object(list.to_object(context)?)?;
    (0..list.length(context)?)
        .map(|index| list.at(i64::try_from(index).unwrap_or(0), context)?.to_property_key(context))
        .collect()
}

/// The name of a property as text; a symbol's is its description.
pub(super) fn key_text(key: &PropertyKey) -> JsString {
    match key {
        PropertyKey::String(name) => name.clone(),
        PropertyKey::Index(index) => JsString::from(index.get()),
        PropertyKey::Symbol(symbol) => JsString::from(symbol.to_string()),
    }
}
