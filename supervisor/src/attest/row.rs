//! One thing the kernel says of a guest, beside what the profile says it must be.

use serde::Serialize;

/// What was found; or why it could not be.
pub(crate) type Found = Result<String, Unproven>;

/// Why something could not be found out. It is never taken for a yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unproven {
    /// What stood in the way.
    pub(crate) why: String,
    /// What it would take.
    pub(crate) needs: String,
}

impl From<readback::Refusal> for Unproven {
    fn from(refusal: readback::Refusal) -> Self {
        Self { why: refusal.to_string(), needs: refusal.needs.into() }
    }
}

/// How what was found compares with what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// The kernel holds exactly what the profile says.
    Equal,
    /// It could not be found out.
    NotProven,
    /// It holds something else.
    Differs,
}

/// One line of an attestation.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    /// Which layer of the jail it belongs to.
    pub(crate) layer: &'static str,
    /// What of it.
    pub(crate) item: String,
    /// What the profile, the run and the host make of it.
    pub(crate) expected: String,
    /// What the kernel says; absent where it could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) found: Option<String>,
    /// The comparison.
    pub(crate) verdict: Verdict,
    /// Where the kernel says it.
    pub(crate) source: String,
    /// Why it could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    /// What it takes to prove it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) needs: Option<String>,
}

/// The lines of one layer.
pub(crate) struct Rows {
    layer: &'static str,
    pub(crate) rows: Vec<Row>,
}

impl Rows {
    pub(crate) const fn of(layer: &'static str) -> Self {
        Self { layer, rows: Vec::new() }
    }

    /// Adds a line: equal where what was found is what was expected, letter for letter.
    pub(crate) fn equal(
        &mut self,
        item: impl Into<String>,
        expected: impl Into<String>,
        found: Found,
        source: &str,
    ) {
        let expected = expected.into();
        let judge = |found: &str| found == expected;
        self.push(item.into(), expected.clone(), judge, found, source);
    }

    /// Adds a line: equal where `holds` says so of what was found.
    pub(crate) fn holds(
        &mut self,
        item: impl Into<String>,
        expected: impl Into<String>,
        holds: impl FnOnce(&str) -> bool,
        found: Found,
        source: &str,
    ) {
        self.push(item.into(), expected.into(), holds, found, source);
    }

    fn push(
        &mut self,
        item: String,
        expected: String,
        holds: impl FnOnce(&str) -> bool,
        found: Found,
        source: &str,
    ) {
        let (verdict, found, unproven) = match found {
            Ok(found) => (if holds(&found) { Verdict::Equal } else { Verdict::Differs }, Some(found), None),
            Err(unproven) => (Verdict::NotProven, None, Some(unproven)),
        };
        let (why, needs) = unproven.map(|unproven| (unproven.why, unproven.needs)).unzip();
        let (layer, source) = (self.layer, source.to_owned());
        let needs = needs.filter(|needs| !needs.is_empty());
        self.rows.push(Row { layer, item, expected, found, verdict, source, why, needs });
    }
}
