//! Where a server is: a program that is started here, or an address.

use std::path::{Path, PathBuf};

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};

use super::Lookup;
use super::expand::expand;
use super::reference::Reference;
use super::server::{Declared, Unusable};
use crate::credential::Secret;

/// Headers that say how a message is sent, or are MCP's own: a configured value would contradict the message.
const RESERVED: [&str; 9] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "host",
    "last-event-id",
    "te",
    "transfer-encoding",
];

/// Where a server is.
pub(crate) enum Reach {
    /// A program that speaks MCP on its standard input and output.
    Program(Program),
    /// An address that speaks Streamable HTTP.
    Remote(Box<Remote>),
}

/// A program to be started.
#[derive(Default)]
pub(crate) struct Program {
    /// Looked for on the `PATH` that the server will have.
    pub(crate) command: String,
    /// Its arguments.
    pub(crate) args: Vec<String>,
    /// Added to the few variables that every server gets.
    pub(crate) env: Vec<(String, Secret)>,
    /// Its working directory; ours where there is none.
    pub(crate) cwd: Option<PathBuf>,
}

/// A server elsewhere.
pub(crate) struct Remote {
    /// `https://…`, or `http://…`.
    pub(crate) url: Url,
    /// Sent with every request.
    pub(crate) headers: Vec<(HeaderName, Secret)>,
    /// Sent as `Authorization: Bearer …`.
    pub(crate) bearer: Option<Secret>,
    /// The proxy to go through. The environment's is never used.
    pub(crate) proxy: Option<Url>,
    /// More certificates to trust, PEM, beside the platform's.
    pub(crate) ca: Option<Vec<u8>>,
}

impl Reach {
    /// What must not be shown of it.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let (env, headers, bearer) = match self {
            Self::Program(program) => (program.env.as_slice(), [].as_slice(), None),
            Self::Remote(remote) => ([].as_slice(), remote.headers.as_slice(), remote.bearer.as_ref()),
        };
        env.iter().map(|(_, secret)| secret).chain(headers.iter().map(|(_, secret)| secret)).chain(bearer)
    }
}

/// Expands what one server has written, and says which field is wrong.
pub(super) struct Resolver<'a> {
    pub(super) server: &'a str,
    pub(super) base: &'a Path,
    pub(super) lookup: Lookup<'a>,
}

impl Resolver<'_> {
    /// Where the server is.
    ///
    /// # Errors
    /// When a variable is not set, or a value cannot be used.
    pub(super) fn reach(&self, declared: &Declared) -> Result<Reach, Unusable> {
        match &declared.url {
            Some(url) => Ok(Reach::Remote(Box::new(self.remote(url, declared)?))),
            None => Ok(Reach::Program(self.program(declared)?)),
        }
    }

    fn program(&self, declared: &Declared) -> Result<Program, Unusable> {
        let command = self.text("command", declared.command.as_deref().unwrap_or_default())?;
        if command.is_empty() {
            let what = format!("server `{}` has an empty command", self.server);
            return Err(Unusable::new(
                what,
                "Name the program that speaks MCP on its standard input and output.",
            ));
        }
        let args = declared.args.iter().enumerate();
        let args = args.map(|(i, arg)| self.text(&format!("args[{i}]"), arg)).collect::<Result<_, _>>()?;
        let env = declared.env.0.iter();
        let env = env.map(|(key, value)| Ok((key.clone(), self.secret(&format!("env.{key}"), value)?)));
        let env = env.collect::<Result<_, _>>()?;
        let cwd = declared.cwd.as_deref().map(|cwd| self.text("cwd", cwd)).transpose()?;
        Ok(Program { command, args, env, cwd: cwd.map(|cwd| self.base.join(cwd)) })
    }

    fn remote(&self, url: &str, declared: &Declared) -> Result<Remote, Unusable> {
        let headers = declared.headers.0.iter().map(|(name, value)| self.header(name, value));
        let headers = headers.collect::<Result<_, _>>()?;
        let bearer = declared.bearer.as_ref().map(|bearer| self.secret("bearer", bearer)).transpose()?;
        if let Some(bearer) = &bearer {
            self.fits_a_header("bearer", bearer)?;
        }
        let proxy = declared.proxy.as_deref().map(|proxy| self.url("proxy", proxy)).transpose()?;
        let ca = declared.ca_file.as_deref().map(|file| self.certificates(file)).transpose()?;
        Ok(Remote { url: self.url("url", url)?, headers, bearer, proxy, ca })
    }

    fn header(&self, name: &str, value: &Reference) -> Result<(HeaderName, Secret), Unusable> {
        let field = format!("headers.{name}");
        let parsed = HeaderName::from_bytes(name.as_bytes()).ok();
        let usable = parsed.filter(|it| !RESERVED.contains(&it.as_str()) && !it.as_str().starts_with("mcp-"));
        let usable = usable.ok_or_else(|| {
            let what = format!("`{field}` of server `{}` is not a header that can be set", self.server);
            Unusable::new(what, "Remove it: those of the message and of MCP are set by oubliette.")
        })?;
        let value = self.secret(&field, value)?;
        self.fits_a_header(&field, &value)?;
        Ok((usable, value))
    }

    fn fits_a_header(&self, field: &str, value: &Secret) -> Result<(), Unusable> {
        if HeaderValue::from_str(value.expose()).is_ok() {
            return Ok(());
        }
        let what = format!("`{field}` of server `{}` has characters that no header can have", self.server);
        Err(Unusable::new(what, "Give one line of visible ASCII characters."))
    }

    fn url(&self, field: &str, text: &str) -> Result<Url, Unusable> {
        let wrong = |why: String| {
            let what = format!("`{field}` of server `{}` {why}", self.server);
            Unusable::new(what, "Write it in full: \"https://mcp.example/mcp\".")
        };
        let url =
            Url::parse(&self.text(field, text)?).map_err(|error| wrong(format!("is no URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(wrong("is neither http:// nor https://".into()));
        }
        if field == "url" && (!url.username().is_empty() || url.password().is_some()) {
            let what = format!("`url` of server `{}` has a user and password in it", self.server);
            return Err(Unusable::new(what, "Put them into `headers` or `bearer`, by reference."));
        }
        Ok(url)
    }

    fn certificates(&self, file: &str) -> Result<Vec<u8>, Unusable> {
        let path = self.base.join(self.text("ca_file", file)?);
        let wrong = |why: String| {
            let what = format!("`ca_file` of server `{}`: {} {why}", self.server, path.display());
            Unusable::new(what, "Name a file with certificates in PEM.")
        };
        let pem = std::fs::read(&path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        match reqwest::Certificate::from_pem_bundle(&pem) {
            Ok(certificates) if !certificates.is_empty() => Ok(pem),
            Ok(_) => Err(wrong("has no certificate in it".into())),
            Err(error) => Err(wrong(format!("is not PEM: {error}"))),
        }
    }

    fn text(&self, field: &str, text: &str) -> Result<String, Unusable> {
        expand(text, self.lookup).map_err(|why| Unusable::expansion(self.server, field, &why))
    }

    fn secret(&self, field: &str, value: &Reference) -> Result<Secret, Unusable> {
        value.resolve(self.server, field, self.base, self.lookup)
    }
}
