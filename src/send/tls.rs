//! Sets up TLS: which authorities are trusted, and the handshake.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::SendError;

/// Shakes hands with the server called `host`, who must prove that name.
pub(super) async fn handshake(
    stream: TcpStream,
    host: &str,
    roots: RootCertStore,
) -> Result<TlsStream<TcpStream>, String> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    // The one provider compiled in is aws-lc-rs.
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await.map_err(|error| error.to_string())
}

/// The authorities this machine trusts, and those in `extra`, a PEM file.
///
/// # Errors
///
/// Fails when `extra` cannot be read or holds no certificate.
pub(super) async fn roots(extra: Option<&Path>) -> Result<RootCertStore, SendError> {
    let extra = extra.map(Path::to_owned);
    // The system's store is dozens of files.
    let read = tokio::task::spawn_blocking(move || read_roots(extra.as_deref()));
    read.await.expect("reading certificates does not panic")
}

fn read_roots(extra: Option<&Path>) -> Result<RootCertStore, SendError> {
    static SYSTEM: OnceLock<RootCertStore> = OnceLock::new();
    let system = SYSTEM.get_or_init(|| {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        store
    });
    let mut store = system.clone();
    if let Some(path) = extra {
        let fail = |error: String| SendError::Authorities { path: path.to_owned(), error };
        let found: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|error| fail(error.to_string()))?;
        if found.is_empty() {
            return Err(fail("no certificate in it".to_owned()));
        }
        for certificate in found {
            store.add(certificate).map_err(|error| fail(error.to_string()))?;
        }
    }
    Ok(store)
}
