//! What `truncated` says: each place that was cut, how much there is, and what to return for the next part.

use super::tokens;
use serde_json::Value;

/// Longest path in a note, bytes. A longer one is cut, and no expression is made of it.
const MAX_PATH: usize = 400;

/// Where a part of the report is. The program's value is `value`, and below it every path is an expression.
pub(super) struct Path<'a> {
    above: Option<&'a Path<'a>>,
    step: Step<'a>,
}

enum Step<'a> {
    Root(&'static str),
    Element(usize),
    Property(&'a str),
}

impl<'a> Path<'a> {
    pub(super) const fn root(name: &'static str) -> Self {
        Self { above: None, step: Step::Root(name) }
    }

    pub(super) const fn element(&'a self, at: usize) -> Self {
        Self { above: Some(self), step: Step::Element(at) }
    }

    pub(super) const fn property(&'a self, name: &'a str) -> Self {
        Self { above: Some(self), step: Step::Property(name) }
    }

    fn is_value(&self) -> bool {
        match (&self.above, &self.step) {
            (Some(above), _) => above.is_value(),
            (None, Step::Root(name)) => *name == "value",
            (None, _) => false,
        }
    }

    fn text(&self) -> String {
        let above = self.above.map(Path::text).unwrap_or_default();
        match self.step {
            Step::Root(name) => name.to_owned(),
            Step::Element(at) => format!("{above}[{at}]"),
            Step::Property(name) if is_identifier(name) && above.is_empty() => name.to_owned(),
            Step::Property(name) if is_identifier(name) => format!("{above}.{name}"),
            Step::Property(name) => format!("{above}[{}]", Value::from(name)),
        }
    }
}

/// Where a part as long as the one that is shown ends.
fn next(shown: usize) -> usize {
    shown + shown.max(1)
}

fn is_identifier(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$'))
}

/// The notes so far.
pub(super) struct Notes {
    said: Vec<String>,
    unsaid: usize,
    /// Tokens that may still be said.
    room: usize,
}

impl Notes {
    pub(super) const fn new(room: usize) -> Self {
        Self { said: Vec::new(), unsaid: 0, room }
    }

    pub(super) fn say(&mut self, note: String) {
        let note_tokens = tokens::of(&Value::from(note.as_str()), self.room) + 1;
        match self.room.checked_sub(note_tokens) {
            Some(room) => {
                self.room = room;
                self.said.push(note);
            }
            None => self.unsaid += 1,
        }
    }

    pub(super) fn string(&mut self, path: &Path<'_>, shown: usize, total: usize) {
        self.cut(path, format_args!("the first {shown} of {total} characters are shown"), |path| {
            format!("{path}.slice({shown}, {})", next(shown))
        });
    }

    pub(super) fn array(&mut self, path: &Path<'_>, shown: usize, total: usize) {
        self.cut(path, format_args!("the first {shown} of {total} elements are shown"), |path| {
            format!("{path}.slice({shown}, {}), or fewer fields of each", next(shown))
        });
    }

    pub(super) fn object(&mut self, path: &Path<'_>, shown: usize, total: usize) {
        self.cut(path, format_args!("the first {shown} of {total} properties are shown"), |path| {
            format!("Object.fromEntries(Object.entries({path}).slice({shown}, {}))", next(shown))
        });
    }

    pub(super) fn left_out(&mut self, path: &Path<'_>, what: &Value) {
        let what = match what {
            Value::Array(elements) => format!("an array of {} elements is left out", elements.len()),
            Value::Object(members) => format!("an object of {} properties is left out", members.len()),
            Value::String(text) => {
                format!("a string of {} characters is left out", text.encode_utf16().count())
            }
            _ => "a value is left out".to_owned(),
        };
        self.cut(path, format_args!("{what}"), str::to_owned);
    }

    fn cut(&mut self, path: &Path<'_>, what: std::fmt::Arguments<'_>, more: impl FnOnce(&str) -> String) {
        let is_value = path.is_value();
        let mut path = path.text();
        if path.len() > MAX_PATH {
            path.truncate(path.floor_char_boundary(MAX_PATH));
            self.say(format!("{path}…: {what}"));
        } else if is_value {
            self.say(format!("{path}: {what}. For more, return {}", more(&path)));
        } else {
            self.say(format!("{path}: {what}"));
        }
    }

    pub(super) fn finish(mut self) -> Vec<String> {
        if self.unsaid > 0 {
            self.said.push(format!("and {} more places", self.unsaid));
        }
        self.said
    }
}
