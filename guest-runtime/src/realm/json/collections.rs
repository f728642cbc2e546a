//! What a Map and a Set become where JSON leaves the guest.

use super::super::object;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::{JsArray, JsMap, JsSet};
use boa_engine::property::PropertyKey;
use boa_engine::{Context, JsResult, JsValue};

/// The object or list that stands for a Map or a Set; `None` for everything else.
pub(super) fn plain(value: &JsObject, context: &mut Context) -> JsResult<Option<JsObject>> {
    if value.is_ordinary() || value.is_array() {
        return Ok(None);
    }
    if let Ok(map) = JsMap::from_object(value.clone()) {
        let mut entries = Vec::new();
        map.for_each_native(|key, value| {
            entries.push((key, value));
            Ok(())
        })?;
        return of_map(entries, context).map(Some);
    }
    let Ok(set) = JsSet::from_object(value.clone()) else { return Ok(None) };
    let mut elements: Vec<JsValue> = Vec::new();
    set.for_each_native(|element| {
        elements.push(element);
        Ok(())
    })?;
    Ok(Some(JsArray::from_iter(elements, context).into()))
}

fn of_map(entries: Vec<(JsValue, JsValue)>, context: &mut Context) -> JsResult<JsObject> {
    if entries.iter().all(|(key, _)| key.is_string()) {
        let plain = object(context);
        for (key, value) in entries {
            let key: PropertyKey = key.to_property_key(context)?;
            plain.create_data_property_or_throw(key, value, context)?;
        }
        return Ok(plain);
    }
    let pairs: Vec<JsValue> =
        entries.into_iter().map(|(key, value)| JsArray::from_iter([key, value], context).into()).collect();
    Ok(JsArray::from_iter(pairs, context).into())
}
