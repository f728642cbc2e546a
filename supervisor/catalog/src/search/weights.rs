//! What counts how much. Every figure was chosen on one half of labelled queries and is reported for the other:
//! `tests/benches/README.md`.

/// One part of what is known of a tool.
pub(super) struct Field {
    /// What one word in it counts.
    pub(super) weight: f32,
    /// How much a text longer than others of its field counts against its words: 0 not at all, 1 in proportion.
    pub(super) length: f32,
}

/// The fields, in the order of [`super::document::fields`].
pub(super) const FIELDS: [Field; 6] = [
    Field { weight: 0.5, length: 0.5 },
    Field { weight: 2.5, length: 0.6 },
    Field { weight: 2.0, length: 0.5 },
    Field { weight: 1.0, length: 0.5 },
    Field { weight: 0.5, length: 0.5 },
    Field { weight: 0.4, length: 0.5 },
];

/// A field does not say a word more often than this: repeating it does not make a tool fit better.
pub(super) const MAX_REPEATED: f32 = 2.0;
/// How fast one more occurrence stops helping.
pub(super) const K1: f32 = 1.4;

/// What a synonym of a word counts.
pub(super) const SYNONYM: f32 = 0.35;
/// What a word of [`super::words::POLITE`] counts.
pub(super) const POLITE: f32 = 0.8;
/// What two words beside each other count, beside what each of them does.
pub(super) const PAIR: f32 = 0.2;

/// What the sentence of a query counts that a tool fits best, beside the query as a whole.
pub(super) const SENTENCE: f32 = 0.5;
/// What a name counts that the query spells out in full; less, the less of it the query has.
pub(super) const SPELT: f32 = 0.2;
/// Rarity that a name must have for half of [`SPELT`]: a short common name is in many a query.
pub(super) const SPELT_RARITY: f32 = 2.0;

/// Tools that fit worse than this part of the best are not results: they share one common word with the query.
pub(super) const RELEVANT: f32 = 0.25;
