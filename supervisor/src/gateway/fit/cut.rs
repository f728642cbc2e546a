//! JSON cut to a number of tokens: strings, arrays and objects end early, and a note says where, how much there is,
//! and with which expression a program returns the next part.

use super::notes::{Notes, Path};
use super::tokens::{self, Meter};
use serde_json::{Map, Value};

/// Most members of a container that share its room. Of more, the first ones that fit are kept whole.
const MAX_SHARING: usize = 8;
/// Most properties of an object that share its room.
const MAX_SHARING_PROPERTIES: usize = 64;
/// Tokens that a member must get for its share to be worth having.
const MIN_SHARE: usize = 24;
/// Tokens that a member needs beside its own: the comma; a property also its colon.
const COMMA: usize = 1;
const COLON_AND_COMMA: usize = 2;
/// Tokens of the brackets.
const BRACKETS: usize = 2;

/// What stands for a part that is left out whole; its tokens.
const LEFT_OUT: &str = "…";
const LEFT_OUT_TOKENS: usize = 5;

/// `value` in at most `room` tokens, or [`LEFT_OUT_TOKENS`]. As deep as it goes, which is as deep as the parser takes; no
/// part is measured further than its room.
pub(super) fn cut(value: Value, room: usize, path: &Path<'_>, notes: &mut Notes) -> Value {
    if tokens::of(&value, room) <= room {
        return value;
    }
    match value {
        Value::String(text) if room > LEFT_OUT_TOKENS => cut_string(&text, room, path, notes),
        Value::Array(elements) if room > LEFT_OUT_TOKENS + BRACKETS => {
            cut_array(elements, room - BRACKETS, path, notes)
        }
        Value::Object(members) if room > LEFT_OUT_TOKENS + BRACKETS => {
            cut_object(members, room - BRACKETS, path, notes)
        }
        whole => {
            notes.left_out(path, &whole);
            Value::String(LEFT_OUT.into())
        }
    }
}

fn cut_string(text: &str, room: usize, path: &Path<'_>, notes: &mut Notes) -> Value {
    let mut kept = start(text.chars(), room - LEFT_OUT_TOKENS);
    notes.string(path, kept.encode_utf16().count(), text.encode_utf16().count());
    kept.push_str(LEFT_OUT);
    Value::String(kept)
}

/// The first characters, as many as have at most `room` tokens.
fn start(characters: impl Iterator<Item = char>, room: usize) -> String {
    let mut meter = Meter::up_to(room);
    characters
        .take_while(|c| {
            meter.add_escaped(*c);
            meter.tokens() <= room
        })
        .collect()
}

/// `text` in about `room` tokens: its start, its end, and between them how much is missing.
pub(super) fn both_ends(text: &str, room: usize) -> String {
    let half = room.saturating_sub(MIN_SHARE) / 2;
    let first = start(text.chars(), half);
    let last: String = start(text.chars().rev(), half).chars().rev().collect();
    let missing = text.chars().count() - first.chars().count() - last.chars().count();
    format!("{first}… [{missing} characters are left out] …{last}")
}

fn cut_array(elements: Vec<Value>, room: usize, path: &Path<'_>, notes: &mut Notes) -> Value {
    let total = elements.len();
    if total <= MAX_SHARING
        && let Some(share) = share(elements.iter().map(|one| tokens::of(one, room) + COMMA), room)
    {
        let one = |(at, element)| cut(element, share - COMMA, &path.element(at), notes);
        return Value::Array(elements.into_iter().enumerate().map(one).collect());
    }
    let mut left = room;
    let mut kept = Vec::new();
    for element in elements {
        let size = tokens::of(&element, left) + COMMA;
        if size > left {
            if kept.is_empty() {
                kept.push(cut(element, left - COMMA, &path.element(0), notes));
            }
            break;
        }
        left -= size;
        kept.push(element);
    }
    if kept.len() < total {
        notes.array(path, kept.len(), total);
    }
    Value::Array(kept)
}

fn cut_object(members: Map<String, Value>, room: usize, path: &Path<'_>, notes: &mut Notes) -> Value {
    let total = members.len();
    let names: usize = members.keys().take(MAX_SHARING_PROPERTIES).map(|name| overhead(name, room)).sum();
    if total <= MAX_SHARING_PROPERTIES
        && names < room / 2
        && let Some(share) = share(members.values().map(|value| tokens::of(value, room)), room - names)
    {
        let one = |(name, value): (String, Value)| {
            let value = cut(value, share, &path.property(&name), notes);
            (name, value)
        };
        return Value::Object(members.into_iter().map(one).collect());
    }
    let mut left = room;
    let mut kept = Map::new();
    for (name, value) in members {
        let name_tokens = overhead(&name, left);
        let size = name_tokens + tokens::of(&value, left);
        if size > left {
            if kept.is_empty() && name_tokens + LEFT_OUT_TOKENS <= left {
                let value = cut(value, left - name_tokens, &path.property(&name), notes);
                kept.insert(name, value);
            }
            break;
        }
        left -= size;
        kept.insert(name, value);
    }
    if kept.len() < total {
        notes.object(path, kept.len(), total);
    }
    Value::Object(kept)
}

fn overhead(name: &str, most: usize) -> usize {
    tokens::of(&Value::String(name.to_owned()), most) + COLON_AND_COMMA
}

/// The most that each may take so that all together stay within `room`: small ones leave their rest to large ones.
/// `None` where that is too little to be worth having.
fn share(sizes: impl Iterator<Item = usize>, room: usize) -> Option<usize> {
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
    let share = left / sharing.max(1);
    (share >= MIN_SHARE).then_some(share)
}
