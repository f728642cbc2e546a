//! A source text with its lines: offsets to places, places to offsets, and the excerpt shown with an error.

use guest_protocol::message::Position;

/// Characters of a line that an excerpt shows; a longer line is cut around its marker.
const EXCERPT_CHARS: usize = 120;

/// A source text that knows its lines.
pub(super) struct Text {
    file: String,
    text: String,
    /// Byte offset of the first character of each line.
    lines: Vec<usize>,
}

impl Text {
    /// Finds the lines of `text`. U+2028 and U+2029 end lines here since they do in ECMAScript, and so in the
    /// source map.
    pub(super) fn new(file: &str, text: &str) -> Self {
        let mut lines = vec![0];
        let mut characters = text.char_indices().peekable();
        while let Some((offset, character)) = characters.next() {
            let crlf = character == '\r' && characters.peek().is_some_and(|&(_, next)| next == '\n');
            if matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}') && !crlf {
                lines.push(offset + character.len_utf8());
            }
        }
        Self { file: file.to_owned(), text: text.to_owned(), lines }
    }

    /// The text itself.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The place of a byte offset; one past the end is the end.
    pub(super) fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.lines.partition_point(|&start| start <= offset).max(1);
        let column = self.text[self.lines[line - 1]..offset].encode_utf16().count() + 1;
        self.place(line, column)
    }

    /// A place by its line and column, both from 1.
    pub(super) fn place(&self, line: usize, column: usize) -> Position {
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Position { file: self.file.clone(), line: narrow(line), column: narrow(column) }
    }

    /// The byte offset of a place, if the text has it.
    pub(super) fn offset(&self, at: &Position) -> Option<usize> {
        let index = (at.line as usize).checked_sub(1)?;
        let start = *self.lines.get(index)?;
        let mut units = (at.column as usize).checked_sub(1)?;
        for (offset, character) in self.line(index)?.char_indices() {
            if units == 0 {
                return Some(start + offset);
            }
            units = units.saturating_sub(character.len_utf16());
        }
        (units == 0).then(|| start + self.line(index).map_or(0, str::len))
    }

    /// The line of a place with a marker below its column.
    pub(super) fn excerpt(&self, at: &Position) -> Option<String> {
        let line = self.line((at.line as usize).checked_sub(1)?)?;
        let start = *self.lines.get((at.line as usize).checked_sub(1)?)?;
        let marker = line[..self.offset(at)?.checked_sub(start)?].chars().count();
        let from = if marker < EXCERPT_CHARS { 0 } else { marker - EXCERPT_CHARS / 2 };
        let shown: String = line.chars().skip(from).take(EXCERPT_CHARS).collect();
        let indent: String = shown
            .chars()
            .take(marker - from)
            .map(|character| if character == '\t' { '\t' } else { ' ' })
            .collect();
        Some(format!("{shown}\n{indent}^"))
    }

    /// A line without its end.
    fn line(&self, index: usize) -> Option<&str> {
        let start = *self.lines.get(index)?;
        let end = self.lines.get(index + 1).copied().unwrap_or(self.text.len());
        Some(self.text[start..end].trim_end_matches(['\n', '\r', '\u{2028}', '\u{2029}']))
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn columns_count_utf16_units() {
        let text = Text::new("/main.ts", "a\r\nconst s = '😀'; x");
        let at = text.position(text.as_str().find("; x").unwrap_or(0));
        assert_eq!((at.line, at.column), (2, 15));
        assert_eq!(text.offset(&at), text.as_str().find("; x"));
    }

    #[test]
    fn the_marker_stands_below_the_column() {
        let text = Text::new("/main.ts", "one\n\tlet x = ;\n");
        let at = text.position(13);
        assert_eq!(text.excerpt(&at).as_deref(), Some("\tlet x = ;\n\t        ^"));
    }

    #[test]
    fn a_long_line_is_cut_around_its_marker() {
        let line = "x".repeat(1_000_000);
        let text = Text::new("/main.ts", &line);
        let excerpt = text.excerpt(&text.position(500_000)).unwrap_or_default();
        assert!(excerpt.len() < 300 && excerpt.ends_with('^'));
    }
}
