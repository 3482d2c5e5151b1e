//! The configuration of the listeners and of the connection to the broker.

use super::sections::{ClientAddress, Config};
use crate::listener::{CertificateFiles, Source, TrustedProxies};
use hubwire_actors::backend::open::TlsFiles;
use hubwire_actors::words::network::BadNetwork;
use std::path::PathBuf;

/// The path of an option that may be empty.
fn path(text: &str) -> Option<PathBuf> {
    (!text.is_empty()).then(|| text.into())
}

impl Config {
    /// The files of the public listener, if it has TLS.
    pub fn public_tls(&self) -> Option<CertificateFiles> {
        let (certificate, key) = (path(&self.tls.certificate)?, path(&self.tls.key)?);
        Some(CertificateFiles { certificate, key, client_authorities: None })
    }

    /// The files of the internal listener, if it has TLS.
    pub fn internal_tls(&self) -> Option<CertificateFiles> {
        let (certificate, key) = (path(&self.tls.internal_certificate)?, path(&self.tls.internal_key)?);
        let client_authorities = path(&self.tls.internal_client_authorities);
        Some(CertificateFiles { certificate, key, client_authorities })
    }

    /// The files of connections to the broker.
    pub fn broker_tls(&self) -> TlsFiles {
        TlsFiles {
            authorities: path(&self.broker.tls_authorities),
            client: path(&self.broker.tls_certificate).zip(path(&self.broker.tls_key)),
        }
    }

    /// Proxies that are trusted to name the addresses of clients.
    ///
    /// # Errors
    /// When an entry is not a network.
    pub fn trusted_proxies(&self) -> Result<TrustedProxies, BadNetwork> {
        let source = match self.listen.client_address {
            ClientAddress::Connection => Source::Connection,
            ClientAddress::XForwardedFor => Source::XForwardedFor,
            ClientAddress::Forwarded => Source::Forwarded,
            ClientAddress::ProxyProtocol => Source::ProxyProtocol,
        };
        TrustedProxies::new(source, self.listen.trusted_proxies.iter().map(String::as_str))
    }
}
