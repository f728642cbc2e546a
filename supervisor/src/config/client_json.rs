//! The `mcpServers` JSON of the usual clients (Claude, Cursor, Gemini, Windsurf, …) and VS Code's `servers`,
//! read as it is. These files belong to others, so what is unknown in them is passed over.

use std::path::Path;

use guest_protocol::limits::Limits;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::entries::Entries;
use super::reference::Reference;
use super::server::{Declared, ServerConfig, Unusable};
use super::{Config, ConfigError, Host, Http, Lookup, Origin};

const SSE: &str =
    "the transport `sse` is obsolete and not supported; most servers have a Streamable HTTP address too";
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
    #[serde(rename = "type")]
    kind: Option<String>,
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
        let texts = |entries: Entries<String>| {
            Entries(entries.0.into_iter().map(|(key, text)| (key, Reference::Text(text))).collect())
        };
        // Some clients write both, and start the program.
        let url = self.url.filter(|_| self.command.is_none());
        let headers = if url.is_some() { texts(self.headers) } else { Entries::default() };
        let declared = Declared {
            command: self.command,
            args: self.args,
            env: texts(self.env),
            cwd: self.cwd,
            url,
            headers,
            disabled: self.disabled,
            timeout_ms: self.timeout,
            ..Declared::default()
        };
        match unsupported {
            Some(why) => Ok(ServerConfig { unsupported: Some(why.into()), ..declared.taken_literally(name) }),
            None => declared.resolve(name, base, lookup),
        }
    }

    fn unsupported(&self) -> Option<&'static str> {
        match (&self.command, self.kind.as_deref(), &self.env_file) {
            (None, Some("sse"), _) => Some(SSE),
            (_, _, Some(_)) => Some(ENV_FILE),
            _ => None,
        }
    }
}
