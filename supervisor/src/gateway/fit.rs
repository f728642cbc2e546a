//! A report cut to what a model can take. It stays valid JSON: arrays and strings end early, and `truncated` says
//! where, how much there is, and how to get the rest.

use crate::report::RunReport;
use serde_json::{Map, Value, json};

/// Bytes of JSON in one answer: 10,000 tokens at four bytes each.
const MAX_ANSWER: usize = 40_000;
/// Bytes of that for the console, the calls, and everything else but the value.
const MAX_LOGS: usize = 8_000;
const MAX_CALLS: usize = 5_000;
const MAX_REST: usize = 10_000;
/// Bytes of that for the notes in `truncated`.
const MAX_NOTES: usize = 2_000;
/// Containers inside each other that are cut; what is cut below is left out whole.
const MAX_DEPTH: usize = 12;
/// Most members of a container that share its room. Of more, the first ones that fit are kept whole.
const MAX_SHARING: usize = 8;
/// Most properties of an object that share its room.
const MAX_SHARING_PROPERTIES: usize = 64;
/// Longest path in a note, in bytes.
const MAX_PATH: usize = 120;

/// The report as JSON of at most [`MAX_ANSWER`] bytes.
pub(super) fn shown(mut report: RunReport) -> Value {
    let mut notes = Notes { said: std::mem::take(&mut report.truncated), unsaid: 0 };
    let value = report.value.take().map(|raw| parse(raw.get(), &mut notes));
    let (logs, calls) = (json!(report.logs), json!(report.calls));
    (report.logs, report.calls) = (Vec::new(), Vec::new());
    let logs = middle_out(logs, MAX_LOGS, "logs", &mut notes);
    let calls = middle_out(calls, MAX_CALLS, "calls", &mut notes);
    let mut rest = cut(json!(report), MAX_REST, "", 0, &mut notes);
    let used = size(&rest) + size(&logs) + size(&calls) + MAX_NOTES;
    let value = value.map(|value| cut(value, MAX_ANSWER.saturating_sub(used), "value", 0, &mut notes));
    let mut shown = Map::new();
    shown.insert("ok".into(), json!(report.ok));
    shown.extend(value.map(|value| ("value".to_owned(), value)));
    shown.insert("logs".into(), logs);
    shown.insert("calls".into(), calls);
    for (name, part) in rest.as_object_mut().into_iter().flatten() {
        if !matches!(name.as_str(), "ok" | "logs" | "calls" | "truncated") {
            shown.insert(name.clone(), part.take());
        }
    }
    shown.insert("truncated".into(), json!(notes.finish()));
    Value::Object(shown)
}

/// The notes so far.
struct Notes {
    said: Vec<String>,
    unsaid: usize,
}

impl Notes {
    fn say(&mut self, note: String) {
        let said: usize = self.said.iter().map(String::len).sum();
        if said + note.len() < MAX_NOTES - 100 {
            self.said.push(note);
        } else {
            self.unsaid += 1;
        }
    }

    fn finish(mut self) -> Vec<String> {
        if self.unsaid > 0 {
            self.said.push(format!("and {} more places", self.unsaid));
        }
        self.said
    }
}

/// A program's value may be nested as deeply as the guest's limit, which is a little more than the parser takes.
fn parse(raw: &str, notes: &mut Notes) -> Value {
    serde_json::from_str(raw).unwrap_or_else(|_| {
        notes.say("value: nested too deeply to be shown; return a flatter one".into());
        Value::Null
    })
}

fn size(value: &Value) -> usize {
    serde_json::to_string(value).map_or(usize::MAX / 4, |text| text.len())
}

/// The first and the last elements of an array, as many as fit.
fn middle_out(value: Value, room: usize, path: &str, notes: &mut Notes) -> Value {
    let Value::Array(elements) = value else { return value };
    let total = elements.len();
    let each: Vec<Value> =
        elements.into_iter().map(|element| cut(element, room / 4, path, 0, notes)).collect();
    let sizes: Vec<usize> = each.iter().map(|element| size(element) + 1).collect();
    if sizes.iter().sum::<usize>() <= room {
        return Value::Array(each);
    }
    let fitting = |sizes: &mut dyn Iterator<Item = &usize>| {
        let mut left = room / 2;
        sizes.take_while(|size| left.checked_sub(**size).inspect(|rest| left = *rest).is_some()).count()
    };
    let (first, last) = (fitting(&mut sizes.iter()), fitting(&mut sizes.iter().rev()));
    let last = last.min(total - first);
    notes.say(format!("{path}: the first {first} and the last {last} of {total} are shown"));
    let kept = each.into_iter().enumerate().filter(|(at, _)| *at < first || *at >= total - last);
    Value::Array(kept.map(|(_, element)| element).collect())
}

