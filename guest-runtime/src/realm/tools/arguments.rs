//! What was passed, as the one object that a tool takes, and whether that fits.

use super::super::{enumerable_keys, is_array, object};
use crate::nearest;
use boa_engine::object::JsObject;
use boa_engine::property::PropertyKey;
use boa_engine::value::JsVariant;
use boa_engine::{Context, JsResult, JsString, JsValue, js_string};
use guest_protocol::message::{JsonType, ParameterShape, ToolShape};

/// One object from whatever was passed; what is wrong where that cannot be.
///
/// One plain object is the arguments. Anything else binds to the parameters in order, required ones first, and
/// a plain object at the end supplies the rest by name.
pub(super) fn bind(
    shape: &ToolShape,
    given: &[JsValue],
    context: &mut Context,
) -> JsResult<Result<JsObject, String>> {
    let given = match given.iter().rposition(|value| !value.is_undefined()) {
        Some(last) => &given[..=last],
        None => return Ok(Ok(object(context))),
    };
    let (positional, named) = split(shape, given, context)?;
    if let (true, Some(named)) = (positional.is_empty(), &named) {
        return Ok(Ok(named.clone()));
    }
    if positional.len() > shape.parameters.len() {
        return Ok(Err(format!(
            "{} positional arguments for {} parameters; pass one object",
            positional.len(),
            shape.parameters.len()
        )));
    }
    let bound = object(context);
    for (parameter, value) in shape.parameters.iter().zip(positional) {
        bound.create_data_property_or_throw(
            JsString::from(parameter.name.as_str()),
            value.clone(),
            context,
        )?;
    }
    if let Some(named) = named {
        for key in enumerable_keys(&named, context)? {
            let value = named.get(key.clone(), context)?;
            bound.create_data_property_or_throw(key, value, context)?;
        }
    }
    Ok(Ok(bound))
}

/// Positional arguments, and the object of named ones if the last is that.
fn split<'a>(
    shape: &ToolShape,
    given: &'a [JsValue],
    context: &mut Context,
) -> JsResult<(&'a [JsValue], Option<JsObject>)> {
    let Some((last, before)) = given.split_last() else { return Ok((given, None)) };
    let Some(last) = plain(last) else { return Ok((given, None)) };
    let names = names(&last, context)?;
    let known = |name: &String| shape.parameters.iter().any(|parameter| parameter.name == *name);
    let takes_object = |parameter: &ParameterShape| parameter.types.contains(&JsonType::Object);
    let is_value = shape.parameters.get(before.len()).is_some_and(takes_object)
        && (!before.is_empty() || !shape.open)
        && !names.is_empty()
        && !names.iter().any(known);
    Ok(if is_value { (given, None) } else { (before, Some(last)) })
}

fn plain(value: &JsValue) -> Option<JsObject> {
    value.as_object().filter(|object| object.is_ordinary() && !object.is_callable())
}

fn names(object: &JsObject, context: &mut Context) -> JsResult<Vec<String>> {
    let keys = enumerable_keys(object, context)?;
    Ok(keys
        .iter()
        .filter(|key| !matches!(key, PropertyKey::Symbol(_)))
        .map(|key| super::super::key_text(key).to_std_string_lossy())
        .collect())
}

/// What is wrong with `bound`, if something is.
pub(super) fn check(shape: &ToolShape, bound: &JsObject, context: &mut Context) -> JsResult<Option<String>> {
    if bound.get(js_string!("toJSON"), context)?.is_callable() {
        return Ok(None);
    }
    for parameter in &shape.parameters {
        let name = JsString::from(parameter.name.as_str());
        // Every object inherits a `constructor` and a `__proto__`: nobody has passed those.
        let passed = bound.has_own_property(name.clone(), context)?;
        let value = if passed { bound.get(name, context)? } else { JsValue::undefined() };
        if value.is_undefined() {
            if parameter.required {
                return Ok(Some(format!(
                    "missing argument \"{}\"{}",
                    parameter.name,
                    list(&parameter.types)
                )));
            }
            continue;
        }
        if let Some(found) = misfit(&value, &parameter.types, context)? {
            return Ok(Some(format!(
                "argument \"{}\" is {found}{}",
                parameter.name,
                list(&parameter.types).replace(" (", ", expected ").replace(')', "")
            )));
        }
    }
    if shape.open { Ok(None) } else { unknown(shape, bound, context) }
}

fn unknown(shape: &ToolShape, bound: &JsObject, context: &mut Context) -> JsResult<Option<String>> {
    let parameters: Vec<&str> = shape.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    let wrong = names(bound, context)?.into_iter().find(|name| !parameters.contains(&name.as_str()));
    Ok(wrong.map(|name| match nearest::to(&name, &parameters, 1).first() {
        Some(near) => format!("unknown argument \"{name}\". Did you mean \"{near}\"?"),
        None if parameters.is_empty() => format!("unknown argument \"{name}\": it takes none"),
        None => format!("unknown argument \"{name}\". It takes {}", parameters.join(", ")),
    }))
}

/// What `value` is, where that is none of `types`.
fn misfit(value: &JsValue, types: &[JsonType], context: &mut Context) -> JsResult<Option<&'static str>> {
    let (found, fitting): (&str, &[JsonType]) = match value.variant() {
        JsVariant::Null => ("null", &[JsonType::Null]),
        JsVariant::Boolean(_) => ("a boolean", &[JsonType::Boolean]),
        JsVariant::String(_) => ("a string", &[JsonType::String]),
        JsVariant::Integer32(_) => ("a number", &[JsonType::Integer, JsonType::Number]),
        JsVariant::Float64(number) if number.is_nan() || number.is_infinite() => ("not a finite number", &[]),
        JsVariant::Float64(number) if number.fract() == 0.0 => {
            ("a number", &[JsonType::Integer, JsonType::Number])
        }
        JsVariant::Float64(_) => ("a number with a fraction", &[JsonType::Number]),
        JsVariant::BigInt(_) => ("a BigInt", &[]),
        JsVariant::Symbol(_) => ("a symbol", &[]),
        JsVariant::Undefined => ("undefined", &[]),
        JsVariant::Object(object) => return misfit_object(&object, types, context),
    };
    let unrestricted = types.is_empty() && !fitting.is_empty();
    let fits = unrestricted || types.iter().any(|wanted| fitting.contains(wanted));
    Ok((!fits).then_some(found))
}

fn misfit_object(
    object: &JsObject,
    types: &[JsonType],
    context: &mut Context,
) -> JsResult<Option<&'static str>> {
    let (found, fits) = if object.is_callable() {
        return Ok(Some("a function"));
    } else if object.get(js_string!("then"), context)?.is_callable() {
        return Ok(Some("a promise: await it first"));
    } else if object.get(js_string!("toJSON"), context)?.is_callable() {
        return Ok(None);
    } else if is_array(object, context)? {
        ("an array", types.contains(&JsonType::Array))
    } else {
        ("an object", types.contains(&JsonType::Object))
    };
    Ok((!fits && !types.is_empty()).then_some(found))
}

/// ` (string or null)`
fn list(types: &[JsonType]) -> String {
    if types.is_empty() {
        return String::new();
    }
    let names: Vec<String> = types
        .iter()
        .filter_map(|one| serde_json::to_value(one).ok()?.as_str().map(ToOwned::to_owned))
        .collect();
    format!(" ({})", names.join(" or "))
}
