//! TLS from a certificate and a key in PEM.

use super::door::private;
use crate::config::TlsFiles;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// What greets connections: TLS 1.2 and 1.3, HTTP/1.1.
///
/// # Errors
/// When a file cannot be read, the key can be read by everybody, or the two do not belong together.
pub(super) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, String> {
    let unfit = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let (certificate, key) = (files.certificate.as_path(), files.key.as_path());
    let chain = File::open(certificate).map_err(|error| unfit(certificate, &error))?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_reader_iter(chain)
        .collect::<Result<_, _>>()
        .map_err(|error| unfit(certificate, &error))?;
    if chain.is_empty() {
        return Err(format!("{} has no certificate in it\n  Give the chain in PEM.", certificate.display()));
    }
    let private = PrivateKeyDer::from_pem_reader(private(key)?).map_err(|error| unfit(key, &error))?;
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, private));
    let mut config = config.map_err(|error| unfit(certificate, &error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
