//! TLS to the broker: how its certificate is checked, and which certificate this node presents.
//!
//! The files are read at each new connection, so that a renewed certificate needs no restart.

use redis::{Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, RedisResult, TlsCertificates};
use std::io;
use std::path::{Path, PathBuf};

/// Files (PEM) of a TLS connection; all may be absent. Ignored if the URL does not ask for TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificates of the trusted authorities, instead of the system's.
    pub authorities: Option<PathBuf>,
    /// The certificate of this client, with the chain below its authority, and its key.
    pub client: Option<(PathBuf, PathBuf)>,
}

impl TlsFiles {
    /// A client of a server, with the present contents of the files.
    ///
    /// # Errors
    /// If a file cannot be read or holds no certificate or key.
    pub fn client(&self, info: ConnectionInfo) -> RedisResult<Client> {
        match info.addr() {
            ConnectionAddr::TcpTls { .. } => {
                use_ring();
                Client::build_with_tls(info, self.read()?)
            }
            _ => Client::open(info),
        }
    }

    fn read(&self) -> io::Result<TlsCertificates> {
        let client_tls = match &self.client {
            Some((certificate, key)) => {
                Some(ClientTlsConfig { client_cert: file(certificate)?, client_key: file(key)? })
            }
            None => None,
        };
        let root_cert = self.authorities.as_deref().map(file).transpose()?;
        Ok(TlsCertificates { client_tls, root_cert })
    }
}

fn file(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// The client library uses the process-wide provider. One that was installed before is fine.
fn use_ring() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Another address of the same kind: with TLS if the former one has it.
pub(super) fn moved(info: &ConnectionInfo, host: String, port: u16) -> ConnectionAddr {
    match info.addr() {
        ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
            ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: tls_params.clone() }
        }
        _ => ConnectionAddr::Tcp(host, port),
    }
}

/// The host of an address, if it has one.
pub(super) fn host(addr: &ConnectionAddr) -> Option<&str> {
    match addr {
        ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => Some(host),
        _ => None,
    }
}
