//! The certificates that `wss://` trusts.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The certificate authorities that may have signed a node's certificate.
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

/// Why a file of certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file cannot be read, or is not PEM.
    #[error("{}: {error}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// The error.
        error: rustls::pki_types::pem::Error,
    },
    /// One of its certificates cannot be used as an authority.
    #[error("{}: {error}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// The error.
        error: rustls::Error,
    },
    /// It contains no certificate.
    #[error("{}: holds no certificate (-----BEGIN CERTIFICATE-----)", .0.display())]
    Empty(PathBuf),
}

impl Trust {
    /// The public certificate authorities, as listed by Mozilla. The list is part of this library, independent of the
    /// system.
    pub fn web() -> Self {
        static WEB: OnceLock<Trust> = OnceLock::new();
        let made = || Trust::of(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
        WEB.get_or_init(made).clone()
    }

    /// Only the authorities in a PEM file: for nodes with a certificate of a private authority.
    pub fn pem_file(path: impl AsRef<Path>) -> Result<Self, TrustError> {
        let path = path.as_ref();
        let wrong = |error| TrustError::Pem { path: path.to_owned(), error };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(path).map_err(wrong)? {
            roots
                .add(certificate.map_err(wrong)?)
                .map_err(|error| TrustError::Certificate { path: path.to_owned(), error })?;
        }
        match roots.is_empty() {
            true => Err(TrustError::Empty(path.to_owned())),
            false => Ok(Trust::of(roots)),
        }
    }

    fn of(roots: RootCertStore) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        // cannot fail: our crypto provider supports the default versions
        let builder = builder.unwrap_or_else(|error| unreachable!("{error}"));
        Trust(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
    }

    /// The configuration for rustls.
    pub fn config(&self) -> Arc<ClientConfig> {
        self.0.clone()
    }
}

impl Default for Trust {
    fn default() -> Self {
        Trust::web()
    }
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust").finish_non_exhaustive()
    }
}
