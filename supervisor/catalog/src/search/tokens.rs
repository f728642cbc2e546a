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

/// The terms of `text`, in order: words split at `camelCase`, `snake_case` and punctuation, lower case, singular.
pub(super) fn terms(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        for part in camel_parts(word) {
            let lower = part.to_lowercase();
            if lower.len() <= MAX_TERM && !STOP.contains(&lower.as_str()) {
                found.push(stem(lower));
            }
        }
    }
    found
}

/// `getHTTPUrl2` → `get`, `HTTP`, `Url2`.
fn camel_parts(word: &str) -> Vec<&str> {
    let chars: Vec<(usize, char)> = word.char_indices().collect();
    let mut parts = Vec::new();
    let mut start = 0;
    for (before, pair) in chars.windows(2).enumerate() {
        let [(_, left), (at, right)] = pair else { continue };
        let next_is_lower = chars.get(before + 2).is_some_and(|(_, next)| next.is_lowercase());
        let border = right.is_uppercase() && (!left.is_uppercase() || next_is_lower);
        if border {
            parts.extend(word.get(start..*at));
            start = *at;
        }
    }
    parts.extend(word.get(start..));
    parts
}

/// Plural endings only: cutting more joins words that name different tools.
fn stem(word: String) -> String {
    let cut = |end: usize, add: &str| word.get(..word.len() - end).map(|start| format!("{start}{add}"));
    let shorter = match word.as_str() {
        w if w.len() < 4 || !w.is_ascii() || w.ends_with("ss") || w.ends_with("us") || w.ends_with("is") => {
            None
        }
        w if w.ends_with("ies") => cut(3, "y"),
        w if w.ends_with("sses") || w.ends_with("xes") || w.ends_with("ches") || w.ends_with("shes") => {
            cut(2, "")
        }
        w if w.ends_with('s') => cut(1, ""),
        _ => None,
    };
    shorter.unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::terms;

    #[test]
    fn names_and_sentences_meet_in_the_same_terms() {
        assert_eq!(terms("listOrders"), ["list", "order"]);
        assert_eq!(terms("list all the orders"), ["list", "order"]);
        assert_eq!(terms("getHTTPUrl repositories_boxes"), ["get", "http", "url", "repository", "box"]);
        assert_eq!(terms("status address analysis"), ["status", "address", "analysis"]);
    }
}
