//! `split` and `replaceAll` with plain strings, in linear time: the engine's take quadratic time. And `repeat`
//! without the list of sixteen bytes for each repetition that the engine makes first.

use super::{define, named};
use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsArray;
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue, NativeFunction, js_string};

type Replacement = fn(&JsValue, &[JsValue], &JsObject, &mut Context) -> JsResult<JsValue>;

/// Replaces them; what is not plain strings goes to the engine's.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().string().prototype();
    let replacements =
        [("split", 2, split as Replacement), ("replaceAll", 2, replace_all), ("repeat", 1, repeat)];
    for (name, length, replacement) in replacements {
        let original = prototype.get(JsString::from(name), context)?.to_object(context)?;
        let native = NativeFunction::from_copy_closure_with_captures(replacement, original);
        let method = named(context, name, length, native);
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

/// By doubling: twice the result's length is copied in all.
fn repeat(
    this: &JsValue,
    arguments: &[JsValue],
    original: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let (text, count) = (this.as_string(), arguments.get_or_undefined(0).as_i32());
    let (Some(text), Some(count @ 0..)) = (text, count) else {
        return original.call(this, arguments, context);
    };
    let (mut result, mut block, mut left) = (JsString::default(), text, count);
    while left > 0 {
        if left % 2 == 1 {
            result = js_string!(&result, &block);
        }
        left /= 2;
        if left > 0 {
            block = js_string!(&block, &block);
        }
    }
    Ok(result.into())
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
