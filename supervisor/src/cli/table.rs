//! Tables for people: columns as wide as they need to be, long cells wrapped between words, nothing but spaces
//! between them, so that they read the same in a terminal, a file and a mail.

use std::fmt::{self, Write};

/// Columns of a page where `COLUMNS` does not say otherwise. Help texts have the same.
const PAGE_WIDTH: usize = 100;

/// No column is made narrower than this, or than its longest cell where that is shorter.
const NARROWEST: usize = 10;

/// Words up to this long are kept whole while another column can give way: a digest.
const LONGEST_WORD: usize = 64;

/// Between two columns.
const GAP: &str = "  ";

/// Rows below headings.
#[derive(Debug)]
pub(super) struct Table<const N: usize> {
    headings: [&'static str; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// A table without rows.
    pub(super) const fn new(headings: [&'static str; N]) -> Self {
        Self { headings, rows: Vec::new() }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: [impl Into<String>; N]) {
        self.rows.push(cells.map(|cell| shown(&cell.into())));
    }

    /// The text for a page of `width` columns.
    pub(super) fn render(&self, width: usize) -> String {
        let widths = self.widths(width);
        let columns: [Column; N] =
            std::array::from_fn(|at| Column { width: widths[at], counts: self.counts(at) });
        let mut text = String::new();
        line(&mut text, &self.headings.map(str::to_owned), &columns);
        line(&mut text, &widths.map(|width| "-".repeat(width)), &columns);
        for row in &self.rows {
            line(&mut text, row, &columns);
        }
        text
    }

    /// Whether a column is nothing but numbers.
    fn counts(&self, column: usize) -> bool {
        let is_number = |cell: &String| cell.bytes().all(|byte| byte.is_ascii_digit());
        self.rows.iter().all(|row| row.get(column).is_some_and(is_number))
    }

    /// What each column wants; where that is too much, the widest gives way first.
    fn widths(&self, page: usize) -> [usize; N] {
        let mut widths = self.headings.map(width);
        for row in &self.rows {
            for (column, cell) in widths.iter_mut().zip(row) {
                *column = width(cell).max(*column);
            }
        }
        let gaps = GAP.len() * N.saturating_sub(1);
        let words = self.longest_words();
        while widths.iter().sum::<usize>() + gaps > page {
            let above = |least: &[usize; N]| {
                (0..N).filter(|&column| widths[column] > least[column]).max_by_key(|&column| widths[column])
            };
            let Some(widest) = above(&words).or_else(|| above(&[NARROWEST; N])) else { break };
            widths[widest] -= 1;
        }
        widths
    }

    /// What each column needs to break no word.
    fn longest_words(&self) -> [usize; N] {
        let mut longest = [NARROWEST; N];
        for row in &self.rows {
            for (column, cell) in longest.iter_mut().zip(row) {
                let words = cell.split_whitespace().map(|word| word.chars().count());
                *column = words.filter(|length| *length <= LONGEST_WORD).max().unwrap_or(0).max(*column);
            }
        }
        longest
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(page_width()).trim_end_matches('\n'))
    }
}

/// How wide a page is: what `COLUMNS` says, as shells export it.
pub(super) fn page_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.filter(|&columns| columns >= 2 * NARROWEST).unwrap_or(PAGE_WIDTH)
}

/// A paragraph, wrapped to the page.
pub(super) fn paragraph(text: &str) -> String {
    wrap(&shown(text), page_width()).join("\n")
}

/// What a file or a kernel says cannot move the cursor or colour the screen: control characters are shown.
fn shown(text: &str) -> String {
    let escaped = |character: char| {
        if character.is_control() && character != '\n' {
            character.escape_default().to_string()
        } else {
            character.to_string()
        }
    };
    text.chars().map(escaped).collect()
}

fn width(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or_default()
}

/// How a column is set.
struct Column {
    width: usize,
    /// Numbers stand at the right, so that their digits stand below each other.
    counts: bool,
}

fn line<const N: usize>(text: &mut String, cells: &[String; N], columns: &[Column; N]) {
    let wrapped: Vec<Vec<String>> =
        cells.iter().zip(columns).map(|(cell, column)| wrap(cell, column.width)).collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or_default();
    for at in 0..height {
        let mut line = String::new();
        for (lines, &Column { width, counts }) in wrapped.iter().zip(columns) {
            let part = lines.get(at).map_or("", String::as_str);
            // Writing to a String cannot fail.
            let _ = if counts {
                write!(line, "{part:>width$}{GAP}")
            } else {
                write!(line, "{part:<width$}{GAP}")
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

/// Breaks between words, and inside a word only where it is longer than a whole line.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let mut length = 0;
        for word in paragraph.split(' ') {
            let mut letters: Vec<char> = word.chars().collect();
            if length > 0 && length + 1 + letters.len() > width {
                lines.push(std::mem::take(&mut line));
                length = 0;
            } else if length > 0 {
                line.push(' ');
                length += 1;
            }
            while letters.len() > width {
                lines.push(letters.drain(..width).collect());
            }
            length += letters.len();
            line.extend(letters);
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{Table, wrap};

    #[test]
    fn a_long_cell_is_wrapped_between_words_and_keeps_its_column() {
        let mut table = Table::new(["layer", "why"]);
        table.row(["seccomp", "frames from the supervisor and nothing else"]);
        table.row(["x", "short"]);
        let expected = "\
layer    why
-------  ------------------
seccomp  frames from the
         supervisor and
         nothing else
x        short
";
        assert_eq!(table.render(27), expected);
    }

    #[test]
    fn nothing_is_lost_where_a_page_is_too_narrow() {
        let mut table = Table::new(["digest"]);
        table.row(["0123456789abcdef"]);
        assert_eq!(table.render(10), "digest\n----------\n0123456789\nabcdef\n");
    }

    #[test]
    fn numbers_stand_at_the_right() {
        let mut table = Table::new(["calls", "of"]);
        table.row(["3", "us"]);
        table.row(["294", "3 others"]);
        assert_eq!(table.render(80), "calls  of\n-----  --------\n    3  us\n  294  3 others\n");
    }

    #[test]
    fn control_characters_are_shown_and_line_breaks_kept() {
        let mut table = Table::new(["a"]);
        table.row(["red \u{1b}[31m\nnext"]);
        assert!(table.render(80).contains("red \\u{1b}[31m\nnext"), "{}", table.render(80));
        assert_eq!(wrap("", 5), Vec::<String>::new());
    }
}
