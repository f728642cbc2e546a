//! What the operator configured: upstream servers, limits, a profile, the host.
//!
//! Two forms are read and told apart by their content: our own TOML, strictly, and the `mcpServers` JSON of the
//! usual MCP clients (also VS Code's `servers`), as it is.

mod client_json;
mod entries;
mod error;
mod expand;
mod expose;
mod http;
mod import;
mod reach;
mod reference;
mod server;
mod settings;
mod traffic;
mod write;

use std::env;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use guest_protocol::limits::Limits;

pub(crate) use error::ConfigError;
pub(crate) use expose::Exposure;
pub(crate) use http::{Http, TlsFiles, TokenSource};
pub(crate) use import::import;
pub(crate) use reach::{Program, Reach, Remote};
pub(crate) use server::ServerConfig;
#[cfg(test)]
pub(crate) use traffic::Breaker;
pub(crate) use traffic::Traffic;
pub(crate) use write::{add, names_in, text_of};

/// Longest configuration, bytes. A client's own settings file with `mcpServers` in it may be some megabytes.
const MAX_CONFIG_BYTES: u64 = 16 << 20;

/// What the operator configured.
pub(crate) struct Config {
    /// Where it comes from.
    pub(crate) origin: Origin,
    /// The upstream servers, disabled ones included.
    pub(crate) servers: Vec<ServerConfig>,
    /// The limits of every run, before a profile lowers them.
    pub(crate) limits: Limits,
    /// The profile's file; the built-in one where there is none.
    pub(crate) profile: Option<PathBuf>,
    /// About this machine.
    pub(crate) host: Host,
    /// How hosts reach the gateway, where not over standard input and output.
    pub(crate) http: Http,
}

/// About this machine.
#[derive(Default)]
pub(crate) struct Host {
    /// The cgroup below which leaves may be made, as in `/proc/self/cgroup`: `/oubliette`.
    pub(crate) cgroup: Option<String>,
}

/// Where a configuration comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A file.
    File(PathBuf),
    /// There is none: the built-in demo server alone.
    Demo,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Demo => write!(f, "the built-in demo"),
        }
    }
}

/// Reads the configuration: from `path`, else from the first of the usual places that exists, else the demo.
///
/// # Errors
/// When a file cannot be read or is not a valid configuration. A given `path` must exist.
pub(crate) fn load(path: Option<&Path>) -> Result<Config, ConfigError> {
    let usual = || usual_places().into_iter().find(|place| place.exists());
    match path.map(Path::to_path_buf).or_else(usual) {
        Some(path) => {
            let text = read(&path)?;
            parse(&text, &path, &|name| env::var(name).ok())
        }
        None => demo(),
    }
}

/// Where a configuration is looked for when none is named, in this order.
pub(crate) fn usual_places() -> Vec<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let personal = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")));
    let places = personal.into_iter().chain([PathBuf::from("/etc")]);
    places.map(|place| place.join("oubliette/config.toml")).collect()
}

/// Looks a variable of the environment up.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

fn parse(text: &str, path: &Path, lookup: Lookup<'_>) -> Result<Config, ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // TOML cannot start with a brace, nor with JSON's comments.
    if text.trim_start().starts_with(['{', '/']) {
        client_json::parse(text, path, lookup)
    } else {
        settings::parse(text, path, lookup)
    }
}

/// The text of a file, where it is not too long for a configuration.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read(path: &Path) -> Result<String, ConfigError> {
    let failed = |error: std::io::Error| {
        ConfigError::of_file(path, format!("cannot be read: {error}"), "Name a readable file with --config.")
    };
    let mut text = String::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MAX_CONFIG_BYTES + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > MAX_CONFIG_BYTES {
        let what = format!("is longer than {MAX_CONFIG_BYTES} bytes");
        return Err(ConfigError::of_file(path, what, "Keep the servers in a file of their own."));
    }
    Ok(text)
}

fn demo() -> Result<Config, ConfigError> {
    let program = env::current_exe().map_err(|error| {
        let what = format!("cannot find the running program: {error}");
        ConfigError::of_file(Path::new("/proc/self/exe"), what, "Mount /proc, or write a configuration.")
    })?;
    let shop = server::Declared {
        command: Some(program.to_string_lossy().into_owned()),
        args: vec!["demo-server".into()],
        ..server::Declared::default()
    };
    let shop = shop.taken_literally("shop");
    Ok(Config {
        origin: Origin::Demo,
        servers: vec![shop],
        limits: Limits::default(),
        profile: None,
        host: Host::default(),
        http: Http::default(),
    })
}

#[cfg(test)]
mod tests;
