//! "Did you mean": the known name that a wrong one is closest to.

/// Names longer than this are not compared: none that a person or model meant is.
const NAME_MAX: usize = 64;
/// Candidates that are compared, so that a huge catalog costs a bounded time.
const CANDIDATES_MAX: usize = 2_000;

/// The candidate nearest to `wrong`, if any is near: a third of its letters may differ, or it may be a part.
pub(super) fn nearest<'n>(wrong: &str, candidates: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let wrong = plain(wrong);
    let allowed = (wrong.len() / 3).max(1);
    candidates
        .take(CANDIDATES_MAX)
        .filter_map(|candidate| {
            let plain = plain(candidate);
            let part =
                wrong.len() >= 4 && plain.len() >= 4 && (plain.contains(&wrong) || wrong.contains(&plain));
            let distance = distance(wrong.as_bytes(), plain.as_bytes());
            (distance <= allowed || part).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// Letters and digits alone, in lower case: `list_issues` and `listIssues` are the same mistake apart.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|letter| letter.is_alphanumeric())
        .take(NAME_MAX)
        .flat_map(char::to_lowercase)
        .collect()
}

/// Insertions, deletions and replacements that lead from one to the other.
fn distance(from: &[u8], to: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, &left) in from.iter().enumerate() {
        let mut diagonal = index;
        row[0] = index + 1;
        for (column, &right) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_its_name_and_a_stranger_none() {
        let names = ["github", "slack", "listIssues", "getOrder"];
        let find = |wrong| nearest(wrong, names.into_iter());
        assert_eq!(find("githb"), Some("github"));
        assert_eq!(find("list_issues"), Some("listIssues"));
        assert_eq!(find("getOrders"), Some("getOrder"));
        assert_eq!(find("weather"), None);
    }
}
