//! How hosts reach the gateway over HTTP and a unix socket: the table `[http]`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper::Uri;
use hyper::http::uri::Authority;
use serde::Deserialize;

/// Where it listens when nothing else is said. IANA assigns the port to nobody.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7330);
/// Connections at the same time; more wait to be accepted.
const DEFAULT_CONNECTIONS: usize = 256;
/// Sessions at the same time; the next `initialize` is refused.
const DEFAULT_SESSIONS: usize = 64;
/// How long a session may be silent, seconds. A host that comes back later is told to begin another.
const DEFAULT_IDLE_S: u64 = 3_600;
/// The most of each that can be configured.
const MAX_CONNECTIONS: usize = 4_096;
const MAX_SESSIONS: usize = 4_096;
const MAX_IDLE_S: u64 = 7 * 86_400;

/// How hosts reach the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Http {
    /// `file:line:column` of the table, or the file without one: where a refusal points to.
    pub(crate) place: String,
    /// The TCP address.
    pub(crate) listen: SocketAddr,
    /// Names that may stand in `Host`, beside those of the loopback and the address itself.
    pub(crate) hosts: Vec<String>,
    /// Browser origins that may call it, each with its port. Without any, whoever sends an `Origin` is refused.
    pub(crate) origins: Vec<String>,
    /// Where the bearer tokens are.
    pub(crate) token: Option<TokenSource>,
    /// Certificate and key.
    pub(crate) tls: Option<TlsFiles>,
    /// Another server in front does TLS.
    pub(crate) behind_proxy: bool,
    /// Most connections.
    pub(crate) connections: usize,
    /// Most sessions.
    pub(crate) sessions: usize,
    /// How long a session may be silent.
    pub(crate) idle: Duration,
}

/// Where the bearer tokens are, one a line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TokenSource {
    /// A file that only its owner can read.
    File(PathBuf),
    /// A file of this name in `$CREDENTIALS_DIRECTORY` (systemd.exec(5), `LoadCredential=`).
    Credential(String),
}

/// PEM files.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TlsFiles {
    /// The certificate, then those that sign it.
    pub(crate) certificate: PathBuf,
    /// Its private key.
    pub(crate) key: PathBuf,
}

/// The table as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Declared {
    listen: Option<SocketAddr>,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    origins: Vec<String>,
    token: Option<TokenSource>,
    tls: Option<TlsFiles>,
    #[serde(default)]
    behind_proxy: bool,
    connections: Option<usize>,
    sessions: Option<usize>,
    idle_s: Option<u64>,
}

/// What is wrong, and what to do.
pub(super) type Unusable = (String, String);

impl Default for Http {
    fn default() -> Self {
        Self {
            place: "[http]".into(),
            listen: DEFAULT_LISTEN,
            hosts: Vec::new(),
            origins: Vec::new(),
            token: None,
            tls: None,
            behind_proxy: false,
            connections: DEFAULT_CONNECTIONS,
            sessions: DEFAULT_SESSIONS,
            idle: Duration::from_secs(DEFAULT_IDLE_S),
        }
    }
}

impl Declared {
    /// Checks every value. Paths are relative to `base`, the directory of the file.
    pub(super) fn resolve(self, place: String, base: &Path) -> Result<Http, Unusable> {
        let hosts = self.hosts.iter().map(|name| host(name)).collect::<Result<_, _>>()?;
        let origins = self.origins.iter().map(|origin| with_port(origin)).collect::<Result<_, _>>()?;
        let token = self.token.map(|token| source(token, base)).transpose()?;
        let in_base =
            |tls: TlsFiles| TlsFiles { certificate: base.join(tls.certificate), key: base.join(tls.key) };
        let count = |name: &str, given: Option<usize>, default, most| match given {
            Some(given) if !(1..=most).contains(&given) => {
                Err((format!("`{name}` is {given}"), format!("Give a number from 1 to {most}.")))
            }
            given => Ok(given.unwrap_or(default)),
        };
        let idle_s = self.idle_s.unwrap_or(DEFAULT_IDLE_S);
        if !(1..=MAX_IDLE_S).contains(&idle_s) {
            return Err((format!("`idle_s` is {idle_s}"), format!("Give seconds from 1 to {MAX_IDLE_S}.")));
        }
        Ok(Http {
            place,
            listen: self.listen.unwrap_or(DEFAULT_LISTEN),
            hosts,
            origins,
            token,
            tls: self.tls.map(in_base),
            behind_proxy: self.behind_proxy,
            connections: count("connections", self.connections, DEFAULT_CONNECTIONS, MAX_CONNECTIONS)?,
            sessions: count("sessions", self.sessions, DEFAULT_SESSIONS, MAX_SESSIONS)?,
            idle: Duration::from_secs(idle_s),
        })
    }
}

/// A name that can stand in `Host`, perhaps with a port.
fn host(name: &str) -> Result<String, Unusable> {
    match name.parse::<Authority>() {
        Ok(authority) if !name.contains(['@', '*']) && !authority.host().is_empty() => Ok(name.to_owned()),
        _ => Err((
            format!("`{name}` is not the name of a host"),
            "Write it as clients do in their URL: \"mcp.example.com\" or \"mcp.example.com:8443\".".into(),
        )),
    }
}

/// An origin with its port spelt out: one without would be taken for every port.
fn with_port(origin: &str) -> Result<String, Unusable> {
    let refused = || {
        let remedy = "Write scheme and host as a browser does: \"https://app.example.com\".";
        (format!("`{origin}` is not an origin"), remedy.to_owned())
    };
    let uri: Uri = origin.parse().map_err(|_| refused())?;
    let bare = uri.path().trim_start_matches('/').is_empty() && uri.query().is_none();
    let (Some(scheme), Some(authority), true) = (uri.scheme_str(), uri.authority(), bare) else {
        return Err(refused());
    };
    let port = match (authority.port_u16(), scheme) {
        (Some(port), _) => port,
        (None, "https") => 443,
        (None, "http") => 80,
        _ => return Err(refused()),
    };
    Ok(format!("{scheme}://{}:{port}", authority.host()))
}

fn source(token: TokenSource, base: &Path) -> Result<TokenSource, Unusable> {
    match token {
        TokenSource::File(path) => Ok(TokenSource::File(base.join(path))),
        TokenSource::Credential(name) if name.is_empty() || name.contains('/') || name.starts_with('.') => {
            let remedy = "Give the name before the colon in the unit's LoadCredential=.";
            Err((format!("`{name}` is not the name of a credential"), remedy.into()))
        }
        credential => Ok(credential),
    }
}
