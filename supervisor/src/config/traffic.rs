//! How much a server is asked at once, how often, and when it is left alone.

use serde::Deserialize;

use super::server::Unusable;

/// Calls open at one server at the same time, where nothing else is said: as many as one run may have open.
const DEFAULT_IN_FLIGHT: u32 = 32;
/// Most of them.
const MAX_IN_FLIGHT: u32 = 1024;
/// Most calls a minute that can be asked for: a thousand a second.
const MAX_PER_MINUTE: u32 = 60_000;
/// Failures in a row after which a server is left alone, where nothing else is said.
const DEFAULT_FAILURES: u32 = 5;
/// How long it is left alone, milliseconds, where nothing else is said.
const DEFAULT_PAUSE_MS: u64 = 30_000;
/// Longest pause and longest time a result is kept, milliseconds: an hour.
const MAX_MS: u64 = 3_600_000;

/// How much one server is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Traffic {
    /// Calls that may be open at the same time; more wait their turn.
    pub(crate) in_flight: u32,
    /// Calls that may begin in a minute; more wait, or fail where the wait is long.
    pub(crate) per_minute: Option<u32>,
    /// When it is left alone.
    pub(crate) breaker: Breaker,
    /// Whose results are kept; none where there is none.
    pub(crate) cache: Option<Cache>,
}

/// When a server is left alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Breaker {
    /// After so many failures in a row; 0 is never.
    #[serde(default = "default_failures")]
    pub(crate) failures: u32,
    /// For so long, milliseconds; then one call tries it.
    #[serde(default = "default_pause")]
    pub(crate) pause_ms: u64,
}

/// Which results are kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cache {
    /// Of these tools; `*` at the end of a name stands for any end. The operator says that they only read.
    pub(crate) tools: Vec<String>,
    /// For so long, milliseconds.
    pub(crate) ttl_ms: u64,
}

/// What is written of it in our TOML.
pub(super) struct Declared {
    pub(super) calls_in_flight: Option<u32>,
    pub(super) calls_per_minute: Option<u32>,
    pub(super) breaker: Option<Breaker>,
    pub(super) cache: Option<Cache>,
}

const fn default_failures() -> u32 {
    DEFAULT_FAILURES
}

const fn default_pause() -> u64 {
    DEFAULT_PAUSE_MS
}

impl Default for Breaker {
    fn default() -> Self {
        Self { failures: DEFAULT_FAILURES, pause_ms: DEFAULT_PAUSE_MS }
    }
}

impl Cache {
    /// Whether results of this tool are kept.
    pub(crate) fn covers(&self, tool: &str) -> bool {
        self.tools.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(beginning) => tool.starts_with(beginning),
            None => tool == pattern,
        })
    }
}

impl Declared {
    pub(super) fn taken(&self) -> Traffic {
        Traffic {
            in_flight: self.calls_in_flight.unwrap_or(DEFAULT_IN_FLIGHT),
            per_minute: self.calls_per_minute,
            breaker: self.breaker.clone().unwrap_or_default(),
            cache: self.cache.clone(),
        }
    }

    pub(super) fn check(&self, name: &str) -> Result<(), Unusable> {
        let out_of_range = |field: &str, least: u64, most: u64| {
            let what = format!("`{field}` of server `{name}` is out of range");
            Err(Unusable::new(what, format!("Give a number from {least} to {most}, or leave it out.")))
        };
        if self.calls_in_flight.is_some_and(|n| !(1..=MAX_IN_FLIGHT).contains(&n)) {
            return out_of_range("calls_in_flight", 1, MAX_IN_FLIGHT.into());
        }
        if self.calls_per_minute.is_some_and(|n| !(1..=MAX_PER_MINUTE).contains(&n)) {
            return out_of_range("calls_per_minute", 1, MAX_PER_MINUTE.into());
        }
        if self.breaker.as_ref().is_some_and(|breaker| !(1..=MAX_MS).contains(&breaker.pause_ms)) {
            return out_of_range("breaker.pause_ms", 1, MAX_MS);
        }
        if self.cache.as_ref().is_some_and(|cache| !(1..=MAX_MS).contains(&cache.ttl_ms)) {
            return out_of_range("cache.ttl_ms", 1, MAX_MS);
        }
        Ok(())
    }
}
