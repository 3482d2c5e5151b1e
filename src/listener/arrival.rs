//! The steps of a connection before HTTP: the PROXY header of a balancer, then TLS, within one time limit.

use super::certificates::Certificates;
use super::proxy_protocol;
use super::tls_stream::TlsStream;
use super::trusted::TrustedProxies;
use super::wire::Wire;
use actix_rt::net::TcpStream;
use arc_swap::ArcSwap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// The requirements of a listener. The default has none.
#[derive(Debug, Clone, Default)]
pub struct Door {
    /// The certificates, if there is TLS.
    pub tls: Option<Arc<Certificates>>,
    /// The trusted proxies.
    pub proxies: Arc<ArcSwap<TrustedProxies>>,
    /// Time limit for all steps together.
    pub timeout: Duration,
}

/// Why a connection was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum NotArrived {
    /// It ended without sending anything: a probe of a balancer, or a client that changed its mind.
    #[error("the connection ended")]
    Gone,
    /// A trusted proxy sent no PROXY header.
    #[error("a trusted proxy (listen.trusted_proxies) sent no PROXY header: {0}")]
    Proxy(io::Error),
    /// The TLS handshake failed.
    #[error("the TLS handshake failed: {0}")]
    Tls(io::Error),
    /// It took too long.
    #[error("the PROXY header or the TLS handshake took too long")]
    TooSlow,
}

impl Door {
    /// Accepts a connection; returns the address of the client as far as the connection tells it.
    ///
    /// # Errors
    /// When the connection does not meet the requirements.
    pub async fn arrive(&self, tcp: TcpStream) -> Result<(Wire, SocketAddr), NotArrived> {
        let peer = tcp.peer_addr().map_err(|_| NotArrived::Gone)?;
        // fails only when the connection has ended, which is detected below
        let _ = tcp.set_nodelay(true);
        let introduced = self.proxies.load().introduce(peer.ip());
        if self.tls.is_none() && !introduced {
            return Ok((Wire::Plain(tcp), peer));
        }
        let arrived = tokio::time::timeout(self.timeout, self.introduce(tcp, peer, introduced));
        arrived.await.unwrap_or(Err(NotArrived::TooSlow))
    }

    async fn introduce(
        &self,
        mut tcp: TcpStream,
        peer: SocketAddr,
        introduced: bool,
    ) -> Result<(Wire, SocketAddr), NotArrived> {
        let mut client = peer;
        if introduced {
            let named = proxy_protocol::read(&mut tcp).await;
            client = named.map_err(|error| not_arrived(error, NotArrived::Proxy))?.unwrap_or(peer);
        }
        match &self.tls {
            None => Ok((Wire::Plain(tcp), client)),
            Some(certificates) => {
                let tls = TlsStream::accept(tcp, certificates.now()).await;
                let tls = tls.map_err(|error| not_arrived(error, NotArrived::Tls))?;
                Ok((Wire::Tls(Box::new(tls)), client))
            }
        }
    }
}

fn not_arrived(error: io::Error, reason: fn(io::Error) -> NotArrived) -> NotArrived {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => NotArrived::Gone,
        _ => reason(error),
    }
}
