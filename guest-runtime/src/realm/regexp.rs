//! `source` of a regular expression: the engine escapes a slash that is escaped already, which changes what the
//! pattern means.

use boa_engine::object::JsObject;
use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsResult, JsString, JsValue, NativeFunction, js_string};

const SLASH: u16 = 0x2f;
const BACKSLASH: u16 = 0x5c;

/// Replaces the getter.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().regexp().prototype();
    let property = prototype.borrow().properties().get(&js_string!("source").into());
    let getter = property.as_ref().and_then(PropertyDescriptor::get).and_then(JsValue::as_object);
    let Some(getter) = getter else { return Ok(()) };
    let get = NativeFunction::from_copy_closure_with_captures(source, getter);
    let get = get.to_js_function(context.realm());
    let property = PropertyDescriptor::builder().get(get).enumerable(false).configurable(true);
    prototype.define_property_or_throw(js_string!("source"), property, context).map(drop)
}

fn source(this: &JsValue, _: &[JsValue], getter: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    let value = getter.call(this, &[], context)?;
    Ok(match value.as_string() {
        Some(text) => escaped(&bare(&text.to_vec())).into(),
        None => value,
    })
}

/// The pattern as it was written: the engine puts a backslash before each slash.
fn bare(text: &[u16]) -> Vec<u16> {
    let mut bare = Vec::with_capacity(text.len());
    for &unit in text {
        if unit == SLASH && bare.last() == Some(&BACKSLASH) {
            bare.pop();
        }
        bare.push(unit);
    }
    bare
}

/// The pattern as it may stand between slashes.
fn escaped(pattern: &[u16]) -> JsString {
    let (mut text, mut behind_backslash, mut in_class) = (Vec::with_capacity(pattern.len()), false, false);
    for &unit in pattern {
        if unit == SLASH && !behind_backslash && !in_class {
            text.push(BACKSLASH);
        }
        if !behind_backslash {
            in_class = (in_class || unit == u16::from(b'[')) && unit != u16::from(b']');
        }
        behind_backslash = unit == BACKSLASH && !behind_backslash;
        text.push(unit);
    }
    JsString::from(text.as_slice())
}

#[cfg(test)]
mod tests {
    use super::{bare, escaped};

    fn units(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    #[test]
    fn a_slash_is_escaped_once() {
        assert_eq!(bare(&units(r"a\/b")), units("a/b"));
        assert_eq!(bare(&units(r"a\\/b")), units(r"a\/b"));
        for (pattern, source) in [("a/b", r"a\/b"), (r"a\/b", r"a\/b"), ("[/]", "[/]"), (r"\\/", r"\\\/")] {
            assert_eq!(escaped(&units(pattern)).to_std_string_lossy(), source, "{pattern}");
        }
    }
}
