//! Values as a person reads them: what `console.log` prints.

use super::{enumerable_keys, is_array};
use boa_engine::builtins::promise::PromiseState;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::{JsDate, JsMap, JsPromise, JsRegExp, JsSet};
use boa_engine::property::PropertyKey;
use boa_engine::value::JsVariant;
use boa_engine::{Context, JsResult, JsString, JsSymbol, JsValue, js_string};

/// Objects inside objects that are shown.
const DEPTH: usize = 5;
/// Elements of one array, map or set that are shown.
const ELEMENTS: usize = 100;
/// Text that is put on one line, characters.
const LINE: usize = 76;
/// Most bytes of one text, where nothing smaller is asked for.
const MAX_BYTES: usize = 256 << 10;

/// How far to look.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    bytes: usize,
}

impl Default for Look {
    fn default() -> Self {
        Self::bounded(MAX_BYTES)
    }
}

impl Look {
    /// Stops soon after `bytes` bytes.
    pub(crate) fn bounded(bytes: usize) -> Self {
        Self { bytes: bytes.min(MAX_BYTES) }
    }
}

/// The arguments of `console.log` as one text: strings as they are, with `%s` and its like filled in.
pub(crate) fn line(arguments: &[JsValue], look: Look, context: &mut Context) -> JsResult<String> {
    let mut inspector = Inspector { left: look.bytes, open: Vec::new(), context };
    let mut rest = arguments;
    let mut parts = Vec::new();
    if let Some(format) = arguments.first().and_then(JsValue::as_string)
        && arguments.len() > 1
        && format.contains(b'%')
    {
        let (text, used) = inspector.filled(&format.to_std_string_lossy(), &arguments[1..])?;
        parts.push(text);
        rest = &arguments[1 + used..];
    }
    for value in rest {
        parts.push(inspector.top(value)?);
    }
    Ok(parts.join(" "))
}

struct Inspector<'a> {
    /// Bytes that may still be written; what comes after is left out.
    left: usize,
    open: Vec<JsObject>,
    context: &'a mut Context,
}

