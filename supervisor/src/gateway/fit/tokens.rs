//! About how many tokens a model pays for a text, without the vocabulary.
//!
//! Four bytes a token, the usual rule, holds for prose. Minified JSON has 1 to 3, identifiers and base64 1.5, rare
//! characters less than 1. So characters are priced by what stands before them, as a tokenizer splits: a word, up to
//! three digits, a group of marks. The prices are o200k's: at the ceiling for random text of each kind, which makes
//! words and rows come out 1.3 to 2 times too dear. The bench `tokens` asserts that nothing comes out too cheap.
//! Text made to deceive it (syllables that are no words) is at most about twice what is counted.

use serde_json::Value;
use std::io::{self, Write};

/// Prices are in tenths of a token.
const TOKEN: usize = 10;
/// A lowercase letter more in a word, where consonants and vowels alternate as they do in words.
const LETTER: usize = 2;
/// And the surcharge from the third consonant, or vowel, in a row.
const UNLIKELY: usize = 11;
/// A capital more.
const CAPITAL: usize = 6;
/// One more of the marks that JSON is made of, behind another of them; and any other mark behind a mark.
const STRUCTURE: usize = 5;
const MARK: usize = 7;
/// Digits, and spaces, that are one token together.
const DIGITS: usize = 3;
const SPACES: usize = 8;

/// Counts the tokens of what is written to it, up to a bound.
pub(super) struct Meter {
    tenths: usize,
    most: usize,
    kind: Kind,
    last: char,
    /// Characters of this kind so far.
    run: usize,
    /// Vowels, or consonants, so far.
    alike: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Lower,
    Upper,
    Digit,
    Space,
    Mark,
    Wide,
}

impl Meter {
    /// Counts to `most` tokens and then no further.
    pub(super) const fn up_to(most: usize) -> Self {
        Self { tenths: 0, most, kind: Kind::Space, last: ' ', run: 0, alike: 0 }
    }

    /// What was counted.
    pub(super) const fn tokens(&self) -> usize {
        self.tenths.div_ceil(TOKEN)
    }

    /// Counts `c` as JSON writes it inside a string.
    pub(super) fn add_escaped(&mut self, c: char) {
        match c {
            '"' | '\\' => ['\\', c].into_iter().for_each(|c| self.add(c)),
            '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => "\\n".chars().for_each(|c| self.add(c)),
            c if c < ' ' => "\\u001f".chars().for_each(|c| self.add(c)),
            c => self.add(c),
        }
    }

    fn add(&mut self, c: char) {
        let kind = Kind::of(c);
        let joins = kind == self.kind || (kind == Kind::Lower && self.kind == Kind::Upper);
        self.run = if kind == self.kind { self.run + 1 } else { 1 };
        self.alike = if joins && is_vowel(c) == is_vowel(self.last) { self.alike + 1 } else { 1 };
        self.tenths += match kind {
            Kind::Lower | Kind::Upper if !joins => TOKEN,
            Kind::Lower if self.alike > 2 => LETTER + UNLIKELY,
            Kind::Lower => LETTER,
            Kind::Upper => CAPITAL,
            Kind::Digit if self.run % DIGITS == 1 => TOKEN,
            Kind::Space if self.run == 2 || self.run.is_multiple_of(SPACES) || (c != ' ' && !joins) => TOKEN,
            // One space belongs to the word behind it.
            Kind::Digit | Kind::Space => 0,
            Kind::Mark if !joins => TOKEN,
            Kind::Mark if is_structure(c) && is_structure(self.last) => STRUCTURE,
            Kind::Mark => MARK,
            Kind::Wide => wide(c),
        };
        (self.kind, self.last) = (kind, c);
    }
}

impl Kind {
    const fn of(c: char) -> Self {
        match c {
            'a'..='z' => Self::Lower,
            'A'..='Z' => Self::Upper,
            '0'..='9' => Self::Digit,
            ' ' | '\n' | '\r' | '\t' => Self::Space,
            '\0'..='\x7f' => Self::Mark,
            _ => Self::Wide,
        }
    }
}

const fn is_vowel(c: char) -> bool {
    matches!(c.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

const fn is_structure(c: char) -> bool {
    matches!(c, '"' | '{' | '}' | '[' | ']' | ':' | ',')
}

/// Random text of these blocks of Unicode, a character.
const fn wide(c: char) -> usize {
    match c {
        '\u{80}'..='\u{ff}' => 11,
        // Cyrillic, Hebrew and Arabic letters.
        '\u{410}'..='\u{44f}' | '\u{5d0}'..='\u{5ea}' | '\u{620}'..='\u{64a}' => 10,
        '\u{100}'..='\u{7ff}' => 20,
        // From Devanagari to Lao; kana.
        '\u{900}'..='\u{eff}' | '\u{3040}'..='\u{30ff}' => 15,
        // Punctuation, arrows, mathematics, symbols.
        '\u{2000}'..='\u{2bff}' => 22,
        // Chinese characters in use; Hangul.
        '\u{4e00}'..='\u{9fff}' => 20,
        '\u{ac00}'..='\u{d7a3}' => 23,
        // Emoji.
        '\u{1f000}'..='\u{1faff}' => 25,
        '\u{800}'..='\u{ffff}' => 30,
        _ => 40,
    }
}

impl Write for Meter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for c in String::from_utf8_lossy(bytes).chars() {
            self.add(c);
            if self.tokens() > self.most {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The tokens of `value` as compact JSON; where they are more than `most`, some number above it.
pub(super) fn of(value: &Value, most: usize) -> usize {
    let mut meter = Meter::up_to(most);
    match serde_json::to_writer(&mut meter, value) {
        Ok(()) => meter.tokens(),
        Err(_) => meter.tokens().max(most + 1),
    }
}
