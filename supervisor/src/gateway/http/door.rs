//! Who may come in: whoever has a token, or who the kernel says it is.

use crate::config::TokenSource;
use crate::queue::Lane;
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Shortest token, bytes: 128 bits in hex. `openssl rand -hex 32` gives 64.
const SHORTEST: usize = 32;
/// Most bytes of a file of tokens.
const MAX_FILE: u64 = 64 << 10;

/// One who was let in. Sessions belong to it, and where there is no session it is whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Principal {
    /// Who has the token on this line.
    Token(usize),
    /// A user of this machine, over the unix socket.
    User(u32),
    /// Somebody on this machine, over the loopback without a token; the address it came from.
    Anybody(IpAddr),
}

impl Principal {
    /// Whose turns it takes when it has no session.
    pub(super) fn lane(self) -> Lane {
        match self {
            Self::Token(line) => Lane::new(format!("token {line}")),
            Self::User(user) => Lane::new(format!("user {user}")),
            Self::Anybody(address) => Lane::new(format!("address {address}")),
        }
    }
}

/// The door of a TCP address: digests of the tokens that open it; without any, it stands open.
pub(super) struct Door(Vec<[u8; 32]>);

impl Door {
    /// Reads the tokens, where there is a source of them.
    ///
    /// # Errors
    /// When they cannot be read, can be read by others, or are none.
    pub(super) fn tcp(source: Option<&TokenSource>) -> Result<Self, String> {
        match source {
            None => Ok(Self(Vec::new())),
            Some(TokenSource::File(path)) => digests(path, private(path)?).map(Self),
            Some(TokenSource::Credential(name)) => {
                let path = credential(name)?;
                let file = File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                digests(&path, file).map(Self)
            }
        }
    }

    /// Whom these headers, from this address, let in.
    pub(super) fn opens(&self, headers: &HeaderMap, from: IpAddr) -> Option<Principal> {
        if self.0.is_empty() {
            return Some(Principal::Anybody(from));
        }
        let mut given = headers.get_all(AUTHORIZATION).iter();
        let (Some(given), None) = (given.next(), given.next()) else { return None };
        let (scheme, token) = given.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let given = digest(token.trim());
        // All of them, whichever fits: how long it takes says nothing.
        let fits = |own: &[u8; 32]| bool::from(own.ct_eq(&given));
        self.0.iter().enumerate().fold(
            None,
            |found, (line, own)| {
                if fits(own) { Some(Principal::Token(line)) } else { found }
            },
        )
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Opens a file that others cannot read. What is opened is what is looked at.
///
/// # Errors
/// When it cannot be opened, or others can read it.
pub(super) fn private(path: &Path) -> Result<File, String> {
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(told)?;
    let mode = file.metadata().map_err(told)?.mode();
    if mode & 0o007 != 0 {
        let path = path.display();
        return Err(format!(
            "{path} can be read or changed by everybody (mode {:o})\n  chmod 600 {path}",
            mode & 0o777
        ));
    }
    Ok(file)
}

fn credential(name: &str) -> Result<PathBuf, String> {
    match std::env::var_os("CREDENTIALS_DIRECTORY") {
        Some(folder) => Ok(Path::new(&folder).join(name)),
        None => Err(format!(
            "there is no credential `{name}`: CREDENTIALS_DIRECTORY is not set\n  Start it as a systemd service with \
             LoadCredential={name}:/path, or set token = {{ file = \"…\" }}."
        )),
    }
}

/// The tokens of a file, one a line; empty lines and those that begin with `#` are passed over.
fn digests(path: &Path, file: File) -> Result<Vec<[u8; 32]>, String> {
    let path = path.display();
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_FILE).read_to_string(&mut text).map_err(|error| format!("{path}: {error}"))?;
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    let mut tokens = Vec::new();
    for (line, token) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        if token.len() < SHORTEST || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!(
                "{path}:{line}: a token has at least {SHORTEST} characters of ASCII and no spaces\n  Make one with \
                 `openssl rand -hex 32`."
            ));
        }
        tokens.push(digest(token));
    }
    if tokens.is_empty() {
        return Err(format!("{path} has no token in it\n  Make one with `openssl rand -hex 32`."));
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::{Door, Principal, digest};
    use hyper::HeaderMap;
    use hyper::header::{AUTHORIZATION, HeaderValue};
    use std::net::{IpAddr, Ipv4Addr};

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn opened(door: &Door, given: &[&'static str]) -> Option<Principal> {
        let mut headers = HeaderMap::new();
        for one in given {
            headers.append(AUTHORIZATION, HeaderValue::from_static(one));
        }
        door.opens(&headers, HERE)
    }

    #[test]
    fn one_token_opens_and_nothing_like_it_does() {
        let door = Door(vec![digest("first"), digest("second")]);
        assert_eq!(opened(&door, &["Bearer second"]), Some(Principal::Token(1)));
        assert_eq!(opened(&door, &["bearer first"]), Some(Principal::Token(0)));
        let refused: [&[&str]; 8] = [
            &[],
            &["Bearer"],
            &["Bearer "],
            &["Bearer secon"],
            &["Bearer second1"],
            &["Basic second"],
            &["second"],
            &["Bearer second", "Bearer first"],
        ];
        for given in refused {
            assert_eq!(opened(&door, given), None, "{given:?}");
        }
        assert_eq!(opened(&Door(Vec::new()), &[]), Some(Principal::Anybody(HERE)));
    }
}
