//! One upstream server, from what is written to what can be started.

use std::path::Path;

use serde::Deserialize;

use super::Lookup;
use super::entries::Entries;
use super::expand::Unexpanded;
use super::expose::{self, Exposure};
use super::reach::{Program, Reach, Resolver};
use super::reference::Reference;
use super::traffic::{self, Traffic};

/// How long a call may go without an answer or a sign of progress, milliseconds. The TypeScript SDK's default.
const DEFAULT_TIMEOUT_MS: u64 = 60_000;
/// How long a server may take to start and list its tools, milliseconds. `uv tool run` takes up to 13 s.
const DEFAULT_START_TIMEOUT_MS: u64 = 30_000;
/// Signs of progress lengthen a call's time to this many times its timeout, where nothing else is said.
const PROGRESS_STRETCH: u64 = 10;
/// Longest of them, milliseconds: an hour.
const MAX_TIMEOUT_MS: u64 = 3_600_000;

/// One upstream server, every variable expanded. It has no `Debug`: its arguments may hold a credential.
pub(crate) struct ServerConfig {
    /// As the operator calls it.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) reach: Reach,
    /// Not to be started.
    pub(crate) disabled: bool,
    /// How long a call may go without an answer or a sign of progress, milliseconds.
    pub(crate) timeout_ms: u64,
    /// How long a call may take however much progress there is, milliseconds.
    pub(crate) total_timeout_ms: u64,
    /// How long it may take to start and to list its tools, milliseconds.
    pub(crate) start_timeout_ms: u64,
    /// Which of its tools hosts see and call themselves; none where there is nothing.
    pub(crate) expose: Option<Exposure>,
    /// How much it is asked.
    pub(crate) traffic: Traffic,
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
    pub(super) env: Entries<Reference>,
    pub(super) cwd: Option<String>,
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) headers: Entries<Reference>,
    pub(super) bearer: Option<Reference>,
    pub(super) proxy: Option<String>,
    pub(super) ca_file: Option<String>,
    #[serde(default)]
    pub(super) disabled: bool,
    pub(super) timeout_ms: Option<u64>,
    pub(super) total_timeout_ms: Option<u64>,
    pub(super) start_timeout_ms: Option<u64>,
    pub(super) expose: Option<expose::Declared>,
    pub(super) calls_in_flight: Option<u32>,
    pub(super) calls_per_minute: Option<u32>,
    pub(super) breaker: Option<traffic::Breaker>,
    pub(super) cache: Option<traffic::Cache>,
}

/// What is wrong with a server, and what to do.
pub(super) struct Unusable {
    pub(super) what: String,
    pub(super) remedy: String,
}

impl ServerConfig {
    /// `text` without the values that only this server may learn.
    pub(crate) fn hide(&self, text: String) -> String {
        self.reach.secrets().fold(text, |text, secret| secret.hide_in(text))
    }
}

impl Declared {
    /// Expands every field. A disabled server is taken as it is written: its variables need not be set.
    /// Relative paths are relative to `base`, the directory of the file.
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
        let reach = Resolver { server: name, base, lookup }.reach(&self)?;
        Ok(ServerConfig { reach, expose, ..self.taken_literally(name) })
    }

    /// Every field as it is written; nothing is read.
    pub(super) fn taken_literally(self, name: &str) -> ServerConfig {
        let timeout_ms = self.timeout_ms.unwrap_or(DEFAULT_TIMEOUT_MS);
        ServerConfig {
            name: name.to_owned(),
            disabled: self.disabled,
            timeout_ms,
            total_timeout_ms: self.total_timeout_ms.unwrap_or(timeout_ms * PROGRESS_STRETCH),
            start_timeout_ms: self.start_timeout_ms.unwrap_or(DEFAULT_START_TIMEOUT_MS),
            expose: None,
            traffic: self.traffic().taken(),
            unsupported: None,
            reach: Reach::Program(Program {
                command: self.command.unwrap_or_default(),
                args: self.args,
                env: self.env.0.into_iter().map(|(key, value)| (key, value.literally())).collect(),
                cwd: self.cwd.map(Into::into),
            }),
        }
    }

    fn traffic(&self) -> traffic::Declared {
        traffic::Declared {
            calls_in_flight: self.calls_in_flight,
            calls_per_minute: self.calls_per_minute,
            breaker: self.breaker.clone(),
            cache: self.cache.clone(),
        }
    }

    fn check(&self, name: &str) -> Result<(), Unusable> {
        self.check_kind(name)?;
        let wrong_key = |key: &&String| key.is_empty() || key.contains(['=', '\0']);
        if let Some(key) = self.env.0.iter().map(|(key, _)| key).find(wrong_key) {
            let what = format!("server `{name}` sets a variable with the impossible name {key:?}");
            return Err(Unusable::new(what, "A name is not empty and has no `=` in it."));
        }
        let limits = [
            ("timeout_ms", self.timeout_ms),
            ("total_timeout_ms", self.total_timeout_ms),
            ("start_timeout_ms", self.start_timeout_ms),
        ];
        for (field, value) in limits {
            if value.is_some_and(|value| !(1..=MAX_TIMEOUT_MS).contains(&value)) {
                let what = format!("`{field}` of server `{name}` is out of range");
                return Err(Unusable::new(what, format!("Give milliseconds from 1 to {MAX_TIMEOUT_MS}.")));
            }
        }
        self.traffic().check(name)
    }

    /// A program or an address, and of each only its own fields.
    fn check_kind(&self, name: &str) -> Result<(), Unusable> {
        let of_programs = [
            ("command", self.command.is_some()),
            ("args", !self.args.is_empty()),
            ("env", !self.env.0.is_empty()),
            ("cwd", self.cwd.is_some()),
        ];
        let of_remotes = [
            ("headers", !self.headers.0.is_empty()),
            ("bearer", self.bearer.is_some()),
            ("proxy", self.proxy.is_some()),
            ("ca_file", self.ca_file.is_some()),
        ];
        let (strangers, kind) = match (&self.url, &self.command) {
            (Some(_), _) => (of_programs, "has a `url`, and"),
            (None, Some(_)) => (of_remotes, "is a program, and"),
            (None, None) => {
                let what = format!("server `{name}` has no `command`, and no `url`");
                return Err(Unusable::new(
                    what,
                    "Name the program that speaks MCP on its standard input and output, or its address.",
                ));
            }
        };
        match strangers.iter().find(|(_, there)| *there) {
            Some((field, _)) => {
                let what = format!("server `{name}` {kind} `{field}` means nothing to it");
                Err(Unusable::new(what, "Remove one of the two."))
            }
            None => Ok(()),
        }
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
