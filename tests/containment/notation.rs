//! Attacks are written as strace would print them: `openat(-100, "/etc/passwd", 0)`. This reads that, and makes of it
//! what the hostile guest is told.
//!
//! An argument is a number (`-1`, `0x40`), a text, `buf` (a page of zeroes), `@4` (the 32-bit number that an earlier
//! call has left at that place of the page), `$0` (what the first call has returned), `code` (a page of the program
//! itself), `stack`, or a struct: `[3:4, buf, 0:2]`, each field with its bytes after the colon, 8 where none are named.
//! A call may stand behind a door (`x32:`, `int80:`, `junk:`) and be a number (`#463`).

use policies::{Arch, syscalls};
use serde_json::{Value, json};

/// What is no system call, and how often it takes an argument does not matter here.
const SPECIALS: [&str; 8] =
    ["read_clock", "load", "vsyscall", "execute", "far_jump", "forged_return", "recurse", "fill"];
const DOORS: [&str; 3] = ["x32", "int80", "junk"];
/// Calls that come back twice.
const FORKING: [&str; 4] = ["fork", "vfork", "clone", "clone3"];

/// One call as a step of the hostile guest.
pub(super) fn step(text: &str) -> Result<Value, String> {
    let told = |why: String| format!("{text}: {why}");
    let (head, rest) = text.split_once('(').ok_or_else(|| told("no parenthesis".into()))?;
    let inner = rest.strip_suffix(')').ok_or_else(|| told("no closing parenthesis".into()))?;
    let mut arguments = Vec::new();
    let mut rest = inner.trim();
    while !rest.is_empty() {
        let (argument, after) = argument(rest).map_err(told)?;
        arguments.push(argument);
        rest = after.strip_prefix(',').unwrap_or(after).trim_start();
    }
    if SPECIALS.contains(&head) {
        return Ok(json!({ "special": [head, arguments] }));
    }
    let (door, name) = head.split_once(':').unwrap_or(("native", head));
    let door = if FORKING.contains(&name) && door == "native" { "forking" } else { door };
    if !DOORS.contains(&door) && !["native", "forking"].contains(&door) {
        return Err(told(format!("no door is called {door}")));
    }
    let number = match name.strip_prefix('#') {
        Some(number) => number.parse::<i64>().map_err(|error| told(error.to_string()))?,
        None => syscalls::number(name, Arch::X86_64).ok_or_else(|| told("no such call".into()))?.into(),
    };
    if arguments.len() > 6 {
        return Err(told("more than six arguments".into()));
    }
    arguments.resize(6, json!({ "number": 0 }));
    Ok(json!({ "call": { "entry": door, "number": number, "arguments": arguments } }))
}

/// The first argument of the text, and what stands after it.
fn argument(text: &str) -> Result<(Value, &str), String> {
    if let Some(rest) = text.strip_prefix('"') {
        let (content, after) = rest.split_once('"').ok_or("no closing quote")?;
        return Ok((json!({ "text": content }), after.trim_start()));
    }
    if let Some(rest) = text.strip_prefix('[') {
        return fields(rest);
    }
    let end = text.find([',', ':', ']']).unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    Ok((one_word(word.trim())?, after))
}

fn one_word(word: &str) -> Result<Value, String> {
    let index = |digits: &str| digits.parse::<usize>().map_err(|error| format!("{word:?}: {error}"));
    Ok(match word {
        "buf" => json!("buffer"),
        "code" | "stack" => json!(word),
        _ if word.starts_with('$') => json!({ "result": index(&word[1..])? }),
        _ if word.starts_with('@') => json!({ "stored": index(&word[1..])? }),
        _ => json!({ "number": number(word)? }),
    })
}

fn number(word: &str) -> Result<u64, String> {
    let told = |error: std::num::ParseIntError| format!("{word:?}: {error}");
    if let Some(digits) = word.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).map_err(told);
    }
    if word.starts_with('-') {
        return word.parse::<i64>().map(i64::cast_unsigned).map_err(told);
    }
    word.parse().map_err(told)
}

fn fields(mut rest: &str) -> Result<(Value, &str), String> {
    let mut fields = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(']') {
            return Ok((json!({ "fields": fields }), after.trim_start()));
        }
        let (field, after) = argument(rest)?;
        let (size, after) = match after.strip_prefix(':') {
            Some(sized) => {
                let end = sized.find([',', ']']).ok_or("no closing bracket")?;
                (sized[..end].trim().parse().map_err(|_| "no size after a colon")?, &sized[end..])
            }
            None => (8_usize, after),
        };
        fields.push(json!([field, size]));
        rest = after.strip_prefix(',').unwrap_or(after);
    }
}
