//! The trait of an endpoint: it decides who may open a socket on a path, and takes the socket over.

use super::incoming::SocketIncoming;
use super::outbox::SocketOutbox;
use super::refusal::Refusal;
use super::settings::SocketSettings;
use actix_http::RequestHead;
use futures_util::future::LocalBoxFuture;
use std::net::SocketAddr;
use std::rc::Rc;

/// Decides about upgrades on one path. One value per worker.
pub trait Endpoint {
    /// Decides about one request. The future must be short: after the server's `admit_timeout` the upgrade is refused.
    fn admit(&self, request: &UpgradeRequest<'_>) -> LocalBoxFuture<'static, Verdict>;

    /// The proof in a request before it takes a turn, so that refused clients do not delay others.
    fn proof(&self, _: &UpgradeRequest<'_>) -> Proof {
        Proof::Later
    }

    /// Settings of this path's sockets, if they differ from the server's.
    fn socket_settings(&self) -> Option<Rc<SocketSettings>> {
        None
    }
}

/// How far a request can be judged before its turn.
pub enum Proof {
    /// Completely, without the broker or the application, so it is judged before the turn.
    Whole,
    /// A look-up without side effects tells whether it deserves a turn; `false`: it is refused without one.
    LookedUp(LocalBoxFuture<'static, bool>),
    /// Not before the socket is open, or only by another service.
    Later,
}

/// A request with a valid handshake.
#[derive(Debug, Clone, Copy)]
pub struct UpgradeRequest<'a> {
    pub(super) head: &'a RequestHead,
    pub(super) peer: SocketAddr,
    pub(super) offered: &'a [String],
}

impl<'a> UpgradeRequest<'a> {
    /// A plain request for the same path.
    pub fn of(head: &'a RequestHead, peer: SocketAddr) -> Self {
        UpgradeRequest { head, peer, offered: &[] }
    }

    /// The first value of a header that is text.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.head.headers().get(name)?.to_str().ok()
    }

    /// All values of a header that are text, in order.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.head.headers().get_all(name).filter_map(|value| value.to_str().ok())
    }

    /// All headers.
    pub fn headers(&self) -> &'a actix_http::header::HeaderMap {
        self.head.headers()
    }

    /// The path, as it was sent.
    pub fn path(&self) -> &'a str {
        self.head.uri.path()
    }

    /// The query, without the question mark.
    pub fn query(&self) -> Option<&'a str> {
        self.head.uri.query()
    }

    /// The client: the other end of the connection, or the address that a trusted proxy gives.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Subprotocols the client offers, in its order of preference.
    pub fn offered(&self) -> &'a [String] {
        self.offered
    }
}

/// The decision about a request.
pub enum Verdict {
    /// The socket opens.
    Open {
        /// The selected subprotocol; sent only if the client offered it.
        subprotocol: Option<String>,
        /// Takes the socket over, on the worker that read the request. The answer to the handshake is queued already
        /// and is sent with the first flush.
        start: Box<dyn FnOnce(Socket)>,
    },
    /// The request is refused over HTTP.
    Refuse(Refusal),
    /// The socket opens only to tell a browser the reason, because it cannot read a failed handshake.
    CloseAfterUpgrade {
        /// The subprotocol; a browser that offered some gives up, without reading the code, when none is selected.
        subprotocol: Option<String>,
        /// A frame to be sent first.
        error: Option<bytes::Bytes>,
        /// Close code.
        code: u16,
        /// Close reason.
        reason: String,
    },
}

/// An open socket. Both halves belong to one task: at each poll it calls `outbox.register`, polls `incoming`, and ends
/// its turn with `outbox.poll_flush`, which also drives the closing: no timer is needed. When the connection has ended,
/// `incoming` yields [`Ended`](hubwire_actors::outbox::Ended). A task that ends earlier, right after `outbox.close`,
/// drops `incoming`, and the closing continues by itself; without `close` the connection ends at once.
pub struct Socket {
    /// The write side; other tasks of the thread may hold it, too.
    pub outbox: Rc<SocketOutbox>,
    /// The read side.
    pub incoming: SocketIncoming,
    /// The client: the other end of the connection, or the address that a trusted proxy gives.
    pub peer: SocketAddr,
}
