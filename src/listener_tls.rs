//! The certificates of both listeners, during the whole life of a node.

use crate::config::Config;
use crate::listener::{BadTls, CertificateFiles, Certificates, TlsConfig};
use std::sync::Arc;

/// The certificates of the listeners. Whether a listener has TLS changes only with a restart.
#[derive(Clone)]
pub(crate) struct ListenerTls {
    /// For the public listener.
    pub public: Option<Arc<Certificates>>,
    /// For the internal listener.
    pub internal: Option<Arc<Certificates>>,
}

/// Configurations that were read again and are not used yet.
pub(crate) struct Renewed {
    public: Option<TlsConfig>,
    internal: Option<TlsConfig>,
}

impl ListenerTls {
    /// Reads the files of a configuration.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub(crate) fn load(config: &Config) -> Result<Self, BadTls> {
        let load =
            |files: Option<CertificateFiles>| files.map(|files| Certificates::load(&files).map(Arc::new)).transpose();
        Ok(ListenerTls { public: load(config.public_tls())?, internal: load(config.internal_tls())? })
    }

    /// Whether a configuration has TLS on the same listeners as the node.
    pub(crate) fn fits(&self, config: &Config) -> bool {
        let (public, internal) = (config.public_tls().is_some(), config.internal_tls().is_some());
        (self.public.is_some(), self.internal.is_some()) == (public, internal)
    }

    /// Reads the files of a configuration with TLS on the same listeners.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub(crate) fn read_anew(&self, config: &Config) -> Result<Renewed, BadTls> {
        let read = |files: Option<CertificateFiles>| files.map(|files| files.read()).transpose();
        Ok(Renewed { public: read(config.public_tls())?, internal: read(config.internal_tls())? })
    }

    /// Uses them for later connections.
    pub(crate) fn renew(&self, renewed: Renewed) {
        for (certificates, renewed) in [(&self.public, renewed.public), (&self.internal, renewed.internal)] {
            if let (Some(certificates), Some(renewed)) = (certificates, renewed) {
                certificates.replace(renewed);
            }
        }
    }
}
