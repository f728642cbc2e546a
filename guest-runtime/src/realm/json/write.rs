//! From values to text: SerializeJSONProperty of ECMA-262, 25.5.2, without a replacer.

use super::super::is_array;
use super::collections;
use boa_engine::object::JsObject;
use boa_engine::property::PropertyKey;
use boa_engine::string::{JsStrVariant, JsString};
use boa_engine::value::JsVariant;
use boa_engine::{Context, JsError, JsNativeError, JsResult, JsValue, js_string};
use std::fmt::Write as _;
use std::rc::Rc;

/// What one level is indented by.
pub(crate) type Gap = String;

/// What becomes of a surrogate without its partner.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum LoneSurrogates {
    /// `\udead`, as the language has it.
    Escaped,
    /// U+FFFD: most readers of JSON refuse the escape.
    Replaced,
}

/// How to write.
pub(crate) struct Style {
    /// Nothing for one line.
    pub(crate) gap: Gap,
    /// For text that cannot be UTF-8.
    pub(crate) lone: LoneSurrogates,
    /// Arrays and objects inside each other.
    pub(crate) depth: usize,
    /// Whether a Map and a Set are written as what they hold; in the language both are `{}`.
    pub(crate) collections: bool,
}

/// `value` as JSON; `None` where JSON has nothing for it (`undefined`, a function, a symbol).
pub(crate) fn text(value: &JsValue, style: Style, context: &mut Context) -> JsResult<Option<String>> {
    let mut writer = Writer { out: String::new(), style, path: Vec::new(), shapes: Vec::new(), context };
    let written = writer.property(value, &PropertyKey::from(js_string!("")))?;
    Ok(written.then_some(writer.out))
}

/// The names of the properties that all objects of one shape have, in order. Holding an object keeps its shape.
struct Names {
    shape: usize,
    _keeper: JsObject,
    names: Rc<[(PropertyKey, String)]>,
}

/// Shapes whose names are kept: a table has few.
const KEPT_SHAPES: usize = 16;

struct Writer<'a> {
    out: String,
    style: Style,
    /// The arrays and objects that are open, and where in them we are.
    path: Vec<(JsObject, PropertyKey)>,
    shapes: Vec<Names>,
    context: &'a mut Context,
}

