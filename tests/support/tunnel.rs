//! TLS for clients that know none: bytes go in plain on one side and encrypted on the other, as `stunnel` does it.

use super::certificates::Signed;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{crypto::ring, ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

/// See the module. Ends with the test.
pub struct Tunnel {
    port: u16,
    /// Dropped with the tunnel.
    _stop: tokio::sync::oneshot::Sender<()>,
}

/// A client that trusts one authority and may show a certificate.
pub fn connector(authority: &Path, client: Option<&Signed>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    let config = match client {
        None => config.with_no_client_auth(),
        Some(Signed { certificate, key }) => {
            let certificate = CertificateDer::from_pem_file(certificate).unwrap();
            config.with_client_auth_cert(vec![certificate], PrivateKeyDer::from_pem_file(key).unwrap()).unwrap()
        }
    };
    TlsConnector::from(Arc::new(config))
}

impl Tunnel {
    /// Leads to a loopback port.
    pub fn to(target: u16, connector: TlsConnector) -> Tunnel {
        Tunnel::open("127.0.0.1", target, Some(connector))
    }

    /// Leads to a loopback port from another loopback address, without TLS.
    pub fn from(source: &'static str, target: u16) -> Tunnel {
        Tunnel::open(source, target, None)
    }

    /// It has a thread of its own, so that a test that waits on its own thread waits for nothing.
    fn open(source: &'static str, target: u16, connector: Option<TlsConnector>) -> Tunnel {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let accept = async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((plain, _)) = listener.accept().await {
                tokio::spawn(carry(plain, source, target, connector.clone()));
            }
        };
        std::thread::spawn(move || {
            runtime.block_on(async move {
                tokio::select! {
                    () = accept => {}
                    _ = stopped => {}
                }
            });
        });
        Tunnel { port, _stop: stop }
    }

    /// Where the plain side is.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/ws", self.port)
    }
}

/// What goes wrong on one side ends the other.
async fn carry(mut plain: TcpStream, source: &str, target: u16, connector: Option<TlsConnector>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(source.parse().unwrap(), 0)).unwrap();
    let Ok(mut tcp) = socket.connect(SocketAddr::from(([127, 0, 0, 1], target))).await else { return };
    let Some(connector) = connector else {
        let _ = tokio::io::copy_bidirectional(&mut plain, &mut tcp).await;
        return;
    };
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let Ok(mut encrypted) = connector.connect(name, tcp).await else { return };
    let _ = tokio::io::copy_bidirectional(&mut plain, &mut encrypted).await;
}
