//! From a place in generated code back to the TypeScript.

use super::anchors::Anchor;
use super::excerpt::Text;
use guest_protocol::message::Position;

/// Characters of an expression that an error message shows.
const EXPRESSION_CHARS: usize = 60;

/// One pair of places. Generated columns count characters, as the engine does; original ones UTF-16 units.
/// All from 0.
#[derive(Clone, Copy)]
pub(super) struct Mapping {
    pub(super) generated: (u32, u32),
    pub(super) original: (u32, u32),
}

/// Where each place of generated code comes from.
pub(crate) struct Map {
    text: Text,
    mappings: Vec<Mapping>,
    anchors: Vec<Anchor>,
}

impl Map {
    /// `mappings` in the order of their generated places, `anchors` in the order of their offsets.
    pub(super) fn new(text: Text, mappings: Vec<Mapping>, anchors: Vec<Anchor>) -> Self {
        Self { text, mappings, anchors }
    }

    /// The original place of a generated line and column, both from 1: that of the nearest token at or before
    /// it in its line. `None` where nothing of the program stands before it.
    pub(crate) fn position(&self, line: u32, column: u32) -> Option<Position> {
        let sought = (line.checked_sub(1)?, column.saturating_sub(1));
        let index = self.mappings.partition_point(|mapping| mapping.generated <= sought);
        let nearest = self.mappings.get(index.checked_sub(1)?)?;
        let (line, column) = Some(nearest.original).filter(|_| nearest.generated.0 == sought.0)?;
        Some(self.text.place(line as usize + 1, column as usize + 1))
    }

    /// The original line with a marker below the column.
    pub(crate) fn excerpt(&self, at: &Position) -> Option<String> {
        self.text.excerpt(at)
    }

    /// What is called, or read, at an original place: `shop.getOrders`.
    pub(crate) fn expression_at(&self, at: &Position) -> Option<String> {
        let offset = self.text.offset(at)?;
        let index = self.anchors.partition_point(|anchor| anchor.at <= offset);
        let anchor = self.anchors.get(index.checked_sub(1)?)?;
        if offset > anchor.end.max(anchor.at) {
            return None;
        }
        let source = self.text.as_str().get(anchor.start..anchor.end)?;
        let mut words = source.split_whitespace().collect::<Vec<_>>().join(" ");
        if words.chars().count() > EXPRESSION_CHARS {
            words = words.chars().take(EXPRESSION_CHARS - 1).chain(['…']).collect();
        }
        Some(words)
    }
}
