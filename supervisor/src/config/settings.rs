//! Our own TOML: strict, so that a misspelt key cannot silently loosen anything.

use std::path::{Path, PathBuf};

use guest_protocol::{frame, limits::Limits};
use serde::Deserialize;
use toml::Spanned;

use super::entries::Entries;
use super::http;
use super::server::Declared;
use super::{Config, ConfigError, Host, Http, Lookup, Origin};

/// Room that a payload's envelope takes in its frame, bytes. Text is escaped at most to twice its length on the
/// guest's side.
const ENVELOPE: usize = 1 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    profile: Option<PathBuf>,
    limits: Option<Spanned<Limits>>,
    #[serde(default)]
    host: HostSettings,
    http: Option<Spanned<http::Declared>>,
    #[serde(default)]
    servers: Entries<Spanned<Declared>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct HostSettings {
    cgroup: Option<Spanned<String>>,
}

/// Reads our TOML.
pub(super) fn parse(text: &str, path: &Path, lookup: Lookup<'_>) -> Result<Config, ConfigError> {
    let settings: Settings = toml::from_str(text).map_err(|error| misread(text, path, &error))?;
    let base = path.parent().unwrap_or(Path::new(""));
    let limits = settings.limits.map(|limits| check_limits(text, path, limits)).transpose()?;
    let cgroup = settings.host.cgroup.map(|cgroup| check_cgroup(text, path, cgroup)).transpose()?;
    let http = settings.http.map(|http| check_http(text, path, http)).transpose()?;
    let mut servers = Vec::with_capacity(settings.servers.0.len());
    for (name, declared) in settings.servers.0 {
        let span = declared.span();
        let server = declared.into_inner().resolve(&name, base, lookup);
        servers.push(server.map_err(|why| ConfigError::at(path, text, &span, why.what, why.remedy))?);
    }
    Ok(Config {
        origin: Origin::File(path.to_path_buf()),
        servers,
        limits: limits.unwrap_or_default(),
        profile: settings.profile.map(|profile| base.join(profile)),
        host: Host { cgroup },
        http: http.unwrap_or_default(),
    })
}

fn misread(text: &str, path: &Path, error: &toml::de::Error) -> ConfigError {
    let what = error.message().trim_end().replace('\n', ", ");
    let remedy = if what.starts_with("unknown field") {
        "Correct the key or remove it."
    } else if what.starts_with("duplicate key") {
        "Keep one of the two."
    } else {
        "Correct the value. A whole example is in README.md under \"Configuration\"."
    };
    let span = error.span().unwrap_or_default();
    ConfigError::at(path, text, &span, what, remedy.into())
}

fn check_limits(text: &str, path: &Path, limits: Spanned<Limits>) -> Result<Limits, ConfigError> {
    let span = limits.span();
    let limits = limits.into_inner();
    let sizes = [
        ("result_bytes", limits.result_bytes, frame::MAX_TO_GUEST - ENVELOPE),
        ("argument_bytes", limits.argument_bytes, frame::MAX_TO_SUPERVISOR / 2),
        ("value_bytes", limits.value_bytes, frame::MAX_TO_SUPERVISOR / 2),
        ("source_bytes", limits.source_bytes, frame::MAX_TO_GUEST / 8),
    ];
    for (name, value, most) in sizes {
        if !(1..=most).contains(&value) {
            let what = format!("limit `{name}` is {value}, which one message cannot carry");
            let remedy = format!("Give bytes from 1 to {most}.");
            return Err(ConfigError::at(path, text, &span, what, remedy));
        }
    }
    let counts =
        [("wall_ms", limits.wall_ms), ("cpu_s", limits.cpu_s), ("memory_bytes", limits.memory_bytes)];
    for (name, value) in counts {
        if value == 0 {
            let what = format!("limit `{name}` is 0, so that no program could run");
            return Err(ConfigError::at(path, text, &span, what, "Give more, or leave it out.".into()));
        }
    }
    Ok(limits)
}

fn check_http(text: &str, path: &Path, http: Spanned<http::Declared>) -> Result<Http, ConfigError> {
    let span = http.span();
    let here = |what, remedy| ConfigError::at(path, text, &span, what, remedy);
    let place = here(String::new(), String::new()).place;
    let base = path.parent().unwrap_or(Path::new(""));
    http.into_inner().resolve(place, base).map_err(|(what, remedy)| here(what, remedy))
}

fn check_cgroup(text: &str, path: &Path, cgroup: Spanned<String>) -> Result<String, ConfigError> {
    let span = cgroup.span();
    let cgroup = cgroup.into_inner();
    let steps_up = cgroup.split('/').any(|part| part == "." || part == "..");
    if cgroup.starts_with('/') && !steps_up {
        return Ok(cgroup);
    }
    let what = format!("`{cgroup}` is not the path of a cgroup");
    let remedy = "Give it from the root of the hierarchy, as in /proc/self/cgroup: \"/oubliette\".";
    Err(ConfigError::at(path, text, &span, what, remedy.into()))
}
