//! Collects what is wrong with a program, bounded.

use super::excerpt::Text;
use guest_protocol::message::{Finding, Position, Severity};

/// Findings of one program that a model is shown.
const FINDINGS_MAX: usize = 20;
/// Errors of the parser that a model is shown: the first are the cause of most of the others.
const SYNTAX_MAX: usize = 10;

/// Findings about one text.
pub(super) struct Findings<'t> {
    text: &'t Text,
    found: Vec<(u32, Finding)>,
}

impl<'t> Findings<'t> {
    pub(super) fn new(text: &'t Text) -> Self {
        Self { text, found: Vec::new() }
    }

    /// The place of a byte offset.
    pub(super) fn position(&self, offset: u32) -> Position {
        self.text.position(offset as usize)
    }

    /// Adds an error at a byte offset.
    pub(super) fn error(&mut self, rule: &str, offset: u32, message: String, hint: Option<String>) {
        self.add(Severity::Error, rule, offset, message, hint);
    }

    /// Adds a warning at a byte offset.
    pub(super) fn warning(&mut self, rule: &str, offset: u32, message: String, hint: Option<String>) {
        self.add(Severity::Warning, rule, offset, message, hint);
    }

    fn add(&mut self, severity: Severity, rule: &str, offset: u32, message: String, hint: Option<String>) {
        let full = match severity {
            Severity::Error => self.found.len() >= FINDINGS_MAX,
            Severity::Warning => self.found.len() >= FINDINGS_MAX / 2,
        };
        let repeated = self.found.iter().any(|(at, known)| *at == offset && known.rule == rule);
        if full || repeated {
            return;
        }
        let at = self.text.position(offset as usize);
        let excerpt = self.text.excerpt(&at);
        let finding = Finding { severity, rule: rule.to_owned(), message, at: Some(at), excerpt, hint };
        self.found.push((offset, finding));
    }

    /// All findings in the order of the text if one is an error, else all warnings.
    pub(super) fn finish(mut self) -> Result<Vec<Finding>, Vec<Finding>> {
        self.found.sort_by_key(|(offset, finding)| (finding.severity == Severity::Warning, *offset));
        let failed = self.found.first().is_some_and(|(_, finding)| finding.severity == Severity::Error);
        let found = self.found.into_iter().map(|(_, finding)| finding).collect();
        if failed { Err(found) } else { Ok(found) }
    }

    /// How many more errors of the parser fit.
    pub(super) fn syntax_room(&self) -> usize {
        SYNTAX_MAX.saturating_sub(self.found.len())
    }
}
