//! The certificates of a listener and, if it requires client certificates, their authorities.

use super::pem;
use arc_swap::ArcSwap;
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use rustls::RootCertStore;
use std::path::PathBuf;
use std::sync::Arc;

/// The files (PEM) of one listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate, followed by the intermediate ones.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// If set, clients must present a certificate of one of these authorities.
    pub client_authorities: Option<PathBuf>,
}

/// Why files cannot be used for TLS.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTls {
    /// The file cannot be read.
    #[error("{path}: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        reason: String,
    },
    /// The file contains no certificate.
    #[error("{path} holds no certificate in PEM")]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The file contains no key.
    #[error("{path} holds no private key in PEM (PKCS #8, PKCS #1 or SEC 1), or it is encrypted")]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The two do not belong together, or are of an unsupported kind.
    #[error("{certificate} and {key} cannot be used together: {reason}")]
    Unfit {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// The error of the library.
        reason: String,
    },
    /// The authorities cannot be used.
    #[error("{path} holds no authority that can be used: {reason}")]
    Authorities {
        /// The file.
        path: PathBuf,
        /// The error of the library.
        reason: String,
    },
}

/// A TLS configuration that was read and checked.
pub type TlsConfig = Arc<ServerConfig>;

/// The present certificates of a listener; a reload replaces them for new connections only.
#[derive(Debug)]
pub struct Certificates(ArcSwap<ServerConfig>);

impl Certificates {
    /// Reads the files.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub fn load(files: &CertificateFiles) -> Result<Self, BadTls> {
        Ok(Certificates(ArcSwap::new(files.read()?)))
    }

    /// Uses another configuration for later connections.
    pub fn replace(&self, config: TlsConfig) {
        self.0.store(config);
    }

    pub(super) fn now(&self) -> TlsConfig {
        self.0.load_full()
    }
}

impl CertificateFiles {
    /// Reads the files again.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub fn read(&self) -> Result<TlsConfig, BadTls> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = pem::certificates(&self.certificate)?;
        let key = pem::key(&self.key)?;
        let unfit = |reason: rustls::Error| BadTls::Unfit {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            reason: reason.to_string(),
        };
        let builder = ServerConfig::builder_with_provider(provider.clone());
        let builder = builder.with_safe_default_protocol_versions().map_err(unfit)?;
        let builder = match &self.client_authorities {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let roots = Arc::new(authorities(path)?);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build();
                let unusable = |reason: String| BadTls::Authorities { path: path.clone(), reason };
                builder.with_client_cert_verifier(verifier.map_err(|error| unusable(error.to_string()))?)
            }
        };
        let mut config = builder.with_single_cert(chain, key).map_err(unfit)?;
        // sockets are an upgrade of HTTP/1.1
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn authorities(path: &std::path::Path) -> Result<RootCertStore, BadTls> {
    let mut roots = RootCertStore::empty();
    for certificate in pem::certificates(path)? {
        let unusable = |error: rustls::Error| BadTls::Authorities { path: path.to_owned(), reason: error.to_string() };
        roots.add(certificate).map_err(unusable)?;
    }
    Ok(roots)
}

/// Checks files for a client: its certificate, and the authorities it trusts.
///
/// # Errors
/// When one of them cannot be used.
pub fn check_client_files(
    authorities_file: Option<&std::path::Path>,
    client: Option<(&std::path::Path, &std::path::Path)>,
) -> Result<(), BadTls> {
    if let Some(path) = authorities_file {
        authorities(path)?;
    }
    if let Some((certificate, key)) = client {
        // a server has the same requirements for its own files
        let files = CertificateFiles { certificate: certificate.into(), key: key.into(), client_authorities: None };
        files.read()?;
    }
    Ok(())
}
