//! One upstream server, from what is written to what can be started.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Lookup;
use super::entries::Entries;
use super::expand::{Unexpanded, expand};
use super::expose::{self, Exposure};
use crate::credential::Secret;

/// How long a call may go without an answer or a sign of progress, milliseconds. The TypeScript SDK's default.
const DEFAULT_TIMEOUT_MS: u64 = 60_000;
/// How long a server may take to start and list its tools, milliseconds. `uv tool run` takes up to 13 s.
const DEFAULT_START_TIMEOUT_MS: u64 = 30_000;
/// Longest of both, milliseconds: an hour.
const MAX_TIMEOUT_MS: u64 = 3_600_000;

/// One upstream server, every variable expanded. It has no `Debug`: its arguments may hold a credential.
pub(crate) struct ServerConfig {
    /// As the operator calls it.
    pub(crate) name: String,
    /// The program, looked for on the `PATH` that the server will have.
    pub(crate) command: String,
    /// Its arguments.
    pub(crate) args: Vec<String>,
    /// Added to the few variables that every server gets.
    pub(crate) env: Vec<(String, Secret)>,
    /// Its working directory; ours where there is none.
    pub(crate) cwd: Option<PathBuf>,
    /// Not to be started.
    pub(crate) disabled: bool,
    /// How long a call may go without an answer or a sign of progress, milliseconds.
    pub(crate) timeout_ms: u64,
    /// How long it may take to start and to list its tools, milliseconds.
    pub(crate) start_timeout_ms: u64,
    /// Which of its tools hosts see and call themselves; none where there is nothing.
    pub(crate) expose: Option<Exposure>,
    /// Why this version cannot start it, for the operator to read. The other servers are started all the same.
    pub(crate) unsupported: Option<String>,
}

/// One server as it is written in our TOML, nothing expanded.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Declared {
    pub(super) command: Option<String>,
    #[serde(default)]
    pub(super) args: Vec<String>,
    #[serde(default)]
    pub(super) env: Entries<String>,
    pub(super) cwd: Option<String>,
    #[serde(default)]
    pub(super) disabled: bool,
    pub(super) timeout_ms: Option<u64>,
    pub(super) start_timeout_ms: Option<u64>,
    pub(super) expose: Option<expose::Declared>,
}

/// What is wrong with a server, and what to do.
pub(super) struct Unusable {
    pub(super) what: String,
    pub(super) remedy: String,
}

impl Declared {
    /// Expands every field. A disabled server is taken as it is written: its variables need not be set.
    /// A relative `cwd` is relative to `base`, the directory of the file.
    pub(super) fn resolve(
        mut self,
        name: &str,
        base: &Path,
        lookup: Lookup<'_>,
    ) -> Result<ServerConfig, Unusable> {
        self.check(name)?;
        let expose = self.expose.take().map(|expose| expose.resolve(name)).transpose()?;
        if self.disabled {
            return Ok(self.taken_literally(name));
        }
        let field = |field: String, text: &str| {
            expand(text, lookup).map_err(|why| Unusable::expansion(name, &field, &why))
        };
        let command = field("command".into(), self.command.as_deref().unwrap_or_default())?;
        if command.is_empty() {
            let what = format!("server `{name}` has an empty command");
            return Err(Unusable::new(
                what,
                "Name the program that speaks MCP on its standard input and output.",
            ));
        }
        let args = self.args.iter().enumerate();
        let args = args.map(|(i, arg)| field(format!("args[{i}]"), arg)).collect::<Result<_, _>>()?;
        let env = self.env.0.iter();
        let env = env.map(|(key, value)| Ok((key.clone(), Secret::new(field(format!("env.{key}"), value)?))));
        let env = env.collect::<Result<_, _>>()?;
        let cwd = self.cwd.as_deref().map(|cwd| field("cwd".into(), cwd)).transpose()?;
        let cwd = cwd.map(|cwd| base.join(cwd));
        Ok(ServerConfig { command, args, env, cwd, expose, ..self.taken_literally(name) })
    }

    /// Every field as it is written.
    pub(super) fn taken_literally(self, name: &str) -> ServerConfig {
        ServerConfig {
            name: name.to_owned(),
            command: self.command.unwrap_or_default(),
            args: self.args,
            env: self.env.0.into_iter().map(|(key, value)| (key, Secret::new(value))).collect(),
            cwd: self.cwd.map(PathBuf::from),
            disabled: self.disabled,
            timeout_ms: self.timeout_ms.unwrap_or(DEFAULT_TIMEOUT_MS),
            start_timeout_ms: self.start_timeout_ms.unwrap_or(DEFAULT_START_TIMEOUT_MS),
            expose: None,
            unsupported: None,
        }
    }

    fn check(&self, name: &str) -> Result<(), Unusable> {
        if self.command.is_none() {
            let what = format!("server `{name}` has no `command`");
            return Err(Unusable::new(
                what,
                "Name the program that speaks MCP on its standard input and output.",
            ));
        }
        let wrong_key = |key: &&String| key.is_empty() || key.contains(['=', '\0']);
        if let Some(key) = self.env.0.iter().map(|(key, _)| key).find(wrong_key) {
            let what = format!("server `{name}` sets a variable with the impossible name {key:?}");
            return Err(Unusable::new(what, "A name is not empty and has no `=` in it."));
        }
        let limits = [("timeout_ms", self.timeout_ms), ("start_timeout_ms", self.start_timeout_ms)];
        for (field, value) in limits {
            if value.is_some_and(|value| !(1..=MAX_TIMEOUT_MS).contains(&value)) {
                let what = format!("`{field}` of server `{name}` is out of range");
                return Err(Unusable::new(what, format!("Give milliseconds from 1 to {MAX_TIMEOUT_MS}.")));
            }
        }
        Ok(())
    }
}

impl Unusable {
    pub(super) fn new(what: String, remedy: impl Into<String>) -> Self {
        Self { what, remedy: remedy.into() }
    }

    pub(super) fn expansion(server: &str, field: &str, why: &Unexpanded) -> Self {
        let place = format!("`{field}` of server `{server}`");
        match why {
            Unexpanded::Unset(name) => Self::new(
                format!("{place} needs the environment variable {name}, which is not set"),
                format!("Set {name}, write ${{{name}:-default}}, or disable the server."),
            ),
            Unexpanded::Unclosed => Self::new(
                format!("{place} has a `${{` without its `}}`"),
                "Close it, or write `$${` for a literal `${`.",
            ),
            Unexpanded::NotAName(reference) => Self::new(
                format!("{place} has `${{{reference}}}`, which is not an environment variable"),
                "Only ${VAR} and ${VAR:-default} are expanded: put the value into a variable.",
            ),
        }
    }
}
