//! Sets up TLS: which authorities are trusted, and the handshake.

use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, RootCertStore};

use super::SendError;
use crate::problem::said;

/// Why a handshake failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsFlaw {
    /// The certificate is signed by itself, or by an authority that is not trusted.
    #[error("nobody this machine trusts vouches for its certificate")]
    UnknownIssuer,
    /// The certificate was good once.
    #[error("its certificate has expired")]
    Expired,
    /// The certificate is going to be good, or the clock here is slow.
    #[error("its certificate is not valid yet")]
    NotYetValid,
    /// The certificate is somebody else's.
    #[error("its certificate is for another name")]
    WrongName,
    /// The server did not shake hands in time.
    #[error("no answer within {0:?}")]
    NoAnswer(Duration),
    /// Anything else, in the words of whoever noticed.
    #[error("{0}")]
    Other(String),
}

impl TlsFlaw {
    fn of(error: &io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match inner {
            Some(rustls::Error::InvalidCertificate(flaw)) => match flaw {
                CertificateError::UnknownIssuer => Self::UnknownIssuer,
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    Self::NotYetValid
                }
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    Self::WrongName
                }
                other => Self::Other(other.to_string()),
            },
            _ => Self::Other(said(error)),
        }
    }

    /// What to do about it.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::UnknownIssuer => {
                "if it is a relay of your own, name its certificate authority as `ca_file` under `[relay]`"
            }
            Self::Expired => "ask the relay's operator for a new certificate; until then nothing can be sent",
            Self::NotYetValid => "check the clock of this machine",
            Self::WrongName => "use the name that stands in the relay's certificate as the host",
            Self::NoAnswer(_) | Self::Other(_) => "check that the port speaks TLS",
        }
    }
}

/// Shakes hands with the server called `host`, who must prove that name.
pub(super) async fn handshake(
    stream: TcpStream,
    host: &str,
    roots: RootCertStore,
) -> Result<TlsStream<TcpStream>, TlsFlaw> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| TlsFlaw::Other(error.to_string()))?;
    // The one provider compiled in is aws-lc-rs.
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await.map_err(|error| TlsFlaw::of(&error))
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
