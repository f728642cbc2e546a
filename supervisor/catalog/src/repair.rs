//! JSON that is well formed and yet cannot be held: nested deeper than a recursive reader goes, numbers beyond
//! every number, halves of a surrogate pair. Each is replaced where it stands.

/// Containers inside each other that are kept; `serde_json` reads 127. Deeper ones become `true`, the schema that
/// says nothing.
const MAX_DEPTH: usize = 100;

/// `text`, which must be well formed, with what cannot be held replaced.
pub(crate) fn repaired(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(1 << 20));
    let (mut rest, mut depth) = (text, 0_usize);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string_length(rest),
            '-' | '0'..='9' => rest.find(|c: char| !is_numeric(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (token, tail) = rest.split_at(length);
        rest = tail;
        let closes = matches!(first, ']' | '}');
        depth += usize::from(matches!(first, '[' | '{'));
        match depth {
            ..=MAX_DEPTH => push(&mut out, first, token),
            // One value stands for the whole container; what is inside it is passed over.
            beyond if beyond == MAX_DEPTH + 1 && closes => out.push_str("true"),
            _ => {}
        }
        depth = depth.saturating_sub(usize::from(closes));
    }
    out
}

fn push(out: &mut String, first: char, token: &str) {
    match first {
        '"' if serde_json::from_str::<&str>(token).is_err()
            && serde_json::from_str::<String>(token).is_err() =>
        {
            out.push_str(&without_surrogates(token));
        }
        '-' | '0'..='9' if serde_json::from_str::<f64>(token).is_err() => out.push_str("null"),
        _ => out.push_str(token),
    }
}

fn is_numeric(c: char) -> bool {
    matches!(c, '-' | '+' | '.' | 'e' | 'E' | '0'..='9')
}

/// The length of the string literal at the start of `text`, both quotes included, bytes.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().enumerate().skip(1).find(|(_, byte)| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// Halves and pairs alike: where one half is alone, the text is not worth telling them apart.
fn without_surrogates(literal: &str) -> String {
    let mut out = String::with_capacity(literal.len());
    let mut chars = literal.chars();
    while let Some(c) = chars.next() {
        let rest = chars.as_str();
        let half =
            |hex: &str| u16::from_str_radix(hex, 16).is_ok_and(|unit| (0xd800..0xe000).contains(&unit));
        out.push(c);
        if c != '\\' {
            continue;
        }
        if rest.starts_with('u') && rest.get(1..5).is_some_and(half) {
            out.push_str("ufffd");
            chars = rest.get(5..).unwrap_or_default().chars();
        } else {
            out.extend(chars.next());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::repaired;
    use serde_json::Value;

    #[test]
    fn what_cannot_be_held_is_replaced_where_it_stands() {
        for (text, expected) in [
            (r#"{"a":1e999,"b":[-1E+400,2.5]}"#, r#"{"a":null,"b":[null,2.5]}"#),
            (r#"{"\ud800x":"\\ud800\udc00\ud83d\"]"}"#, r#"{"\ufffdx":"\\ud800\ufffd\ufffd\"]"}"#),
            (r#"["plain", true]"#, r#"["plain", true]"#),
        ] {
            assert_eq!(repaired(text), expected);
        }
    }

    #[test]
    fn what_is_too_deep_says_nothing_and_its_neighbours_stay() {
        let deep = format!("{{\"deep\":{}1{},\"beside\":[[3]]}}", "[".repeat(10_000), "]".repeat(10_000));
        let value: Value = serde_json::from_str(&repaired(&deep)).expect("it can be held");
        assert_eq!(value["beside"][0][0], 3);
        let mut inner = &value["deep"];
        while let Some(next) = inner.get(0) {
            inner = next;
        }
        assert_eq!(inner, &Value::Bool(true));
    }
}
