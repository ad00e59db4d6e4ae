//! TLS: a certificate that can be replaced while connections live on.
//!
//! A connection keeps the certificate that it started with; a new one counts from the next handshake. Files that are
//! no good change nothing.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use thiserror::Error;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::ring,
        pki_types::{
            CertificateDer, PrivateKeyDer,
            pem::{self, PemObject},
        },
    },
};

/// Why a certificate or key is of no use.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read, or has no PEM of the kind in it.
    #[error("{}: {}", path.display(), reason_of(error))]
    File {
        /// Path of the file.
        path: PathBuf,
        /// Why it is of no use.
        error: pem::Error,
    },
    /// The files are well-formed, but not a certificate and its key.
    #[error("the TLS certificate and key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// The certificate in use, and where the next one will be.
#[derive(Debug)]
pub(crate) struct Tls {
    cert: PathBuf,
    key: PathBuf,
    current: Mutex<Arc<ServerConfig>>,
}

impl Tls {
    pub(crate) fn load(cert: &Path, key: &Path) -> Result<Self, TlsError> {
        Ok(Self {
            cert: cert.into(),
            key: key.into(),
            current: Mutex::new(read(cert, key)?),
        })
    }

    /// Reads certificate and key again, for new connections.
    ///
    /// # Errors
    /// [`TlsError`]; the certificate in use then stays.
    pub(crate) fn reload(&self) -> Result<(), TlsError> {
        let next = read(&self.cert, &self.key)?;
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    /// The certificate in use, for the next handshake.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.clone().into()
    }
}

fn read(cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |error| TlsError::File { path, error }
    };
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect)
        .map_err(at(cert))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(at(key))?;
    let mut config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config.into())
}

/// The library's own words name a missing file, but not that a file holds nothing of use.
fn reason_of(error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) if error.kind() == io::ErrorKind::NotFound => "there is no such file".into(),
        pem::Error::NoItemsFound => "there is no PEM of the needed kind in it".into(),
        other => other.to_string(),
    }
}
