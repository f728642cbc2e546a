//! The nearest of the names there are.

/// Longest text that is compared, in characters: comparing is quadratic.
const MAX_COMPARED: usize = 48;
/// Most names in one sentence.
const MAX_LISTED: usize = 20;

/// The `most` candidates nearest to `wanted`, nearest first; none that is far off.
#[must_use]
pub fn nearest<'c>(wanted: &str, candidates: impl Iterator<Item = &'c str>, most: usize) -> Vec<&'c str> {
    let mut reduced = Vec::new();
    reduce(wanted, &mut reduced);
    let wanted = Wanted { letters: letters(&reduced), reduced };
    let mut reduced = Vec::new();
    let mut ranked: Vec<(usize, &str)> = candidates
        .filter_map(|candidate| {
            reduce(candidate, &mut reduced);
            wanted.rank(&reduced).map(|rank| (rank, candidate))
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

struct Wanted {
    reduced: Vec<char>,
    letters: u64,
}

impl Wanted {
    /// How far off `candidate` is; nothing where it is too far.
    fn rank(&self, candidate: &[char]) -> Option<usize> {
        let allowed = self.reduced.len().max(candidate.len()) / 3;
        let within = distance_within(self, candidate, allowed.max(1));
        let contains = || contains(candidate, &self.reduced) || contains(&self.reduced, candidate);
        let rank = match within {
            Some(distance) if distance <= allowed => Some(distance),
            within => {
                if contains() {
                    Some(allowed)
                } else {
                    within
                }
            }
        };
        rank.filter(|rank| *rank < self.reduced.len())
    }
}

/// Letters and digits only, lower case.
fn reduce(name: &str, into: &mut Vec<char>) {
    into.clear();
    into.extend(name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(MAX_COMPARED));
}

/// Which letters there are, one bit each; letters far apart in Unicode share bits.
fn letters(reduced: &[char]) -> u64 {
    reduced.iter().fold(0, |letters, letter| letters | 1 << (u32::from(*letter) % 64))
}

fn contains(long: &[char], short: &[char]) -> bool {
    short.len() >= 3 && long.windows(short.len()).any(|window| window == short)
}

/// The distance, unless it is more than `most`. Of thousands of names nearly all are ruled out by their length or
/// their letters: each letter that only one of both has takes an edit, and one edit changes one letter of each.
fn distance_within(wanted: &Wanted, candidate: &[char], most: usize) -> Option<usize> {
    let (ours, theirs) = (wanted.letters, letters(candidate));
    let lacking = (ours & !theirs).count_ones().max((theirs & !ours).count_ones());
    let least = wanted.reduced.len().abs_diff(candidate.len());
    if least > most || usize::try_from(lacking).is_ok_and(|lacking| lacking > most) {
        return None;
    }
    Some(distance(&wanted.reduced, candidate)).filter(|distance| *distance <= most)
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
