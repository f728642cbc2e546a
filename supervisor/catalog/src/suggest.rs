//! The nearest of the names there are.

/// Longest text that is compared, in characters: comparing is quadratic.
const MAX_COMPARED: usize = 48;
/// Most names in one sentence.
const MAX_LISTED: usize = 20;

/// The `most` candidates nearest to `wanted`, nearest first; none that is far off.
#[must_use]
pub fn nearest<'c>(wanted: &str, candidates: impl Iterator<Item = &'c str>, most: usize) -> Vec<&'c str> {
    let wanted = reduced(wanted);
    let mut ranked: Vec<(usize, &str)> = candidates
        .filter_map(|candidate| {
            let reduced = reduced(candidate);
            let distance = distance(&wanted, &reduced);
            let contains = contains(&reduced, &wanted) || contains(&wanted, &reduced);
            let allowed = wanted.len().max(reduced.len()) / 3;
            let rank = if contains { distance.min(allowed) } else { distance };
            (rank <= allowed.max(1) && rank < wanted.len()).then_some((rank, candidate))
        })
        .collect();
    ranked.sort_unstable();
    ranked.truncate(most);
    ranked.into_iter().map(|(_, candidate)| candidate).collect()
}

/// `a, b, c and 12 more`.
pub(crate) fn listed<'c>(names: impl ExactSizeIterator<Item = &'c str>) -> String {
    let more = names.len().saturating_sub(MAX_LISTED);
    let shown = names.take(MAX_LISTED).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// Letters and digits only, lower case.
fn reduced(name: &str) -> Vec<char> {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(MAX_COMPARED).collect()
}

fn contains(long: &[char], short: &[char]) -> bool {
    short.len() >= 3 && long.windows(short.len()).any(|window| window == short)
}

/// Edits from one to the other: insertions, deletions, replacements and swaps of neighbours.
pub(crate) fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut best =
                (at(&above, j) + usize::from(x != y)).min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn misspelt_and_abbreviated_names_are_found_and_others_are_not() {
        let names = ["getOrder", "listOrders", "deleteCustomer", "search"];
        assert_eq!(nearest("get_ordr", names.into_iter(), 1), ["getOrder"]);
        assert_eq!(nearest("customer", names.into_iter(), 1), ["deleteCustomer"]);
        assert_eq!(nearest("serach", names.into_iter(), 1), ["search"]);
        assert!(nearest("weather", names.into_iter(), 3).is_empty());
        assert!(nearest("", names.into_iter(), 3).is_empty());
    }
}
