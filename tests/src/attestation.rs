//! What `oubliette attest` says of a guest.

use crate::Failed;
use crate::bench::Bench;
use crate::caller::Caller;
use crate::invocation::Invocation;
use serde_json::Value;
use std::path::Path;

/// An attestation, row by row.
#[derive(Debug)]
pub struct Attestation {
    /// The exit status.
    pub code: Option<i32>,
    /// As printed with `--json`.
    pub report: Value,
}

impl Attestation {
    /// Has `auditor` ask `oubliette` about process `pid`, with `more` arguments.
    ///
    /// # Errors
    /// When there is no attestation.
    pub fn of(
        bench: &Bench,
        auditor: Caller,
        oubliette: &Path,
        pid: i32,
        more: &[&str],
    ) -> Result<Self, Failed> {
        let pid = pid.to_string();
        let arguments = [&["attest", "--json", &pid], more].concat();
        let outcome = Invocation::new(auditor, oubliette, &arguments, &bench.folder)?.run()?;
        let report = serde_json::from_str(&outcome.stdout);
        let report = report.map_err(|error| format!("{error}: {}{}", outcome.stdout, outcome.stderr))?;
        Ok(Self { code: outcome.code, report })
    }

    /// Every row.
    #[must_use]
    pub fn rows(&self) -> Vec<Value> {
        self.report["rows"].as_array().cloned().unwrap_or_default()
    }

    /// The rows with this verdict, as `layer: item`.
    #[must_use]
    pub fn items(&self, verdict: &str) -> Vec<String> {
        let named = |row: Value| {
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            (row["verdict"] == verdict).then(|| format!("{}: {}", text("layer"), text("item")))
        };
        self.rows().into_iter().filter_map(named).collect()
    }

    /// The layers that have a row with this verdict.
    #[must_use]
    pub fn layers(&self, verdict: &str) -> Vec<String> {
        let mut layers: Vec<String> = self
            .items(verdict)
            .iter()
            .filter_map(|item| item.split_once(": ").map(|(layer, _)| layer.to_owned()))
            .collect();
        layers.dedup();
        layers
    }

    /// The rows that are not equal, in words.
    #[must_use]
    pub fn told(&self) -> String {
        let unequal = self.rows().into_iter().filter(|row| row["verdict"] != "equal");
        unequal.map(|row| row.to_string()).collect::<Vec<_>>().join("\n")
    }
}