impl Inspector<'_> {
    fn filled(&mut self, format: &str, values: &[JsValue]) -> JsResult<(String, usize)> {
        let (mut text, mut used) = (String::new(), 0);
        let mut characters = format.chars().peekable();
        while let Some(character) = characters.next() {
            let kind = characters.peek().copied();
            if character != '%' {
                text.push(character);
            } else if kind == Some('%') {
                characters.next();
                text.push('%');
            } else if let (Some(kind @ ('s' | 'd' | 'i' | 'f' | 'o' | 'O' | 'j' | 'c')), Some(value)) =
                (kind, values.get(used))
            {
                characters.next();
                used += 1;
                text.push_str(&self.directive(kind, value)?);
            } else {
                text.push('%');
            }
        }
        Ok((text, used))
    }

    fn directive(&mut self, kind: char, value: &JsValue) -> JsResult<String> {
        Ok(match kind {
            'c' => String::new(),
            'd' | 'i' | 'f' => {
                let number = value.to_number(self.context)?;
                let number = if kind == 'i' { number.trunc() } else { number };
                JsString::from(number).to_std_string_lossy()
            }
            _ => self.top(value)?,
        })
    }

    fn top(&mut self, value: &JsValue) -> JsResult<String> {
        match value.as_string() {
            Some(text) => Ok(self.spend(text.to_std_string_lossy())),
            None => self.value(value),
        }
    }

    /// Counts `text` against what may still be written.
    fn spend(&mut self, mut text: String) -> String {
        if text.len() > self.left {
            text.truncate(text.floor_char_boundary(self.left));
            text.push('…');
        }
        self.left = self.left.saturating_sub(text.len());
        text
    }

    fn value(&mut self, value: &JsValue) -> JsResult<String> {
        let text = match value.variant() {
            JsVariant::Object(object) => return self.object(&object),
            JsVariant::String(text) => quoted(&text.to_std_string_lossy()),
            JsVariant::BigInt(number) => format!("{number}n"),
            JsVariant::Symbol(symbol) => symbol.to_string(),
            JsVariant::Float64(number) if number == 0.0 && number.is_sign_negative() => "-0".into(),
            _ => value.to_string(self.context)?.to_std_string_lossy(),
        };
        Ok(self.spend(text))
    }

    fn object(&mut self, object: &JsObject) -> JsResult<String> {
        if self.open.iter().any(|open| JsObject::equals(open, object)) {
            return Ok(self.spend("[Circular]".into()));
        }
        if self.left == 0 {
            return Ok("…".into());
        }
        self.open.push(object.clone());
        let text = self.described(object);
        self.open.pop();
        text
    }

    fn described(&mut self, object: &JsObject) -> JsResult<String> {
        if object.is_callable() {
            return self.function(object);
        }
        if let Ok(date) = JsDate::from_object(object.clone()) {
            let time = date.get_time(self.context)?.to_number(self.context)?;
            let text = if time.is_nan() {
                "Invalid Date".into()
            } else {
                date.to_iso_string(self.context)?.to_string(self.context)?.to_std_string_lossy()
            };
            return Ok(self.spend(text));
        }
        if let Ok(pattern) = JsRegExp::from_object(object.clone()) {
            let text = pattern.to_string(self.context)?;
            return Ok(self.spend(text));
        }
        if object.is::<boa_engine::builtins::error::Error>() {
            return self.error(object);
        }
        let (name, brackets, mut parts) = self.parts(object)?;
        if self.open.len() > DEPTH && !parts.is_empty() {
            return Ok(self.spend(format!("[{}]", name.unwrap_or_else(|| "Object".into()))));
        }
        let entries = self.entries(object)?;
        parts.extend(entries);
        Ok(layout(name, brackets, &parts, self.open.len()))
    }

    /// The name, the brackets and the elements of what has elements.
    fn parts(&mut self, object: &JsObject) -> JsResult<(Option<String>, [char; 2], Vec<String>)> {
        let shallow = self.open.len() <= DEPTH;
        if is_array(object, self.context)? {
            let elements = if shallow { self.elements(object)? } else { vec![String::new()] };
            return Ok((if shallow { None } else { Some("Array".into()) }, ['[', ']'], elements));
        }
        if let Ok(map) = JsMap::from_object(object.clone()) {
            let mut list = Vec::new();
            map.for_each_native(|key, value| {
                list.push((key, value));
                Ok(())
            })?;
            let name = Some(format!("Map({})", list.len()));
            let parts = list
                .iter()
                .take(ELEMENTS)
                .map(|(key, value)| Ok(format!("{} => {}", self.value(key)?, self.value(value)?)));
            let parts = parts.collect::<JsResult<_>>()?;
            return Ok((name, ['{', '}'], parts));
        }
        if let Ok(set) = JsSet::from_object(object.clone()) {
            let mut list = Vec::new();
            set.for_each_native(|value| {
                list.push(value);
                Ok(())
            })?;
            let parts = list.iter().take(ELEMENTS).map(|value| self.value(value)).collect::<JsResult<_>>()?;
            return Ok((Some(format!("Set({})", list.len())), ['{', '}'], parts));
        }
        if let Ok(promise) = JsPromise::from_object(object.clone()) {
            let state = match promise.state() {
                PromiseState::Pending => "<pending>".into(),
                PromiseState::Fulfilled(value) => self.value(&value)?,
                PromiseState::Rejected(reason) => format!("<rejected> {}", self.value(&reason)?),
            };
            return Ok((Some("Promise".into()), ['{', '}'], vec![state]));
        }
        let name = self.class_name(object)?;
        Ok((name, ['{', '}'], Vec::new()))
    }

    fn elements(&mut self, array: &JsObject) -> JsResult<Vec<String>> {
        let length = array.get(js_string!("length"), self.context)?.to_length(self.context)?;
        let mut parts = Vec::new();
        for index in 0..length {
            if parts.len() == ELEMENTS || self.left == 0 {
                parts.push(format!("… {} more items", length - index));
                break;
            }
            let element = array.get(index, self.context)?;
            parts.push(self.value(&element)?);
        }
        Ok(parts)
    }

    /// The listed properties that are not elements.
    fn entries(&mut self, object: &JsObject) -> JsResult<Vec<String>> {
        let elements = is_array(object, self.context)? || object.is::<JsString>();
        let mut parts = Vec::new();
        for key in enumerable_keys(object, self.context)? {
            if elements && matches!(key, PropertyKey::Index(_)) {
                continue;
            }
            if self.left == 0 {
                parts.push("…".into());
                break;
            }
            let name = name_of(&key);
            let accessor =
                object.borrow().properties().get(&key).filter(|property| property.is_accessor_descriptor());
            let shown = match accessor {
                Some(_) => "[Getter]".into(),
                None => {
                    let value = object.get(key, self.context)?;
                    self.value(&value)?
                }
            };
            self.left = self.left.saturating_sub(name.len());
            parts.push(format!("{name}: {shown}"));
        }
        Ok(parts)
    }

    fn function(&mut self, function: &JsObject) -> JsResult<String> {
        let name = function.get(js_string!("name"), self.context)?;
        let name = name.as_string().map(|name| name.to_std_string_lossy()).unwrap_or_default();
        let class = JsValue::from(function.clone())
            .to_string(self.context)?
            .to_std_string_lossy()
            .starts_with("class");
        let kind = if class { "class" } else { "Function" };
        Ok(self.spend(match (class, name.as_str()) {
            (true, name) => format!("[{kind} {name}]"),
            (false, "") => format!("[{kind} (anonymous)]"),
            (false, name) => format!("[{kind}: {name}]"),
        }))
    }

    fn error(&mut self, error: &JsObject) -> JsResult<String> {
        let stack = error.get(js_string!("stack"), self.context)?;
        let mut text = match stack.as_string() {
            Some(stack) => stack.to_std_string_lossy(),
            None => JsValue::from(error.clone()).to_string(self.context)?.to_std_string_lossy(),
        };
        text = self.spend(text);
        let mut parts = self.entries(error)?;
        let cause = error.get(js_string!("cause"), self.context)?;
        if !cause.is_undefined() {
            parts.push(format!("[cause]: {}", self.value(&cause)?));
        }
        if parts.is_empty() {
            return Ok(if self.open.len() > 1 { format!("[{text}]") } else { text });
        }
        Ok(format!("{text} {}", layout(None, ['{', '}'], &parts, self.open.len())))
    }

    /// What is worth naming of an object's class: nothing for plain objects.
    fn class_name(&mut self, object: &JsObject) -> JsResult<Option<String>> {
        if object.prototype().is_none() {
            return Ok(Some("[Object: null prototype]".into()));
        }
        let tag = object.get(JsSymbol::to_string_tag(), self.context)?;
        let constructor = object.get(js_string!("constructor"), self.context)?;
        let name = match constructor.as_object() {
            Some(constructor) => constructor.get(js_string!("name"), self.context)?,
            None => JsValue::undefined(),
        };
        let name = name.as_string().map(|name| name.to_std_string_lossy()).filter(|name| name != "Object");
        let tag =
            tag.as_string().map(|tag| tag.to_std_string_lossy()).filter(|tag| Some(tag) != name.as_ref());
        Ok(match (name, tag) {
            (None, None) => None,
            (Some(name), None) => Some(name),
            (name, Some(tag)) => Some(format!("{} [{tag}]", name.as_deref().unwrap_or("Object"))),
        })
    }
}

