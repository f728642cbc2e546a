//! `split` and `replaceAll` with plain strings, in linear time: the engine's take quadratic time.

use super::{define, named};
use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsArray;
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue, NativeFunction};

type Replacement = fn(&JsValue, &[JsValue], &JsObject, &mut Context) -> JsResult<JsValue>;

/// Replaces them; what is not plain strings goes to the engine's.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().string().prototype();
    for (name, replacement) in [("split", split as Replacement), ("replaceAll", replace_all)] {
        let original = prototype.get(JsString::from(name), context)?.to_object(context)?;
        let native = NativeFunction::from_copy_closure_with_captures(replacement, original);
        let method = named(context, name, 2, native);
        define(&prototype, name, method, context)?;
    }
    Ok(())
}

fn split(
    this: &JsValue,
    arguments: &[JsValue],
    original: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let (text, separator) = (this.as_string(), arguments.get_or_undefined(0).as_string());
    let (Some(text), Some(separator), true) = (text, separator, arguments.get_or_undefined(1).is_undefined())
    else {
        return original.call(this, arguments, context);
    };
    if separator.is_empty() {
        return original.call(this, arguments, context);
    }
    let mut parts: Vec<JsValue> = Vec::new();
    let mut start = 0;
    for at in places(&text, &separator) {
        parts.push(text.get_expect(start..at).into());
        start = at + separator.len();
    }
    parts.push(text.get_expect(start..text.len()).into());
    Ok(JsArray::from_iter(parts, context).into())
}

fn replace_all(
    this: &JsValue,
    arguments: &[JsValue],
    original: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let (text, pattern) = (this.as_string(), arguments.get_or_undefined(0).as_string());
    let replacement = arguments.get_or_undefined(1).as_string();
    let (Some(text), Some(pattern), Some(replacement)) = (text, pattern, replacement) else {
        return original.call(this, arguments, context);
    };
    if pattern.is_empty() || replacement.contains(b'$') {
        return original.call(this, arguments, context);
    }
    let (units, new) = (text.to_vec(), replacement.to_vec());
    let mut result = Vec::with_capacity(units.len());
    let mut start = 0;
    for at in places(&text, &pattern) {
        result.extend_from_slice(&units[start..at]);
        result.extend_from_slice(&new);
        start = at + pattern.len();
    }
    result.extend_from_slice(&units[start..]);
    Ok(JsString::from(result.as_slice()).into())
}

/// Where `pattern` stands in `text`, from left to right and not overlapping.
fn places(text: &JsString, pattern: &JsString) -> Vec<usize> {
    let (text, pattern) = (text.to_vec(), pattern.to_vec());
    let (mut places, mut at) = (Vec::new(), 0);
    while let Some(offset) = text.get(at..).and_then(|rest| find(rest, &pattern)) {
        places.push(at + offset);
        at += offset + pattern.len();
    }
    places
}

fn find(text: &[u16], pattern: &[u16]) -> Option<usize> {
    text.windows(pattern.len()).position(|window| window == pattern)
}
