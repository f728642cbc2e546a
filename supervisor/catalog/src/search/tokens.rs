//! Text as search terms.

/// Longest term, in bytes; longer ones are rarely words and are left out.
const MAX_TERM: usize = 64;

/// Words that say nothing about a tool.
const STOP: &[&str] = &[
    "a", "about", "all", "an", "and", "any", "are", "as", "at", "be", "been", "by", "can", "could", "do",
    "does", "for", "from", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its", "me", "my",
    "of", "on", "or", "our", "out", "please", "should", "so", "some", "such", "than", "that", "the", "their",
    "them", "then", "there", "these", "they", "this", "to", "up", "use", "used", "using", "want", "was",
    "we", "what", "when", "where", "which", "who", "will", "with", "would", "you", "your",
];

/// The words of `text`, in order, as they are written: cut at `camelCase`, `snake_case` and punctuation.
pub(super) fn words<'t>(text: &'t str, found: &mut impl FnMut(&'t str)) {
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        camel_parts(word, found);
    }
}

/// What a word is found by: lower case, without its endings. Nothing where it says nothing.
pub(super) fn term(word: &str) -> Option<String> {
    let lower = word.to_lowercase();
    (lower.len() <= MAX_TERM && !STOP.contains(&lower.as_str())).then(|| stem(lower))
}

/// The terms of `text`, in order.
pub(super) fn terms(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    words(text, &mut |word| found.extend(term(word)));
    found
}

/// `getHTTPUrl2` → `get`, `HTTP`, `Url2`.
fn camel_parts<'t>(word: &'t str, found: &mut impl FnMut(&'t str)) {
    let mut chars = word.char_indices().peekable();
    let mut start = 0;
    let mut left: Option<char> = None;
    while let Some((at, right)) = chars.next() {
        let next_is_lower = chars.peek().is_some_and(|(_, next)| next.is_lowercase());
        let border = right.is_uppercase() && left.is_some_and(|left| !left.is_uppercase() || next_is_lower);
        if border {
            word.get(start..at).into_iter().for_each(&mut *found);
            start = at;
        }
        left = Some(right);
    }
    word.get(start..).into_iter().for_each(found);
}

/// English only, and light: what differs in more than these endings is another word.
fn stem(word: String) -> String {
    if !word.is_ascii() {
        return word;
    }
    let mut stem = without_tense(singular(word));
    if stem.len() > 4 && stem.ends_with('e') {
        stem.pop();
    }
    if stem.len() > 3 && stem.ends_with('y') {
        stem.pop();
        stem.push('i');
    }
    stem
}

fn singular(word: String) -> String {
    let cut = |end: usize, add: &str| word.get(..word.len() - end).map(|start| format!("{start}{add}"));
    let shorter = match word.as_str() {
        w if w.len() < 4 || w.ends_with("ss") || w.ends_with("us") || w.ends_with("is") => None,
        w if w.ends_with("ies") => cut(3, "y"),
        w if w.ends_with("sses") || w.ends_with("xes") || w.ends_with("ches") || w.ends_with("shes") => {
            cut(2, "")
        }
        w if w.ends_with('s') => cut(1, ""),
        _ => None,
    };
    shorter.unwrap_or(word)
}

/// `booking`, `booked` → `book`; `planned` → `plan`; `ring` and `bed` stay.
fn without_tense(word: String) -> String {
    let has_vowel = |start: &&str| start.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    let ing = word.strip_suffix("ing").filter(|start| start.len() >= 3 && has_vowel(start));
    let ied = word.strip_suffix("ied").filter(|start| start.len() >= 2);
    let ed = word.strip_suffix("ed").filter(|start| start.len() >= 3 && has_vowel(start));
    match (ing, ied, ed) {
        (Some(start), ..) | (None, None, Some(start)) => single_end(start.to_owned()),
        (None, Some(start), _) => format!("{start}y"),
        _ => word,
    }
}

/// `plann` → `plan`; a double l, s or z belongs to the word.
fn single_end(mut word: String) -> String {
    if let [_, .., before, last] = word.as_bytes()
        && before == last
        && !b"lsz".contains(last)
    {
        word.pop();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::terms;

    #[test]
    fn names_and_sentences_meet_in_the_same_terms() {
        assert_eq!(terms("listOrders"), terms("list all the orders"));
        assert_eq!(terms("getHTTPUrl repositories_boxes"), terms("get http url repository box"));
        assert_eq!(terms("bookings planned, calculating"), terms("booked plan calculate"));
        assert_eq!(terms("verified queries"), terms("verify query"));
        assert_eq!(terms("status bed ring"), ["status", "bed", "ring"]);
        assert_eq!(terms("getÜberblick größe"), ["get", "überblick", "größe"]);
    }
}
