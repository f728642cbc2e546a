//! A tool's definition, kept as the text that its server sent: parsed it takes up to ten times the memory, and most
//! of a large server's tools are never looked at.

use crate::repair::repaired;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A tool's definition as it came in `tools/list`: JSON text. Clones share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolText(Arc<str>);

impl ToolText {
    /// Of a member of the list.
    #[must_use]
    pub fn new(member: &RawValue) -> Self {
        Self(member.get().into())
    }

    /// Its size, bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.len()
    }

    /// Whether anything in it may refer to a definition.
    pub(crate) fn has_references(&self) -> bool {
        ["\"$ref\"", "\"$dynamicRef\"", "\"$recursiveRef\""].iter().any(|key| self.0.contains(key))
    }

    /// Its fields, each as text; none where it is no object. Of fields of the same name the last counts.
    #[must_use]
    pub fn fields(&self) -> Fields<'_> {
        Fields(serde_json::from_str(&self.0).unwrap_or_default())
    }
}

impl From<Value> for ToolText {
    fn from(value: Value) -> Self {
        Self(value.to_string().into())
    }
}

/// The fields of a definition.
#[derive(Debug)]
pub struct Fields<'t>(BTreeMap<Cow<'t, str>, &'t RawValue>);

impl<'t> Fields<'t> {
    /// The text of one field.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&'t str> {
        self.0.get(field).map(|text| text.get())
    }

    /// A field that is a string.
    #[must_use]
    pub fn words(&self, field: &str) -> Option<String> {
        match value(self.get(field)?) {
            Value::String(words) => Some(words),
            _ => None,
        }
    }
}

/// A field's text as a value. What is too deep or too large for one is left out of it.
pub(crate) fn value(text: &str) -> Value {
    serde_json::from_str(text).or_else(|_| serde_json::from_str(&repaired(text))).unwrap_or_default()
}
