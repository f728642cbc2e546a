//! The doors: a TCP address, a unix socket. What would let strangers in is not opened.

use super::door::Door;
use super::tls;
use crate::config::Http;
use nix::sys::stat::Mode;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::{TcpListener, UnixListener};
use tokio_rustls::TlsAcceptor;

/// What is listened on.
pub(crate) struct Listeners {
    pub(super) tcp: Option<Tcp>,
    pub(super) unix: Option<Unix>,
}

/// A TCP address, and what it takes to come in there.
pub(super) struct Tcp {
    pub(super) listener: TcpListener,
    address: SocketAddr,
    pub(super) door: Arc<Door>,
    pub(super) tls: Option<TlsAcceptor>,
}

/// A unix socket; its file is removed at the end.
pub(super) struct Unix {
    pub(super) listener: UnixListener,
    path: PathBuf,
}

impl Drop for Unix {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl Listeners {
    /// Opens a TCP address, with the settings of `http`, and a unix socket, as far as they are asked for. Nobody is
    /// answered yet.
    ///
    /// # Errors
    /// When the settings would let strangers in, something they name cannot be read, or an address cannot be had.
    pub(crate) async fn open(
        http: &Http,
        address: Option<SocketAddr>,
        socket: Option<&Path>,
    ) -> Result<Self, String> {
        let tcp = match address {
            Some(address) => Some(Tcp::open(http, address).await?),
            None => None,
        };
        let unix = socket.map(Unix::open).transpose()?;
        Ok(Self { tcp, unix })
    }

    /// The TCP address, with the port that was given where 0 was asked for.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.tcp.as_ref().map(|tcp| tcp.address)
    }

    /// How a URL of the TCP address begins.
    pub(super) fn scheme(&self) -> &'static str {
        if self.tcp.as_ref().is_some_and(|tcp| tcp.tls.is_some()) { "https" } else { "http" }
    }

    /// Where hosts find the gateway, for an operator to read.
    pub(crate) fn places(&self) -> Vec<String> {
        let tcp =
            self.tcp.iter().map(|tcp| format!("{}://{}{}", self.scheme(), tcp.address, super::front::PATH));
        tcp.chain(self.unix.iter().map(|unix| unix.path.display().to_string())).collect()
    }
}

impl Tcp {
    async fn open(http: &Http, address: SocketAddr) -> Result<Self, String> {
        check_exposure(http, address).map_err(|why| format!("{}: {why}", http.place))?;
        let here = |why: String| format!("{}: {why}", http.place);
        let door = Door::tcp(http.token.as_ref()).map_err(here)?;
        let tls = http.tls.as_ref().map(tls::acceptor).transpose().map_err(here)?;
        let told = |error: io::Error| format!("cannot listen on {address}: {error}");
        let listener = TcpListener::bind(address).await.map_err(told)?;
        let address = listener.local_addr().map_err(told)?;
        Ok(Self { listener, address, door: Arc::new(door), tls })
    }
}

/// Beyond this machine a token is needed, and TLS here or in front: otherwise whoever can reach the address runs
/// programs with the operator's credentials, or reads the token on its way.
fn check_exposure(http: &Http, address: SocketAddr) -> Result<(), String> {
    let beyond = !address.ip().is_loopback();
    if (beyond || http.behind_proxy) && http.token.is_none() {
        let reason = if beyond { "is not a loopback address" } else { "is behind a proxy" };
        return Err(format!(
            "{address} {reason}, and nothing says who may come in\n  Set token = {{ file = \"…\" }} (or \
             {{ credential = \"…\" }}), or listen on 127.0.0.1."
        ));
    }
    if beyond && http.tls.is_none() && !http.behind_proxy {
        return Err(format!(
            "{address} is not a loopback address, and tokens would cross the network in the clear\n  Set tls = {{ \
             certificate = \"…\", key = \"…\" }}, or behind_proxy = true where another server does TLS in front."
        ));
    }
    if address.ip().is_unspecified() && http.hosts.is_empty() {
        return Err(format!(
            "{address} is every address of this machine, and no `hosts` says by which names clients come\n  Set hosts \
             = [\"mcp.example.com\"]: any other name in a request is refused (DNS rebinding)."
        ));
    }
    Ok(())
}

impl Unix {
    /// Only its owner can connect: the file's mode says so, and each connection is asked (`door`).
    fn open(path: &Path) -> Result<Self, String> {
        let told = |error: io::Error| format!("cannot listen on {}: {error}", path.display());
        if is_left_over(path)? {
            fs::remove_file(path).map_err(told)?;
        }
        // Before anybody can connect, and put back at once: nothing else of ours makes files here.
        let before = nix::sys::stat::umask(Mode::from_bits_truncate(0o177));
        let bound = UnixListener::bind(path);
        nix::sys::stat::umask(before);
        let unix = Self { listener: bound.map_err(told)?, path: path.to_path_buf() };
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(told)?;
        Ok(unix)
    }
}

/// Whether a socket is there that nobody listens on any more.
fn is_left_over(path: &Path) -> Result<bool, String> {
    let there = match fs::symlink_metadata(path) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(format!("cannot listen on {}: {error}", path.display())),
    };
    if !there.file_type().is_socket() {
        return Err(format!("{} is there, and is no socket: name another path", path.display()));
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => Err(format!("{}: another process listens there already", path.display())),
        Err(_) => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::check_exposure;
    use crate::config::{Http, TlsFiles, TokenSource};

    /// Token, TLS, proxy, names; which addresses may be listened on.
    #[test]
    fn strangers_are_not_let_in_by_omission() {
        let (loopback, one, every) = ("127.0.0.1:1", "192.0.2.7:1", "[::]:1");
        let cases: [(bool, bool, bool, bool, &[&str]); 8] = [
            (false, false, false, false, &[loopback]),
            (true, false, false, false, &[loopback]),
            (false, true, false, false, &[loopback]),
            (false, false, true, false, &[]),
            (true, false, true, false, &[loopback, one]),
            (true, true, false, false, &[loopback, one]),
            (true, true, false, true, &[loopback, one, every]),
            (false, true, false, true, &[loopback]),
        ];
        for (token, tls, behind_proxy, names, may) in cases {
            let http = Http {
                token: token.then(|| TokenSource::Credential("token".into())),
                tls: tls.then(|| TlsFiles { certificate: "c".into(), key: "k".into() }),
                behind_proxy,
                hosts: names.then(|| "mcp.example.com".into()).into_iter().collect(),
                ..Http::default()
            };
            for address in [loopback, one, every] {
                let checked = check_exposure(&http, address.parse().expect("an address"));
                assert_eq!(checked.is_ok(), may.contains(&address), "{http:?} {address} {checked:?}");
            }
        }
    }
}
