//! What stands behind a path: it decides who may open a socket, and takes the socket over.

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
    /// Decides about one request. The future must not wait long: past the server's `admit_timeout` the upgrade is
    /// refused.
    fn admit(&self, request: &UpgradeRequest<'_>) -> LocalBoxFuture<'static, Verdict>;

    /// What a request shows before it takes a turn, so that who will be refused keeps nobody else out.
    fn proof(&self, _: &UpgradeRequest<'_>) -> Proof {
        Proof::Later
    }

    /// Settings of this path's sockets, where they differ from the server's.
    fn socket_settings(&self) -> Option<Rc<SocketSettings>> {
        None
    }
}

/// What a request shows of who it comes from.
pub enum Proof {
    /// It is decided about without asking the broker or the application, so that comes before the turn.
    Whole,
    /// Whether it is worth a turn is looked up, without using anything up; `false`: it is refused without one.
    LookedUp(LocalBoxFuture<'static, bool>),
    /// Nothing that can be judged before the socket is open, or somebody else has to be asked.
    Later,
}

/// A request whose handshake is in order.
#[derive(Debug, Clone, Copy)]
pub struct UpgradeRequest<'a> {
    pub(super) head: &'a RequestHead,
    pub(super) peer: SocketAddr,
    pub(super) offered: &'a [String],
}

impl<'a> UpgradeRequest<'a> {
    /// A request for the same without an upgrade.
    pub fn of(head: &'a RequestHead, peer: SocketAddr) -> Self {
        UpgradeRequest { head, peer, offered: &[] }
    }

    /// The first value of a header that is text.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.head.headers().get(name)?.to_str().ok()
    }

    /// All values of a header that are text, in their order.
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

    /// The client: the other end of the connection, or whom a trusted proxy speaks for.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Subprotocols the client offers, in its order of preference.
    pub fn offered(&self) -> &'a [String] {
        self.offered
    }
}

/// What becomes of a request.
pub enum Verdict {
    /// The socket opens.
    Open {
        /// The subprotocol agreed on; sent only if the client offered it.
        subprotocol: Option<String>,
        /// Takes the socket over, on the worker that read the request. The answer to the handshake is queued already
        /// and leaves with the first flush.
        start: Box<dyn FnOnce(Socket)>,
    },
    /// The request is answered over HTTP.
    Refuse(Refusal),
    /// The socket opens only to tell a browser why not: a browser cannot read a refused handshake.
    CloseAfterUpgrade {
        /// The subprotocol; a browser that offered some gives up, without reading the code, when none is agreed on.
        subprotocol: Option<String>,
        /// A frame to be sent before.
        error: Option<bytes::Bytes>,
        /// Close code.
        code: u16,
        /// Close reason.
        reason: String,
    },
}

/// An open socket. Both halves belong to one task: at each poll it calls `outbox.register`, polls `incoming`, and ends
/// its turn with `outbox.poll_flush`, which also drives the closing: no timer is needed. When the connection is over,
/// `incoming` says [`Ended`](hubwire_actors::outbox::Ended). A task that ends before, right after `outbox.close`, drops
/// `incoming`, and the closing goes on by itself; without `close` the connection ends at once.
pub struct Socket {
    /// The write side; what other tasks of the thread may hold too.
    pub outbox: Rc<SocketOutbox>,
    /// The read side.
    pub incoming: SocketIncoming,
    /// The client: the other end of the connection, or whom a trusted proxy speaks for.
    pub peer: SocketAddr,
}
