//! `Symbol.for` and `Symbol.keyFor`: the engine's registry asks the kernel for the number of processors when it is
//! first used, and the guest may not ask.

use super::{define, named};
use boa_engine::object::JsObject;
use boa_engine::{
    Context, JsArgs, JsNativeError, JsResult, JsSymbol, JsValue, NativeFunction, property::PropertyKey,
};

/// Replaces them by a registry of the realm.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let class = context.intrinsics().constructors().symbol().constructor();
    let registry = JsObject::with_null_proto();
    let find = NativeFunction::from_copy_closure_with_captures(registered, registry.clone());
    let find = named(context, "for", 1, find);
    define(&class, "for", find, context)?;
    let name = NativeFunction::from_copy_closure_with_captures(key_of, registry);
    let name = named(context, "keyFor", 1, name);
    define(&class, "keyFor", name, context)
}

fn registered(
    _: &JsValue,
    arguments: &[JsValue],
    registry: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let name = arguments.get_or_undefined(0).to_string(context)?;
    let key = PropertyKey::from(name.clone());
    if !registry.has_own_property(key.clone(), context)? {
        let symbol = JsSymbol::new(Some(name))
            .ok_or_else(|| JsNativeError::range().with_message("there are too many symbols"))?;
        registry.create_data_property_or_throw(key.clone(), symbol, context)?;
    }
    registry.get(key, context)
}

fn key_of(
    _: &JsValue,
    arguments: &[JsValue],
    registry: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let value = arguments.get_or_undefined(0);
    let symbol =
        value.as_symbol().ok_or_else(|| JsNativeError::typ().with_message("keyFor takes a symbol"))?;
    let Some(name) = symbol.description() else { return Ok(JsValue::undefined()) };
    let known = registry.get(PropertyKey::from(name.clone()), context)?.as_symbol();
    Ok(if known.as_ref() == Some(&symbol) { name.into() } else { JsValue::undefined() })
}
