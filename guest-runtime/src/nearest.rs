//! Names that somebody may have meant.

/// Longest name that is compared, bytes: the work grows with the square.
const MAX_NAME: usize = 64;
/// Most names that are compared, so that a huge catalog costs a bounded time.
const MAX_NAMES: usize = 2_000;

/// Up to `count` of `names` that are near `name`, the nearest first.
pub(crate) fn to<'a>(name: &str, names: &[&'a str], count: usize) -> Vec<&'a str> {
    let mut near: Vec<(usize, &'a str)> = names
        .iter()
        .take(MAX_NAMES)
        .filter_map(|candidate| Some((distance(name, candidate)?, *candidate)))
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    near.into_iter().take(count).map(|(_, name)| name).collect()
}

/// The nearest of `names`, if any is near.
pub(crate) fn one<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = names.take(MAX_NAMES).filter_map(|candidate| Some((distance(name, candidate)?, candidate)));
    near.min().map(|(_, name)| name)
}

/// How far apart two names are, if they are near at all: edits of their letters, or one within the other.
fn distance(one: &str, other: &str) -> Option<usize> {
    let (one, other) = (letters(one), letters(other));
    if one.is_empty() || other.is_empty() || one.len() > MAX_NAME || other.len() > MAX_NAME {
        return None;
    }
    let edits = edits(&one, &other);
    let bound = one.len().max(other.len()).div_ceil(3);
    if edits <= bound {
        return Some(edits);
    }
    let contains = |a: &[u8], b: &[u8]| b.len() >= 4 && a.windows(b.len()).any(|window| window == b);
    (contains(&one, &other) || contains(&other, &one)).then_some(MAX_NAME + edits)
}

fn letters(name: &str) -> Vec<u8> {
    name.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()).collect()
}

/// Levenshtein's distance.
fn edits(one: &[u8], other: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, a) in one.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, b) in other.iter().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[column + 1];
            row[column + 1] = substituted.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::{one, to};

    #[test]
    fn a_slip_of_the_pen_is_near_and_another_word_is_not() {
        let names = ["getOrder", "listOrders", "refund"];
        assert_eq!(to("getOrdr", &names, 1), ["getOrder"]);
        assert_eq!(to("get_order", &names, 1), ["getOrder"]);
        assert_eq!(to("orders", &names, 2), ["listOrders"]);
        assert!(to("weather", &names, 3).is_empty());
        assert_eq!(one("list_orders", names.into_iter()), Some("listOrders"));
        assert_eq!(one("weather", names.into_iter()), None);
    }
}