fn name_of(key: &PropertyKey) -> String {
    let name = super::key_text(key).to_std_string_lossy();
    let plain = name.starts_with(|first: char| first.is_alphabetic() || first == '_' || first == '$')
        && name.chars().all(|character| character.is_alphanumeric() || character == '_' || character == '$');
    if plain || matches!(key, PropertyKey::Symbol(_)) { name } else { quoted(&name) }
}

fn quoted(text: &str) -> String {
    let quote = if !text.contains('\'') {
        '\''
    } else if !text.contains('"') {
        '"'
    } else {
        '`'
    };
    let mut result = String::with_capacity(text.len() + 2);
    result.push(quote);
    for character in text.chars() {
        match character {
            '\n' => result.push_str("\\n"),
            '\t' => result.push_str("\\t"),
            '\r' => result.push_str("\\r"),
            '\\' => result.push_str("\\\\"),
            _ => result.push(character),
        }
    }
    result.push(quote);
    result
}

/// Brackets around the parts: on one line where that is short, else a line each.
fn layout(name: Option<String>, [open, close]: [char; 2], parts: &[String], depth: usize) -> String {
    let prefix = name.map(|name| format!("{name} ")).unwrap_or_default();
    if parts.is_empty() {
        return format!("{prefix}{open}{close}");
    }
    let length: usize = parts.iter().map(|part| part.chars().count() + 2).sum();
    if length + prefix.len() <= LINE && !parts.iter().any(|part| part.contains('\n')) {
        let space = if open == '[' { "" } else { " " };
        return format!("{prefix}{open}{space}{}{space}{close}", parts.join(", "));
    }
    let indent = "  ".repeat(depth.saturating_sub(1));
    let lines: Vec<String> = parts.iter().map(|part| format!("{indent}  {part}")).collect();
    format!("{prefix}{open}\n{}\n{indent}{close}", lines.join(",\n"))
}
