//! The certificates of both listeners, from the start to the end of a node.

use crate::config::Config;
use crate::listener::{BadTls, CertificateFiles, Certificates, TlsConfig};
use std::sync::Arc;

/// What the listeners use. One without TLS stays so until the node is started again, and one with TLS keeps it.
#[derive(Clone)]
pub(crate) struct ListenerTls {
    /// Of the public listener.
    pub public: Option<Arc<Certificates>>,
    /// Of the internal listener.
    pub internal: Option<Arc<Certificates>>,
}

/// What was read anew and is not used yet.
pub(crate) struct Renewed {
    public: Option<TlsConfig>,
    internal: Option<TlsConfig>,
}

impl ListenerTls {
    /// Reads the files of a configuration.
    ///
    /// # Errors
    /// When one of them is of no use.
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

    /// Reads the files of a configuration that fits.
    ///
    /// # Errors
    /// When one of them is of no use.
    pub(crate) fn read_anew(&self, config: &Config) -> Result<Renewed, BadTls> {
        let read = |files: Option<CertificateFiles>| files.map(|files| files.read()).transpose();
        Ok(Renewed { public: read(config.public_tls())?, internal: read(config.internal_tls())? })
    }

    /// Uses what was read for connections from now on.
    pub(crate) fn renew(&self, renewed: Renewed) {
        for (certificates, renewed) in [(&self.public, renewed.public), (&self.internal, renewed.internal)] {
            if let (Some(certificates), Some(renewed)) = (certificates, renewed) {
                certificates.replace(renewed);
            }
        }
    }
}