/// `value` in at most about `room` bytes of JSON.
fn cut(value: Value, room: usize, path: &str, depth: usize, notes: &mut Notes) -> Value {
    let whole = size(&value);
    if whole <= room {
        return value;
    }
    if depth > MAX_DEPTH {
        notes.say(format!("{}: {whole} bytes left out", short(path)));
        return Value::Null;
    }
    match value {
        Value::String(text) => cut_string(&text, room, path, notes),
        Value::Array(elements) => cut_array(elements, room, path, depth, notes),
        Value::Object(members) => cut_object(members, room, path, depth, notes),
        scalar => scalar,
    }
}

fn cut_string(text: &str, room: usize, path: &str, notes: &mut Notes) -> Value {
    let mut left = room.saturating_sub(8);
    let fits = |c: &char| {
        // As JSON writes it; the longest escape is six bytes.
        let bytes = if c.is_control() { 6 } else { c.len_utf8() + usize::from(matches!(c, '"' | '\\')) };
        left.checked_sub(bytes).inspect(|rest| left = *rest).is_some()
    };
    let mut kept: String = text.chars().take_while(fits).collect();
    let (shown, all) = (kept.chars().count(), text.chars().count());
    notes.say(format!(
        "{}: the first {shown} of {all} characters are shown; return a .slice() for more",
        short(path)
    ));
    kept.push('…');
    Value::String(kept)
}

fn cut_array(elements: Vec<Value>, room: usize, path: &str, depth: usize, notes: &mut Notes) -> Value {
    let total = elements.len();
    if total <= MAX_SHARING {
        let share = share(elements.iter().map(|element| size(element) + 1), room.saturating_sub(2));
        let one = |(at, element)| cut(element, share, &format!("{path}[{at}]"), depth + 1, notes);
        return Value::Array(elements.into_iter().enumerate().map(one).collect());
    }
    let mut left = room.saturating_sub(2);
    let mut kept = Vec::new();
    for element in elements {
        let Some(rest) = left.checked_sub(size(&element) + 1) else {
            if kept.is_empty() {
                kept.push(cut(element, left, &format!("{path}[0]"), depth + 1, notes));
            }
            break;
        };
        left = rest;
        kept.push(element);
    }
    let shown = kept.len();
    let more = format!("return .slice({shown}) or fewer fields for more");
    notes.say(format!("{}: the first {shown} of {total} elements are shown; {more}", short(path)));
    Value::Array(kept)
}

fn cut_object(
    members: Map<String, Value>,
    room: usize,
    path: &str,
    depth: usize,
    notes: &mut Notes,
) -> Value {
    let total = members.len();
    let overhead = |name: &String| name.len() + 6;
    let names: usize = members.keys().map(overhead).sum();
    if total <= MAX_SHARING_PROPERTIES && names < room / 2 {
        let share = share(members.values().map(size), room - names);
        let one = |(name, value)| {
            let at = if path.is_empty() { String::clone(&name) } else { format!("{path}.{name}") };
            (name, cut(value, share, &at, depth + 1, notes))
        };
        return Value::Object(members.into_iter().map(one).collect());
    }
    let mut left = room.saturating_sub(2);
    let fits = |(name, value): &(String, Value)| {
        left.checked_sub(overhead(name) + size(value)).inspect(|rest| left = *rest).is_some()
    };
    let kept: Map<String, Value> = members.into_iter().take_while(fits).collect();
    let shown = kept.len();
    notes.say(format!(
        "{}: the first {shown} of {total} properties are shown; pick the ones you need",
        short(path)
    ));
    Value::Object(kept)
}

/// The most that each may take so that all together stay within `room`: small ones leave their rest to large ones.
fn share(sizes: impl Iterator<Item = usize>, room: usize) -> usize {
    let mut sizes: Vec<usize> = sizes.collect();
    sizes.sort_unstable();
    let (mut left, mut sharing) = (room, sizes.len());
    for size in sizes {
        if size > left / sharing.max(1) {
            break;
        }
        left -= size;
        sharing -= 1;
    }
    left / sharing.max(1)
}

fn short(path: &str) -> &str {
    let end = path.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= MAX_PATH).last();
    path.get(..end.unwrap_or(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
