//! JSON between bytes and values, in one pass each way.
//!
//! The engine's own `JSON.parse` compiles the text as a program and is some twenty times slower; it is kept for
//! calls with a reviver, and its `JSON.stringify` for calls with a replacer.

mod collections;
pub(crate) mod read;
pub(crate) mod write;

use super::define;
use crate::arena;
use boa_engine::object::JsObject;
use boa_engine::string::JsStrVariant;
use boa_engine::{Context, JsArgs, JsNativeError, JsResult, JsString, JsValue, NativeFunction, js_string};
use read::Invalid;
use write::{Gap, LoneSurrogates, Style};

/// Arrays and objects inside each other that `JSON.parse` and `JSON.stringify` follow; the stack holds more.
pub(crate) const MAX_DEPTH: usize = 4000;
/// Spaces of an indentation (ECMA-262, 25.5.2).
const MAX_GAP: usize = 10;

/// Replaces `JSON.parse` and `JSON.stringify`.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    let json = context.global_object().get(js_string!("JSON"), context)?.to_object(context)?;
    for (name, length, replacement) in
        [("parse", 2, parse as Replacement), ("stringify", 3, stringify as Replacement)]
    {
        let original = json.get(JsString::from(name), context)?.to_object(context)?;
        let native = NativeFunction::from_copy_closure_with_captures(
            move |_, arguments, original, context| replacement(arguments, original, context),
            original,
        );
        let replacement = super::named(context, name, length, native);
        define(&json, name, replacement, context)?;
    }
    Ok(())
}

type Replacement = fn(&[JsValue], &JsObject, &mut Context) -> JsResult<JsValue>;

fn parse(arguments: &[JsValue], original: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    if arguments.get_or_undefined(1).is_callable() {
        return original.call(&JsValue::undefined(), arguments, context);
    }
    arena::collect_if_grown();
    let text = arguments.get_or_undefined(0).to_string(context)?;
    let bytes = to_wtf8(&text);
    read::value(&bytes, MAX_DEPTH, context)
        .map_err(|invalid| JsNativeError::syntax().with_message(describe(&invalid, &bytes)).into())
}

fn stringify(arguments: &[JsValue], original: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    if arguments.get_or_undefined(1).is_object() {
        return original.call(&JsValue::undefined(), arguments, context);
    }
    arena::collect_if_grown();
    let style = Style {
        gap: gap(arguments.get_or_undefined(2), context)?,
        lone: LoneSurrogates::Escaped,
        depth: MAX_DEPTH,
        collections: false,
    };
    let text = write::text(arguments.get_or_undefined(0), style, context)?;
    Ok(text.map_or_else(JsValue::undefined, |text| JsString::from(text).into()))
}

fn gap(space: &JsValue, context: &mut Context) -> JsResult<Gap> {
    if let Some(text) = space.as_string() {
        return Ok(text.to_std_string_lossy().chars().take(MAX_GAP).collect());
    }
    if !space.is_number() {
        return Ok(Gap::new());
    }
    let width = space.to_integer_or_infinity(context)?.clamp_finite(0, MAX_GAP as i64);
    Ok(" ".repeat(usize::try_from(width).unwrap_or(0)))
}

/// UTF-8 in which a surrogate without its partner stands as three bytes of its own.
fn to_wtf8(text: &JsString) -> Vec<u8> {
    if let JsStrVariant::Latin1(bytes) = text.variant()
        && bytes.is_ascii()
    {
        return bytes.to_vec();
    }
    let mut bytes = Vec::with_capacity(text.len() * 2);
    for unit in char::decode_utf16(text.iter()) {
        match unit {
            Ok(character) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(lone) => {
                let [high, low] = lone.unpaired_surrogate().to_be_bytes();
                bytes.extend_from_slice(&[
                    0xed,
                    0x80 | ((high & 0xf) << 2) | (low >> 6),
                    0x80 | (low & 0x3f),
                ]);
            }
        }
    }
    bytes
}

/// What is wrong with a text that is not JSON, and with an excerpt, for a program's author.
fn describe(invalid: &Invalid, bytes: &[u8]) -> String {
    let at = match invalid {
        Invalid::End => return "Unexpected end of JSON input".into(),
        Invalid::Depth => return format!("JSON nested deeper than {MAX_DEPTH} levels"),
        Invalid::At(at) => *at,
    };
    let found = String::from_utf8_lossy(&bytes[at..bytes.len().min(at + 4)]).chars().next().unwrap_or('?');
    let (from, to) = (at.saturating_sub(20), bytes.len().min(at + 20));
    let excerpt = String::from_utf8_lossy(&bytes[from..to]).into_owned();
    format!("Unexpected token {found:?} in JSON at position {at}, near {excerpt:?}")
}

/// `JSON` for a value on its way out of the guest: as a tool's argument or as the program's value. A Map is an
/// object where all its keys are strings, else a list of pairs; a Set is a list.
pub(crate) fn outgoing(value: &JsValue, depth: usize, context: &mut Context) -> JsResult<Option<String>> {
    let style = Style { gap: Gap::new(), lone: LoneSurrogates::Replaced, depth, collections: true };
    write::text(value, style, context)
}

/// A value of the JSON text that a bounded and checked frame brought.
pub(crate) fn incoming(text: &str, context: &mut Context) -> JsResult<JsValue> {
    read::value(text.as_bytes(), MAX_DEPTH, context)
        .map_err(|invalid| JsNativeError::syntax().with_message(describe(&invalid, text.as_bytes())).into())
}
