//! The HTTP client of one server: whom it trusts, where it may go, and its failures in words.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Proxy, StatusCode, Url};

use super::super::message::{Loss, LossKind};
use crate::config::Remote;
use crate::credential::Secret;

/// How long a connection, TLS included, may take. A server that is slower is not there.
const CONNECT: Duration = Duration::from_secs(10);
/// Redirects that are followed: to the path with a slash, and once more.
const MAX_REDIRECTS: usize = 2;

/// Makes the client of one server.
///
/// It follows only redirects that keep the message (307, 308) and stay with the server, for its headers are
/// credentials; it asks for no compression, so that no few bytes become many; it uses no proxy of the environment.
///
/// # Errors
/// In words, when proxy or certificates cannot be used.
pub(super) fn build(remote: &Remote) -> Result<Client, String> {
    // An error says that there is one already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(concat!("oubliette/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .redirect(same_server_only())
        .default_headers(headers(remote)?)
        .no_proxy();
    if let Some(proxy) = &remote.proxy {
        let proxy =
            Proxy::all(proxy.clone()).map_err(|error| format!("its proxy cannot be used: {error}"))?;
        builder = builder.proxy(proxy);
    }
    if let Some(pem) = &remote.ca {
        let certificates = Certificate::from_pem_bundle(pem)
            .map_err(|error| format!("its ca_file cannot be used: {error}"))?;
        builder = builder.tls_certs_merge(certificates);
    }
    builder.build().map_err(|error| format!("no HTTP client can be made: {}", in_words(&error)))
}

fn headers(remote: &Remote) -> Result<HeaderMap, String> {
    let sensitive = |name: &str, value: &str| {
        let mut value =
            HeaderValue::from_str(value).map_err(|_| format!("its header {name} cannot be sent"))?;
        value.set_sensitive(true);
        Ok::<_, String>(value)
    };
    let mut headers = HeaderMap::new();
    for (name, value) in &remote.headers {
        headers.append(name.clone(), sensitive(name.as_str(), value.expose())?);
    }
    if let Some(bearer) = &remote.bearer {
        headers.insert(AUTHORIZATION, sensitive("Authorization", &bearer_of(bearer))?);
    }
    Ok(headers)
}

fn bearer_of(token: &Secret) -> String {
    format!("Bearer {}", token.expose())
}

fn same_server_only() -> Policy {
    Policy::custom(|attempt| {
        let first = attempt.previous().first().map(Url::origin);
        let keeps =
            matches!(attempt.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
        let near = attempt.previous().len() <= MAX_REDIRECTS && first == Some(attempt.url().origin());
        if keeps && near { attempt.follow() } else { attempt.stop() }
    })
}

/// What a request that failed without an answer comes to.
pub(super) fn loss(error: reqwest::Error) -> Loss {
    let error = error.without_url();
    if error.is_connect() || error.is_builder() {
        let why = format!("it cannot be reached: {}", in_words(&error));
        return Loss::new(LossKind::Unreached, why);
    }
    Loss::new(LossKind::Broken, format!("its answer broke off: {}", in_words(&error)))
}

/// An error and its causes.
fn in_words(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    words
}
