//! Findings about a policy or a guest, for people, and as SARIF 2.1.0 for pipelines that gather them.

use serde_json::{Value, json};

/// Where the standard's schema is (OASIS, "Static Analysis Results Interchange Format Version 2.1.0").
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A kind of finding: a short stable name, and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    /// As in `unknown-key`.
    pub(super) id: &'static str,
    /// One sentence.
    pub(super) meaning: &'static str,
}

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    /// What kind.
    pub(super) rule: Rule,
    /// What is wrong.
    pub(super) problem: String,
    /// What to do about it.
    pub(super) remedy: String,
    /// Where, when it is about a place in a file.
    pub(super) place: Option<Place>,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// As it was named.
    pub(super) file: String,
    /// From 1; 0 when the finding is about the whole file.
    pub(super) line: usize,
    /// In characters, from 1.
    pub(super) column: usize,
}

impl Finding {
    /// For a person.
    pub(super) fn tell(&self) -> String {
        let place = match &self.place {
            Some(Place { file, line: 0, .. }) => format!("{file}: "),
            Some(Place { file, line, column }) => format!("{file}:{line}:{column}: "),
            None => String::new(),
        };
        format!("{place}{} [{}]\n  remedy: {}", self.problem, self.rule.id, self.remedy)
    }

    /// For a program.
    pub(super) fn json(&self) -> Value {
        let mut found = json!({ "rule": self.rule.id, "problem": self.problem, "remedy": self.remedy });
        if let (Some(place), Some(fields)) = (&self.place, found.as_object_mut()) {
            fields.insert("file".into(), json!(place.file));
            if place.line > 0 {
                fields.insert("line".into(), json!(place.line));
                fields.insert("column".into(), json!(place.column));
            }
        }
        found
    }

    fn result(&self) -> Value {
        let text = format!("{}. Remedy: {}.", self.problem, self.remedy);
        let mut result = json!({ "ruleId": self.rule.id, "level": "error", "message": { "text": text } });
        if let (Some(place), Some(fields)) = (&self.place, result.as_object_mut()) {
            fields.insert("locations".into(), json!([{ "physicalLocation": place.physical() }]));
        }
        result
    }
}

impl Place {
    fn physical(&self) -> Value {
        let artifact = json!({ "uri": uri(&self.file) });
        if self.line == 0 {
            return json!({ "artifactLocation": artifact });
        }
        let region = json!({ "startLine": self.line, "startColumn": self.column });
        json!({ "artifactLocation": artifact, "region": region })
    }
}

/// One run's log: every finding, and the rules that they name.
pub(super) fn sarif(findings: &[Finding]) -> Value {
    let mut rules: Vec<Rule> = Vec::new();
    for finding in findings {
        if !rules.contains(&finding.rule) {
            rules.push(finding.rule);
        }
    }
    let rules: Vec<Value> = rules
        .iter()
        .map(|rule| json!({ "id": rule.id, "shortDescription": { "text": rule.meaning } }))
        .collect();
    let driver = json!({ "name": "oubliette", "version": env!("CARGO_PKG_VERSION"), "rules": rules });
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "columnKind": "unicodeCodePoints",
            "results": findings.iter().map(Finding::result).collect::<Vec<_>>(),
        }],
    })
}

/// A path as a URI reference (RFC 3986): what is not unreserved or a separator is written in percent.
fn uri(path: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    let path: String = path.bytes().map(byte).collect();
    if path.starts_with('/') { format!("file://{path}") } else { path }
}

#[cfg(test)]
mod tests {
    use super::{Finding, Place, Rule, sarif};
    use serde_json::json;

    #[test]
    fn sarif_names_the_rule_and_the_place() {
        let rule = Rule { id: "unknown-key", meaning: "A key that nobody reads." };
        let place = Place { file: "/etc/a b.toml".into(), line: 3, column: 9 };
        let about = |place| Finding { rule, problem: "p".into(), remedy: "r".into(), place };
        let log = sarif(&[about(Some(place)), about(None)]);
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"].as_array().map(Vec::len), Some(1));
        assert_eq!(run["results"][0]["message"]["text"], "p. Remedy: r.");
        let location = &run["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "file:///etc/a%20b.toml");
        assert_eq!(location["region"], json!({ "startLine": 3, "startColumn": 9 }));
        assert!(run["results"][1].get("locations").is_none());
    }
}
