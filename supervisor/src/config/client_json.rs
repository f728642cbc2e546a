//! The `mcpServers` JSON of the usual clients (Claude, Cursor, Gemini, Windsurf, …) and VS Code's `servers`,
//! read as it is. These files belong to others, so what is unknown in them is passed over.

use std::path::Path;

use guest_protocol::limits::Limits;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::entries::Entries;
use super::expand::expand;
use super::server::{Declared, ServerConfig, Unusable};
use super::{Config, ConfigError, Host, Http, Lookup, Origin};

const REMOTE: &str = "remote servers (url) are not supported by this version; use a stdio bridge";
const ENV_FILE: &str = "envFile is not supported by this version; put its variables under env";

#[derive(Deserialize)]
struct ClientFile {
    #[serde(rename = "mcpServers")]
    mcp_servers: Option<Entries<ClientServer>>,
    servers: Option<Entries<ClientServer>>,
}

#[derive(Deserialize)]
struct ClientServer {
    command: Option<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: Entries<String>,
    cwd: Option<String>,
    #[serde(alias = "serverUrl", alias = "httpUrl")]
    url: Option<String>,
    #[serde(default)]
    headers: Entries<String>,
    #[serde(default)]
    disabled: bool,
    timeout: Option<u64>,
    #[serde(rename = "envFile")]
    env_file: Option<IgnoredAny>,
}

/// Reads a client's JSON, comments and trailing commas allowed.
pub(super) fn parse(text: &str, path: &Path, lookup: Lookup<'_>) -> Result<Config, ConfigError> {
    let file = read(text, path)?;
    let Some(declared) = file.mcp_servers.or(file.servers) else {
        let what = "has neither `mcpServers` nor `servers`";
        return Err(ConfigError::of_file(
            path,
            what,
            "Name a client's file with one of them, or write TOML.",
        ));
    };
    let base = path.parent().unwrap_or(Path::new(""));
    let servers = declared.0.into_iter().map(|(name, server)| server.resolve(&name, base, lookup));
    let servers = servers.collect::<Result<_, _>>();
    Ok(Config {
        origin: Origin::File(path.to_path_buf()),
        servers: servers.map_err(|why| ConfigError::of_file(path, why.what, why.remedy))?,
        limits: Limits::default(),
        profile: None,
        host: Host::default(),
        http: Http::default(),
    })
}

fn read(text: &str, path: &Path) -> Result<ClientFile, ConfigError> {
    let mut plain = text.to_owned();
    // Comments become blanks, so that lines and columns of an error stay those of the file.
    json_strip_comments::strip(&mut plain).map_err(|error| {
        ConfigError::of_file(path, format!("is not JSON with comments: {error}"), "Close every comment.")
    })?;
    serde_json::from_str(&plain).map_err(|error| {
        let what = error.to_string();
        let what = what.rsplit_once(" at line ").map_or(what.as_str(), |(what, _)| what).to_owned();
        let remedy = "Correct the value, or remove the duplicate.".into();
        ConfigError::at_line(path, error.line(), error.column(), what, remedy)
    })
}

impl ClientServer {
    fn resolve(self, name: &str, base: &Path, lookup: Lookup<'_>) -> Result<ServerConfig, Unusable> {
        let unsupported = self.unsupported();
        if unsupported.is_some() && !self.disabled {
            self.check_remote(name, lookup)?;
        }
        let declared = Declared {
            command: self.command,
            args: self.args,
            env: self.env,
            cwd: self.cwd,
            disabled: self.disabled,
            timeout_ms: self.timeout,
            start_timeout_ms: None,
            expose: None,
        };
        match unsupported {
            Some(why) => Ok(ServerConfig { unsupported: Some(why.into()), ..declared.taken_literally(name) }),
            None => declared.resolve(name, base, lookup),
        }
    }

    fn unsupported(&self) -> Option<&'static str> {
        match (&self.command, &self.url, &self.env_file) {
            (None, Some(_), _) => Some(REMOTE),
            (_, _, Some(_)) => Some(ENV_FILE),
            _ => None,
        }
    }

    /// An unset variable is told now, and not only once remote servers are supported.
    fn check_remote(&self, name: &str, lookup: Lookup<'_>) -> Result<(), Unusable> {
        let headers = self.headers.0.iter().map(|(key, value)| (format!("headers.{key}"), value));
        for (field, text) in self.url.iter().map(|url| ("url".to_owned(), url)).chain(headers) {
            expand(text, lookup).map_err(|why| Unusable::expansion(name, &field, &why))?;
        }
        Ok(())
    }
}
