//! An upstream's own words. They are quoted to a model, so they are cleaned of everything that is not seen when
//! read, and cut where they would drown the rest.

use super::types::Doc;
use serde_json::{Map, Value};

/// Longest description of one property, in characters.
const MAX_PROPERTY_TEXT: usize = 1_000;
/// Longest value shown in a tag, in characters.
const MAX_TAG_VALUE: usize = 200;

/// Keywords that TypeScript has no type for, shown as tags.
const TAGS: &[&str] = &[
    "default",
    "format",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contentEncoding",
    "contentMediaType",
    "deprecated",
    "readOnly",
    "writeOnly",
    "examples",
];

/// What `schema` says about itself.
pub(crate) fn doc(schema: &Map<String, Value>) -> Doc {
    let words = ["description", "title"].iter().find_map(|key| schema.get(*key)?.as_str());
    let mut text = clean(words.unwrap_or_default(), MAX_PROPERTY_TEXT);
    for line in described_choices(schema) {
        text.push_str(if text.is_empty() { "" } else { "\n" });
        text.push_str(&line);
    }
    Doc { text, tags: tags(schema) }
}

/// `text` without control, bidirectional and invisible characters, its line ends all `\n`, trimmed, at most
/// `most` characters long.
pub(crate) fn clean(text: &str, most: usize) -> String {
    let unified = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{85}'], "\n");
    let mut seen = unified.chars().filter(|c| is_seen(*c));
    let mut cleaned: String = seen.by_ref().take(most).collect();
    if seen.next().is_some() {
        cleaned.push('…');
    }
    cleaned.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// The first sentence of `text`, on one line, at most `most` characters long.
pub(crate) fn first_sentence(text: &str, most: usize) -> String {
    let paragraph = text.trim_start().split("\n\n").next().unwrap_or_default();
    let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = line.find(". ").map_or(line.len(), |at| at + 1);
    let sentence = line.get(..end).unwrap_or(&line);
    if sentence.chars().count() <= most {
        return sentence.to_owned();
    }
    sentence.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// Tag characters, bidirectional controls and zero-width spaces can carry words that a person does not see.
fn is_seen(c: char) -> bool {
    let invisible = matches!(c,
        '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
    matches!(c, '\n' | '\t') || !(invisible || c.is_control())
}

fn tags(schema: &Map<String, Value>) -> Vec<String> {
    let shown =
        |key: &&str| schema.get(*key).filter(|value| !matches!(value, Value::Null | Value::Bool(false)));
    let no_by_default = schema.get("default") == Some(&Value::Bool(false));
    let mut tags: Vec<String> = TAGS
        .iter()
        .filter_map(|key| {
            let value = shown(key)?;
            if value == &Value::Bool(true) && *key != "default" {
                return Some(format!("@{key}"));
            }
            Some(format!("@{key} {}", clean(&tag_value(value), MAX_TAG_VALUE)))
        })
        .collect();
    if no_by_default {
        tags.insert(0, "@default false".into());
    }
    tags
}

fn tag_value(value: &Value) -> String {
    match value {
        Value::Array(values) => values.iter().take(3).map(Value::to_string).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// `oneOf: [{ const: "a", description: "…" }]`: TypeScript keeps the constants, these lines keep the words.
fn described_choices(schema: &Map<String, Value>) -> Vec<String> {
    let choices = ["oneOf", "anyOf"].iter().find_map(|key| schema.get(*key)?.as_array());
    choices
        .into_iter()
        .flatten()
        .filter_map(|choice| {
            let words = choice.get("description").or_else(|| choice.get("title"))?.as_str()?;
            Some(format!("- {}: {}", choice.get("const")?, first_sentence(&clean(words, 200), 200)))
        })
        .take(50)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{clean, first_sentence};

    #[test]
    fn invisible_characters_do_not_get_through() {
        assert_eq!(clean("a\u{202e}b\u{e0041}c\u{0}\u{200b}d\r\ne", 100), "abcd\ne");
    }

    #[test]
    fn long_text_is_cut_with_a_mark() {
        assert_eq!(clean("abcdef", 3), "abc…");
        assert_eq!(first_sentence("One two.  Three.", 50), "One two.");
        assert_eq!(first_sentence("One\ntwo", 4), "One…");
    }
}