impl Writer<'_> {
    /// Writes `value`, the property `name` of something; whether there was something to write.
    fn property(&mut self, value: &JsValue, name: &PropertyKey) -> JsResult<bool> {
        match value.variant() {
            JsVariant::Null => self.out.push_str("null"),
            JsVariant::Boolean(true) => self.out.push_str("true"),
            JsVariant::Boolean(false) => self.out.push_str("false"),
            JsVariant::Integer32(number) => self.display(number),
            JsVariant::Float64(number) => self.number(number),
            JsVariant::String(string) => self.string(&string),
            JsVariant::BigInt(_) => return self.big_int(value, name),
            JsVariant::Object(object) => return self.object(value, &object, name),
            JsVariant::Undefined | JsVariant::Symbol(_) => return Ok(false),
        }
        Ok(true)
    }

    fn object(&mut self, value: &JsValue, object: &JsObject, name: &PropertyKey) -> JsResult<bool> {
        let convert = object.get(js_string!("toJSON"), self.context)?;
        if let Some(convert) = convert.as_callable() {
            let replaced = convert.call(value, &[super::super::key_text(name).into()], self.context)?;
            return match replaced.as_object() {
                Some(object) => self.converted(&replaced, &object),
                None => self.property(&replaced, name),
            };
        }
        self.converted(value, object)
    }

    fn converted(&mut self, value: &JsValue, object: &JsObject) -> JsResult<bool> {
        if value.is_callable() {
            return Ok(false);
        }
        if let Some(primitive) = self.unwrapped(object)? {
            return self.property(&primitive, &PropertyKey::from(js_string!("")));
        }
        self.open(object)?;
        let plain = if self.style.collections { collections::plain(object, self.context)? } else { None };
        let shown = plain.as_ref().unwrap_or(object);
        if is_array(shown, self.context)? { self.array(shown) } else { self.members(shown) }?;
        self.path.pop();
        Ok(true)
    }

    /// The primitive inside `new Number(1)` and its like.
    fn unwrapped(&mut self, object: &JsObject) -> JsResult<Option<JsValue>> {
        if object.is::<f64>() {
            return JsValue::from(object.clone()).to_number(self.context).map(|number| Some(number.into()));
        }
        if object.is::<JsString>() {
            return JsValue::from(object.clone()).to_string(self.context).map(|text| Some(text.into()));
        }
        Ok(object.downcast_ref::<bool>().map(|boolean| JsValue::from(*boolean)))
    }

    fn open(&mut self, object: &JsObject) -> JsResult<()> {
        if let Some(start) = self.path.iter().position(|(open, _)| JsObject::equals(open, object)) {
            return Err(self.cycle(start));
        }
        if self.path.len() >= self.style.depth {
            let message = format!("nested deeper than {} levels", self.style.depth);
            return Err(JsNativeError::range().with_message(message).into());
        }
        self.path.push((object.clone(), PropertyKey::from(0_u32)));
        Ok(())
    }

    fn cycle(&self, start: usize) -> JsError {
        let path = |parts: &[(JsObject, PropertyKey)]| {
            parts.iter().fold(String::from("value"), |path, (_, key)| match key {
                PropertyKey::Index(index) => format!("{path}[{}]", index.get()),
                key => format!("{path}.{key}"),
            })
        };
        let message = format!(
            "cyclic structure cannot be written as JSON: {} refers back to {}",
            path(&self.path),
            path(&self.path[..start])
        );
        JsNativeError::typ().with_message(message).into()
    }

    fn array(&mut self, array: &JsObject) -> JsResult<()> {
        let length = array.get(js_string!("length"), self.context)?.to_length(self.context)?;
        self.out.push('[');
        for index in 0..length {
            self.separate(index > 0);
            let key = PropertyKey::from(index);
            let element = array.get(key.clone(), self.context)?;
            self.here(&key);
            if !self.property(&element, &key)? {
                self.out.push_str("null");
            }
        }
        self.close(length > 0, ']');
        Ok(())
    }

    fn members(&mut self, object: &JsObject) -> JsResult<()> {
        self.out.push('{');
        let mut any = false;
        for (key, written) in self.names(object)?.iter() {
            let Some(value) = self.member(object, key)? else { continue };
            let start = self.out.len();
            self.separate(any);
            self.out.push_str(written);
            self.out.push_str(if self.style.gap.is_empty() { ":" } else { ": " });
            self.here(key);
            if self.property(&value, key)? {
                any = true;
            } else {
                self.out.truncate(start);
            }
        }
        self.close(any, '}');
        Ok(())
    }

    /// The value of an enumerable property that is still there.
    fn member(&mut self, object: &JsObject, key: &PropertyKey) -> JsResult<Option<JsValue>> {
        if object.is_ordinary() {
            let Some(property) = object.borrow().properties().get(key) else { return Ok(None) };
            if !property.expect_enumerable() {
                return Ok(None);
            }
            if let Some(value) = property.value() {
                return Ok(Some(value.clone()));
            }
        }
        object.get(key.clone(), self.context).map(Some)
    }

    fn names(&mut self, object: &JsObject) -> JsResult<Rc<[(PropertyKey, String)]>> {
        let shared = {
            let object = object.borrow();
            let plain = object.properties().index_property_keys().len() == 0 && object.shape().is_shared();
            plain.then(|| object.shape().to_addr_usize())
        };
        let Some(shape) = shared.filter(|_| object.is_ordinary()) else { return self.list(object) };
        if let Some(known) = self.shapes.iter().rev().find(|known| known.shape == shape) {
            return Ok(Rc::clone(&known.names));
        }
        let names = self.list(object)?;
        if self.shapes.len() == KEPT_SHAPES {
            self.shapes.remove(0);
        }
        self.shapes.push(Names { shape, _keeper: object.clone(), names: Rc::clone(&names) });
        Ok(names)
    }

    fn list(&mut self, object: &JsObject) -> JsResult<Rc<[(PropertyKey, String)]>> {
        let keys = if object.is_ordinary() {
            object.own_property_keys(self.context)?
        } else {
            super::super::enumerable_keys(object, self.context)?
        };
        let outer = std::mem::take(&mut self.out);
        let mut names = Vec::with_capacity(keys.len());
        for key in keys {
            if !matches!(key, PropertyKey::Symbol(_)) {
                self.string(&super::super::key_text(&key));
                names.push((key, std::mem::take(&mut self.out)));
            }
        }
        self.out = outer;
        Ok(names.into())
    }

    fn big_int(&mut self, value: &JsValue, name: &PropertyKey) -> JsResult<bool> {
        let prototype = context_big_int(self.context);
        let convert = prototype.get(js_string!("toJSON"), self.context)?;
        match convert.as_callable() {
            Some(convert) => {
                let replaced = convert.call(value, &[super::super::key_text(name).into()], self.context)?;
                self.property(&replaced, name)
            }
            None => Err(JsNativeError::typ()
                .with_message("a BigInt cannot be written as JSON: use Number(value) or String(value)")
                .into()),
        }
    }

    fn number(&mut self, number: f64) {
        if !number.is_finite() {
            self.out.push_str("null");
        } else if number == 0.0 {
            self.out.push('0');
        } else {
            self.out.push_str(&JsString::from(number).to_std_string_lossy());
        }
    }

    fn string(&mut self, string: &JsString) {
        self.out.push('"');
        match string.variant() {
            JsStrVariant::Latin1(bytes) => {
                for &byte in bytes {
                    self.character(char::from(byte));
                }
            }
            JsStrVariant::Utf16(units) => {
                for unit in char::decode_utf16(units.iter().copied()) {
                    match unit {
                        Ok(character) => self.character(character),
                        Err(lone) => self.lone_surrogate(lone.unpaired_surrogate()),
                    }
                }
            }
        }
        self.out.push('"');
    }

    fn character(&mut self, character: char) {
        match character {
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            '\u{8}' => self.out.push_str("\\b"),
            '\u{c}' => self.out.push_str("\\f"),
            '\0'..' ' => self.escape(u32::from(character)),
            _ => self.out.push(character),
        }
    }

    fn lone_surrogate(&mut self, unit: u16) {
        match self.style.lone {
            LoneSurrogates::Escaped => self.escape(u32::from(unit)),
            LoneSurrogates::Replaced => self.out.push(char::REPLACEMENT_CHARACTER),
        }
    }

    fn escape(&mut self, code: u32) {
        self.display(format_args!("\\u{code:04x}"));
    }

    fn display(&mut self, shown: impl std::fmt::Display) {
        // Writing to a String does not fail.
        let _ = write!(self.out, "{shown}");
    }

    fn here(&mut self, key: &PropertyKey) {
        if let Some((_, place)) = self.path.last_mut() {
            place.clone_from(key);
        }
    }

    fn separate(&mut self, comma: bool) {
        if comma {
            self.out.push(',');
        }
        self.indent(self.path.len());
    }

    fn close(&mut self, any: bool, bracket: char) {
        if any {
            self.indent(self.path.len() - 1);
        }
        self.out.push(bracket);
    }

    fn indent(&mut self, levels: usize) {
        if !self.style.gap.is_empty() {
            self.out.push('\n');
            for _ in 0..levels {
                self.out.push_str(&self.style.gap);
            }
        }
    }
}

fn context_big_int(context: &Context) -> JsObject {
    context.intrinsics().constructors().bigint().prototype()
}
