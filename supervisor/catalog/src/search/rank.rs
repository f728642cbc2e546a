//! A query, and the tools that fit it.

use super::index::{Index, Place, letters};
use super::postings::Key;
use super::tokens::terms;
use super::weights::{PAIR, POLITE, RELEVANT, SENTENCE, SPELT, SPELT_RARITY, SYNONYM};
use std::collections::BTreeMap;

/// Most different keys of a query that are looked up: the rarest.
const MAX_KEYS: usize = 192;
/// Most bytes of a query that are read.
const MAX_QUERY: usize = 4_096;
/// Most parts of a query that are asked for by themselves as well.
const MAX_PARTS: usize = 12;
/// Misspelt words of a query that are corrected.
const MAX_CORRECTED: usize = 8;

impl Index {
    /// The tools that fit `query`, best first, equal ones in the order of their places. Those with that name go
    /// before all others.
    pub(crate) fn rank(&self, query: &str) -> Vec<Place> {
        let query = query.get(..query.floor_char_boundary(MAX_QUERY)).unwrap_or(query);
        let scores = self.scores(query);
        let enough = best(&scores) * RELEVANT;
        let mut named = vec![false; scores.len()];
        for number in self.names.get(&letters(query)).into_iter().flatten() {
            at(*number).and_then(|at| named.get_mut(at)).into_iter().for_each(|named| *named = true);
        }
        let scored = named.into_iter().zip(scores).zip(&self.places);
        let mut ranked: Vec<((bool, f32), Place)> = scored
            .filter(|((named, score), _)| *named || (*score > 0.0 && *score >= enough))
            .map(|(score, place)| (score, *place))
            .collect();
        ranked.sort_by(|(a, _), (b, _)| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
        ranked.into_iter().map(|(_, place)| place).collect()
    }

    /// `query` with each unknown term replaced by the nearest known one; nothing where none is near.
    pub(crate) fn corrected(&self, query: &str) -> Option<String> {
        let terms = terms(query);
        let near = terms.iter().take(MAX_CORRECTED).filter_map(|term| self.lexicon.nearest(term));
        let corrected: Vec<&str> = near.collect();
        (!corrected.is_empty()).then(|| corrected.join(" "))
    }

    /// How well each tool fits the query as a whole and that sentence of it which it fits best. Who asks for
    /// several things at once asks for each in a sentence, and a short one must not drown beside a long one.
    fn scores(&self, query: &str) -> Vec<f32> {
        let mut whole = self.fits(query);
        let most = best(&whole);
        let parts: Vec<&str> =
            sentences(query).filter(|part| terms(part).len() > 1).take(MAX_PARTS).collect();
        if parts.len() < 2 {
            return whole;
        }
        let mut alone = vec![0.0_f32; whole.len()];
        for part in parts {
            let fits = self.fits(part);
            let raise = (most / best(&fits).max(f32::MIN_POSITIVE)).sqrt();
            alone.iter_mut().zip(fits).for_each(|(alone, fit)| *alone = alone.max(fit * raise));
        }
        whole.iter_mut().zip(alone).for_each(|(whole, alone)| *whole += SENTENCE * alone);
        whole
    }

    /// How well each tool fits `text`.
    fn fits(&self, text: &str) -> Vec<f32> {
        let wanted = self.wanted(text);
        let mut scores = vec![0.0; self.places.len()];
        let mut spelt = scores.clone();
        for Wanted { key, weight, rarity, .. } in &wanted {
            self.add(*key, weight * rarity, &mut scores);
        }
        for (term, rarity) in wanted.iter().filter_map(|wanted| Some((wanted.said?, wanted.rarity))) {
            self.add(Key::named(term), rarity, &mut spelt);
        }
        for ((score, spelt), whole) in scores.iter_mut().zip(spelt).zip(&self.rarities) {
            *score += SPELT * spelt * spelt / (whole + SPELT_RARITY);
        }
        scores
    }

    fn add(&self, key: Key, weight: f32, to: &mut [f32]) {
        for fit in self.postings.of(key) {
            at(fit.tool).and_then(|at| to.get_mut(at)).into_iter().for_each(|to| *to += weight * fit.fit);
        }
    }

    /// What is looked up for `text`: the rarest keys that any tool has.
    fn wanted(&self, text: &str) -> Vec<Wanted> {
        let mut keys: BTreeMap<Key, Wanted> = BTreeMap::new();
        let mut want = |key: Key, weight: f32, said: Option<u32>| {
            let wanted =
                keys.entry(key).or_insert_with(|| Wanted { key, weight, rarity: self.rarity(key), said });
            wanted.weight = wanted.weight.max(weight);
            wanted.said = wanted.said.or(said);
        };
        let mut before = None;
        for term in terms(text) {
            let number = self.lexicon.number(&term);
            let weight = if self.lexicon.is_polite(&term) { POLITE } else { 1.0 };
            for synonym in self.lexicon.synonyms(&term) {
                want(Key::term(*synonym), weight * SYNONYM, None);
            }
            if let Some(number) = number {
                want(Key::term(number), weight, Some(number));
            }
            if let (Some(before), Some(number)) = (before, number) {
                want(Key::pair(before, number), PAIR, None);
            }
            before = number;
        }
        let mut wanted: Vec<Wanted> = keys.into_values().collect();
        wanted.retain(|wanted| !self.postings.of(wanted.key).is_empty());
        wanted.sort_by(|a, b| b.rarity.total_cmp(&a.rarity).then(a.key.cmp(&b.key)));
        wanted.truncate(MAX_KEYS);
        wanted
    }
}

/// Something that is looked up.
struct Wanted {
    key: Key,
    weight: f32,
    rarity: f32,
    /// The term, where the text itself has it.
    said: Option<u32>,
}

fn at(number: u32) -> Option<usize> {
    usize::try_from(number).ok()
}

fn best(scores: &[f32]) -> f32 {
    scores.iter().copied().fold(0.0, f32::max)
}

/// Cut after `.`, `?`, `!`, `;` and at line ends, but not inside `v1.2` or `data.csv`.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let ends = |(at, end): (usize, char)| {
        let after = text.get(at + end.len_utf8()..)?;
        let cuts = matches!(end, '.' | '?' | '!' | ';' | '\n')
            && !after.starts_with(|next: char| next.is_alphanumeric());
        cuts.then_some(at + end.len_utf8())
    };
    let mut start = 0;
    let cuts = text.char_indices().filter_map(ends).chain([text.len()]);
    cuts.filter_map(move |end| text.get(std::mem::replace(&mut start, end)..end))
}

#[cfg(test)]
mod tests {
    use super::sentences;

    #[test]
    fn sentences_end_where_a_reader_would_end_them() {
        let parts: Vec<&str> = sentences("Read data.csv. Mail v1.2 to Ann; done?").map(str::trim).collect();
        assert_eq!(parts, ["Read data.csv.", "Mail v1.2 to Ann;", "done?", ""]);
    }
}
