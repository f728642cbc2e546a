//! `crypto.subtle.digest`: the SHA-2 family.

use super::{define, function, object, sha};
use boa_engine::object::JsObject;
use boa_engine::object::builtins::{AlignedVec, JsArrayBuffer, JsDataView, JsPromise, JsTypedArray};
use boa_engine::{Context, JsArgs, JsNativeError, JsResult, JsValue, js_string};

/// Adds `subtle` to `crypto`.
pub(super) fn install(crypto: &JsObject, context: &mut Context) -> JsResult<()> {
    let subtle = object(context);
    let digest = function(context, "digest", 2, |_, arguments, context| {
        let hash = digest(arguments, context);
        Ok(match hash {
            Ok(hash) => JsPromise::resolve(hash, context)?.into(),
            Err(error) => JsPromise::reject(error, context)?.into(),
        })
    });
    define(&subtle, "digest", digest, context)?;
    define(crypto, "subtle", subtle, context)
}

fn digest(arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let algorithm = arguments.get_or_undefined(0);
    let name = match algorithm.as_object() {
        Some(options) => options.get(js_string!("name"), context)?,
        None => algorithm.clone(),
    };
    let name = name.to_string(context)?.to_std_string_lossy();
    let bytes = bytes(arguments.get_or_undefined(1), context)?;
    let hash = match name.to_uppercase().as_str() {
        "SHA-256" => sha::sha256(&bytes),
        "SHA-384" => sha::sha384(&bytes),
        "SHA-512" => sha::sha512(&bytes),
        _ => {
            let message = format!("no digest {name:?}: there are SHA-256, SHA-384 and SHA-512");
            return Err(JsNativeError::error().with_message(message).into());
        }
    };
    let hash = AlignedVec::from_iter(0, hash);
    Ok(JsArrayBuffer::from_byte_block(hash, context)?.into())
}

/// The bytes of a buffer or of what looks at a part of one.
fn bytes(data: &JsValue, context: &mut Context) -> JsResult<Vec<u8>> {
    let wrong = || {
        let message =
            "the data of a digest is an ArrayBuffer or a view of one: new TextEncoder().encode(text)";
        JsNativeError::typ().with_message(message)
    };
    let object = data.as_object().ok_or_else(wrong)?;
    let (buffer, from, length) = if let Ok(view) = JsTypedArray::from_object(object.clone()) {
        (view.buffer(context)?, view.byte_offset(context)?, Some(view.byte_length(context)?))
    } else if let Ok(view) = JsDataView::from_object(object.clone()) {
        let from = usize::try_from(view.byte_offset(context)?).unwrap_or(usize::MAX);
        let length = usize::try_from(view.byte_length(context)?).unwrap_or(usize::MAX);
        (view.buffer(context)?, from, Some(length))
    } else {
        (object.into(), 0, None)
    };
    let buffer = JsArrayBuffer::from_object(buffer.as_object().ok_or_else(wrong)?).map_err(|_| wrong())?;
    let data = buffer.data().ok_or_else(wrong)?;
    let to = length.map_or(data.len(), |length| from.saturating_add(length));
    data.get(from..to).map(<[u8]>::to_vec).ok_or_else(|| wrong().into())
}
