//! A report cut to what a model can take. It stays valid JSON, and `truncated` says what is missing.

mod cut;
mod notes;
mod tokens;

use crate::report::{CallRecord, LogLine, RunReport};
use cut::{both_ends, cut};
use notes::{Notes, Path};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Tokens of one answer, as [`tokens`] counts.
const MAX_ANSWER: usize = 10_000;
/// Tokens of that for the calls, for everything else that is small, and for what names the parts.
const MAX_CALLS: usize = 1_500;
const MAX_REST: usize = 2_500;
const FRAME: usize = 100;
/// Tokens of that for the console; more where the value leaves room.
const MIN_LOGS: usize = 2_000;
/// Tokens of that for notes about the value, and about the rest.
const VALUE_NOTES: usize = 450;
const OTHER_NOTES: usize = 250;
/// Most tools that a note counts the calls of.
const MAX_COUNTED: usize = 4;

/// The report as JSON of at most [`MAX_ANSWER`] tokens.
pub(super) fn shown(mut report: RunReport) -> Value {
    let (mut notes, mut other) = (Notes::new(VALUE_NOTES), Notes::new(OTHER_NOTES));
    std::mem::take(&mut report.truncated).into_iter().for_each(|note| other.say(note));
    let value = report.value.take().map(|raw| parse(raw.get(), &mut notes));
    let calls = calls(std::mem::take(&mut report.calls), &mut other);
    let logs = std::mem::take(&mut report.logs);
    let mut rest = cut(json!(report), MAX_REST, &Path::root(""), &mut other);
    let size = |value: &Value| tokens::of(value, MAX_ANSWER);
    let room = MAX_ANSWER.saturating_sub(FRAME + VALUE_NOTES + OTHER_NOTES + size(&rest) + size(&calls));
    let wanted = value.as_ref().map_or(0, size);
    let logs = console(logs, room.saturating_sub(wanted).max(MIN_LOGS), &mut other);
    let room = room.saturating_sub(size(&logs));
    let value = value.map(|value| cut(value, room, &Path::root("value"), &mut notes));
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
    let notes: Vec<String> = notes.finish().into_iter().chain(other.finish()).collect();
    shown.insert("truncated".into(), json!(notes));
    Value::Object(shown)
}

/// A program's value may be nested as deeply as the guest's limit, which is a little more than the parser takes.
fn parse(raw: &str, notes: &mut Notes) -> Value {
    serde_json::from_str(raw).unwrap_or_else(|_| {
        notes.say("value: nested too deeply to be shown; return a flatter one".into());
        Value::Null
    })
}

/// The first and the last lines, as many as fit, a very long one by its ends.
fn console(mut lines: Vec<LogLine>, room: usize, notes: &mut Notes) -> Value {
    let (longest, mut long) = (room / 4, 0);
    for line in &mut lines {
        if tokens::of(&json!(line), longest) > longest {
            line.text = both_ends(&line.text, longest);
            long += 1;
        }
    }
    if long > 0 {
        notes.say(format!("logs: of {long} long lines the start and the end are shown"));
    }
    let total = lines.len();
    let (first, last) = ends(lines.iter().map(|line| json!(line)), room);
    if first + last < total {
        notes.say(format!(
            "logs: the first {first} and the last {last} of {total} lines are shown; log less, or return it"
        ));
    }
    lines.drain(first..total - last);
    json!(lines)
}

/// The first and the last calls, and of the others those that failed.
fn calls(calls: Vec<CallRecord>, notes: &mut Notes) -> Value {
    let (first, last) = ends(calls.iter().map(|call| json!(call)), MAX_CALLS / 2);
    let all = tokens::of(&json!(calls), MAX_CALLS) <= MAX_CALLS;
    let (mut left, mut counted) = (MAX_CALLS / 2, BTreeMap::<String, usize>::new());
    let total = calls.len();
    let mut kept = Vec::new();
    for (at, call) in calls.into_iter().enumerate() {
        let size = tokens::of(&json!(call), left) + 1;
        let is_end = all || at < first || at >= total - last;
        if is_end {
            kept.push(call);
        } else if !call.ok && size <= left {
            left -= size;
            kept.push(call);
        } else {
            let failed = if call.ok { "" } else { " (failed)" };
            *counted.entry(format!("{}.{}{failed}", call.server, call.tool)).or_default() += 1;
        }
    }
    if !counted.is_empty() {
        let more = counted.len().saturating_sub(MAX_COUNTED);
        let most = counted.iter().take(MAX_COUNTED).map(|(tool, times)| format!("{times} × {tool:.80}"));
        let mut most = most.collect::<Vec<_>>().join(", ");
        if more > 0 {
            most.push_str(&format!(" and {more} other tools"));
        }
        notes.say(format!("calls: {} of {total} are shown; not shown: {most}", kept.len()));
    }
    json!(kept)
}

/// How many from the start, and how many from the end, have room.
fn ends(values: impl DoubleEndedIterator<Item = Value> + ExactSizeIterator, room: usize) -> (usize, usize) {
    let sizes: Vec<usize> = values.map(|value| tokens::of(&value, room) + 1).collect();
    if sizes.iter().sum::<usize>() <= room {
        return (sizes.len(), 0);
    }
    let fitting = |sizes: &mut dyn Iterator<Item = &usize>| {
        let mut left = room / 2;
        sizes.take_while(|size| left.checked_sub(**size).inspect(|rest| left = *rest).is_some()).count()
    };
    let (first, last) = (fitting(&mut sizes.iter()), fitting(&mut sizes.iter().rev()));
    (first, last.min(sizes.len() - first))
}

#[cfg(test)]
mod tests;
