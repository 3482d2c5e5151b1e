//! What a connection passes before HTTP: the PROXY header of a balancer, then TLS, both within one bound of time.

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

/// What a listener asks of connections. The default asks nothing.
#[derive(Debug, Clone, Default)]
pub struct Door {
    /// Where there is TLS.
    pub tls: Option<Arc<Certificates>>,
    /// Proxies that are trusted.
    pub proxies: Arc<ArcSwap<TrustedProxies>>,
    /// Most time for all of it.
    pub timeout: Duration,
}

/// Why a connection did not come through.
#[derive(Debug, thiserror::Error)]
pub enum NotArrived {
    /// It ended before anything came: a probe of a balancer, or a client that changed its mind.
    #[error("the connection ended")]
    Gone,
    /// A trusted proxy did not say for whom it speaks.
    #[error("a trusted proxy (listen.trusted_proxies) began with no PROXY header: {0}")]
    Proxy(io::Error),
    /// The two did not agree.
    #[error("TLS could not be agreed on: {0}")]
    Tls(io::Error),
    /// It took too long.
    #[error("the PROXY header or the TLS handshake took too long")]
    TooSlow,
}

impl Door {
    /// Lets a connection in; with the address of the client as far as the connection tells it.
    ///
    /// # Errors
    /// When it does not bring what it should.
    pub async fn arrive(&self, tcp: TcpStream) -> Result<(Wire, SocketAddr), NotArrived> {
        let peer = tcp.peer_addr().map_err(|_| NotArrived::Gone)?;
        // fails only when the connection has ended, which is seen below
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
