//! TLS to the broker: what its certificate is checked against, and what this node shows of itself.
//!
//! The files are read at each new connection, so that a renewed certificate needs no restart.

use redis::{Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, RedisResult, TlsCertificates};
use std::io;
use std::path::{Path, PathBuf};

/// Files (PEM) of a connection with TLS; all may be absent. Of no effect where the URL does not ask for TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificates of the authorities that are trusted, instead of those of the system.
    pub authorities: Option<PathBuf>,
    /// The certificate of this client, with the chain below its authority, and its key.
    pub client: Option<(PathBuf, PathBuf)>,
}

impl TlsFiles {
    /// A client of a server, with what the files hold now.
    ///
    /// # Errors
    /// When a file cannot be read or holds no certificate or key.
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

/// The client library takes the provider of the process. One that was chosen before is as good.
fn use_ring() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Another address of the same kind: with TLS where the one before has it.
pub(super) fn moved(info: &ConnectionInfo, host: String, port: u16) -> ConnectionAddr {
    match info.addr() {
        ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
            ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: tls_params.clone() }
        }
        _ => ConnectionAddr::Tcp(host, port),
    }
}

/// The host of an address, where it has one.
pub(super) fn host(addr: &ConnectionAddr) -> Option<&str> {
    match addr {
        ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => Some(host),
        _ => None,
    }
}
