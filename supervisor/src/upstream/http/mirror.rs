//! Arguments that a tool wants in HTTP headers too (`x-mcp-header`; 2026-07-28, server/tools), so that what stands
//! between us and the server can route by them.

use std::collections::{HashMap, HashSet};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// What stands before the name of a mirrored argument.
const PREFIX: &str = "mcp-param-";
/// The annotation.
const ANNOTATION: &str = "x-mcp-header";
/// Deepest schema that is looked through. A deeper one is that of a tool that nobody could call.
const MAX_DEPTH: usize = 64;

/// The headers of one tool.
pub(in crate::upstream) type Mirrors = Vec<Mirror>;

/// One argument and its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::upstream) struct Mirror {
    /// Names from the root of the arguments.
    path: Vec<String>,
    header: HeaderName,
}

/// The headers of all tools that have some, by name.
pub(in crate::upstream) type MirrorsOfTools = HashMap<String, Mirrors>;

/// The headers that the schema of a tool's arguments asks for.
///
/// # Errors
/// When an annotation is invalid, in words: such a tool must not be offered.
pub(in crate::upstream) fn of_schema(schema: &str) -> Result<Mirrors, String> {
    if !schema.contains(ANNOTATION) {
        return Ok(Mirrors::new());
    }
    let schema: Value = serde_json::from_str(schema).map_err(|error| error.to_string())?;
    let mut found = Found { mirrors: Vec::new(), seen: HashSet::new() };
    found.look(&schema, Some(&[]), 0)?;
    Ok(found.mirrors)
}

struct Found {
    mirrors: Mirrors,
    /// Names of headers: two arguments cannot have one.
    seen: HashSet<HeaderName>,
}

impl Found {
    /// `path` is how the schema is reached through `properties` alone; `None` where it is reached otherwise.
    fn look(&mut self, schema: &Value, path: Option<&[String]>, depth: usize) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err("its schema is nested too deeply to look for headers".into());
        }
        match schema {
            Value::Object(members) => self.look_at_object(members, path, depth),
            Value::Array(schemas) => schemas.iter().try_for_each(|schema| self.look(schema, None, depth + 1)),
            _ => Ok(()),
        }
    }

    fn look_at_object(
        &mut self,
        members: &Map<String, Value>,
        path: Option<&[String]>,
        depth: usize,
    ) -> Result<(), String> {
        for (key, value) in members {
            match key.as_str() {
                ANNOTATION => self.annotate(members, value, path)?,
                "properties" => {
                    for (name, schema) in value.as_object().into_iter().flatten() {
                        let path = path.map(|path| [path, std::slice::from_ref(name)].concat());
                        self.look(schema, path.as_deref(), depth + 1)?;
                    }
                }
                // Names to schemas: a property may be called as the annotation is.
                "$defs" | "definitions" | "dependentSchemas" | "patternProperties" => {
                    for schema in value.as_object().into_iter().flat_map(Map::values) {
                        self.look(schema, None, depth + 1)?;
                    }
                }
                // Values, not schemas.
                "default" | "const" | "enum" | "examples" => {}
                _ => self.look(value, None, depth + 1)?,
            }
        }
        Ok(())
    }

    fn annotate(
        &mut self,
        schema: &Map<String, Value>,
        header: &Value,
        path: Option<&[String]>,
    ) -> Result<(), String> {
        let Some(path) = path.filter(|path| !path.is_empty()) else {
            return Err(format!("{ANNOTATION} stands where no argument is"));
        };
        let argument = path.join(".");
        let name = header.as_str().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| format!("{ANNOTATION} of `{argument}` is not a name"))?;
        let header = HeaderName::from_bytes(format!("{PREFIX}{name}").as_bytes()).map_err(|_| {
            format!("{ANNOTATION} of `{argument}` is {name:?}, which no header can be called")
        })?;
        if !matches!(schema.get("type").and_then(Value::as_str), Some("string" | "integer" | "boolean")) {
            return Err(format!("{ANNOTATION} of `{argument}`, which is no text, integer or boolean"));
        }
        if !self.seen.insert(header.clone()) {
            return Err(format!("{ANNOTATION} {name:?} twice"));
        }
        self.mirrors.push(Mirror { path: path.to_vec(), header });
        Ok(())
    }
}

/// The headers for these arguments. An argument that is not there has none.
pub(super) fn headers(mirrors: &[Mirror], arguments: &RawValue) -> Vec<(HeaderName, HeaderValue)> {
    let Ok(arguments) = serde_json::from_str::<Value>(arguments.get()) else {
        return Vec::new();
    };
    let value_of = |mirror: &Mirror| {
        let found = mirror.path.iter().try_fold(&arguments, |value, key| value.get(key))?;
        let text = match found {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => found.to_string(),
            _ => return None,
        };
        Some((mirror.header.clone(), as_header(&text)?))
    };
    mirrors.iter().filter_map(value_of).collect()
}

/// A text as the value of a header: as it is, or in base64 where it would not survive.
pub(super) fn as_header(text: &str) -> Option<HeaderValue> {
    let plain = text.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
        && text.trim_matches([' ', '\t']) == text
        && !(text.starts_with("=?base64?") && text.ends_with("?="));
    let encoded =
        if plain { text.to_owned() } else { format!("=?base64?{}?=", BASE64_STANDARD.encode(text)) };
    HeaderValue::from_str(&encoded).ok()
}

#[cfg(test)]
mod tests {
    use super::{as_header, headers, of_schema};
    use serde_json::value::RawValue;

    #[test]
    fn arguments_are_mirrored_as_their_schema_says() {
        let schema = r#"{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},
            "at":{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"N"}}},"x-mcp-header":{"type":"object"}}}"#;
        let mirrors = of_schema(schema).expect("it is valid");
        let arguments = r#"{"region":"zürich","at":{"n":3},"x":1}"#;
        let arguments = RawValue::from_string(arguments.into()).expect("it is JSON");
        let said: Vec<_> = headers(&mirrors, &arguments)
            .into_iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()))
            .collect();
        assert_eq!(said, ["mcp-param-region: =?base64?esO8cmljaA==?=", "mcp-param-n: 3"]);
        assert_eq!(as_header(" x").expect("it is encoded"), "=?base64?IHg=?=");
    }

    #[test]
    fn invalid_annotations_are_found() {
        for schema in [
            r#"{"x-mcp-header":"A"}"#,
            r#"{"properties":{"a":{"type":"string","x-mcp-header":""}}}"#,
            r#"{"properties":{"a":{"type":"string","x-mcp-header":3}}}"#,
            r#"{"properties":{"a":{"type":"string","x-mcp-header":"A B"}}}"#,
            r#"{"properties":{"a":{"type":"number","x-mcp-header":"A"}}}"#,
            r#"{"properties":{"a":{"type":"object","x-mcp-header":"A"}}}"#,
            r#"{"properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}}"#,
            r#"{"properties":{"a":{"items":{"type":"string","x-mcp-header":"A"}}}}"#,
            r#"{"$defs":{"a":{"type":"string","x-mcp-header":"A"}}}"#,
            r#"{"properties":{"a":{"anyOf":[{"type":"string","x-mcp-header":"A"}]}}}"#,
        ] {
            assert!(of_schema(schema).is_err(), "{schema}");
        }
        assert!(of_schema(r#"{"properties":{"a":{"enum":[{"x-mcp-header":1}]}}}"#).is_ok());
    }
}
