//! From a request with `Upgrade: websocket` to an open socket. Whatever has to wait runs in a task of its own, so that
//! the HTTP server's state and buffers for the connection are freed meanwhile.

use super::admissions::{Admission, OpenSockets};
use super::endpoint::{Endpoint, Proof, Socket, UpgradeRequest, Verdict};
use super::handshake::Handshake;
use super::incoming::SocketIncoming;
use super::outbox::SocketOutbox;
use super::pace::{Line, Pace};
use super::refusal::Refusal;
use super::routes::Routes;
use super::settings::{ServerSettings, SocketSettings};
use crate::listener::{client_address, Wire};
use actix_codec::{Framed, FramedParts};
use actix_http::header::HeaderMap;
use actix_http::{h1, HttpMessage as _, Request, StatusCode, Uri};
use bytes::BytesMut;
use hubwire_actors::outbox::Outbox;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

/// Time limit for a refused client to read the answer.
const REFUSE_TIMEOUT: Duration = Duration::from_secs(1);

/// State that the upgrades of one worker share.
pub(super) struct Upgrades {
    settings: ServerSettings,
    socket: Rc<SocketSettings>,
    routes: Routes,
    open: OpenSockets,
    pace: Pace,
}

impl Upgrades {
    pub(super) fn new(settings: ServerSettings, routes: Routes, open: OpenSockets, pace: Pace) -> Self {
        Upgrades { socket: Rc::new(settings.socket.clone()), settings, routes, open, pace }
    }

    /// Opens the socket or answers with a refusal.
    pub(super) async fn upgrade(self: Rc<Self>, request: Request, framed: Framed<Wire, h1::Codec>) {
        let parts = framed.into_parts();
        let decision = self.decide(&request, &parts.io).await;
        forget(request);
        match decision {
            Ok((decided, verdict)) => match verdict {
                Verdict::Refuse(refusal) => refuse(parts, &refusal).await,
                Verdict::Open { subprotocol, start } => {
                    start(decided.open(parts, subprotocol.as_deref()));
                }
                Verdict::CloseAfterUpgrade { subprotocol, error, code, reason } => {
                    let socket = decided.open(parts, subprotocol.as_deref());
                    if let Some(error) = error {
                        socket.outbox.offer_reply(&error);
                    }
                    socket.outbox.close(code, &reason); // the closing goes on by itself
                }
            },
            Err(refusal) => refuse(parts, &refusal).await,
        }
    }

    async fn decide(&self, request: &Request, io: &Wire) -> Result<(Decided, Verdict), Refusal> {
        let gone = |_| Refusal::new(StatusCode::BAD_REQUEST, "gone", "the connection ended");
        let peer = request.peer_addr().map_or_else(|| io.tcp().peer_addr(), Ok).map_err(gone)?;
        let peer = client_address(peer, request.headers(), &self.settings.door.proxies.load());
        let handshake = Handshake::check(request.head(), self.settings.header_bytes_max)?;
        let endpoint = self
            .routes
            .find(request.path())
            .ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "not_found", "no such path"))?;
        let admission = self.open.admit(peer.ip())?;
        let upgrade = UpgradeRequest { head: request.head(), peer, offered: &handshake.offered };
        let verdict = self.in_turn(&**endpoint, &upgrade).await?;
        let settings = endpoint.socket_settings().unwrap_or_else(|| self.socket.clone());
        Ok((Decided { handshake, admission, peer, settings }, verdict))
    }
}

impl Upgrades {
    /// Lets the endpoint decide, when it is the request's turn.
    async fn in_turn(&self, endpoint: &dyn Endpoint, upgrade: &UpgradeRequest<'_>) -> Result<Verdict, Refusal> {
        let late =
            |_| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "the upgrade was not decided in time");
        let within = self.settings.admit_timeout;
        let proof = endpoint.proof(upgrade);
        let is_whole = matches!(proof, Proof::Whole);
        match proof {
            Proof::Whole => {}
            Proof::LookedUp(is_good) => {
                if timeout(within, is_good).await.map_err(late)? {
                    self.pace.turn(Line::Known).await?;
                }
            }
            Proof::Later => self.pace.turn(Line::Unknown).await?,
        }
        let verdict = timeout(within, endpoint.admit(upgrade)).await.map_err(late)?;
        if is_whole && matches!(verdict, Verdict::Open { .. }) {
            self.pace.turn(Line::Known).await?;
        }
        Ok(verdict)
    }
}

/// Drops a request with all that it holds. The HTTP layer keeps 128 heads of requests per thread for reuse, unchanged:
/// each with a table of headers (6.5 KiB), and through the value of a header with the read buffer of its connection
/// (8 KiB).
fn forget(mut request: Request) {
    let head = request.head_mut();
    head.headers = HeaderMap::new();
    head.uri = Uri::default();
}

/// A decided request, and what its socket needs if it opens.
struct Decided {
    handshake: Handshake,
    admission: Admission,
    peer: SocketAddr,
    settings: Rc<SocketSettings>,
}

impl Decided {
    fn open(self, parts: FramedParts<Wire, h1::Codec>, subprotocol: Option<&str>) -> Socket {
        let Decided { handshake, admission, peer, settings } = self;
        if let Err(error) = prepare(parts.io.tcp(), settings.unacknowledged_timeout) {
            log::debug!("socket options not set, peer={peer}: {error}");
        }
        let compression = settings.compression.as_ref().filter(|_| handshake.offers_compression);
        compression.inspect(|compression| compression.metrics.agreed());
        let compresses = compression.is_some();
        let outbox = SocketOutbox::new(parts.io, settings, admission);
        let outbox = Rc::new(if compresses { outbox.compressing() } else { outbox });
        outbox.push(parts.write_buf.freeze()); // answers to requests before this one
        outbox.push(handshake.response(subprotocol, compresses));
        // the HTTP server's buffer is larger than its content
        let unread = if parts.read_buf.is_empty() { BytesMut::new() } else { BytesMut::from(&parts.read_buf[..]) };
        Socket { incoming: SocketIncoming::new(outbox.clone(), unread), outbox, peer }
    }
}

/// Sends small frames at once, and detects a vanished peer.
fn prepare(io: &actix_rt::net::TcpStream, unacknowledged_timeout: Duration) -> io::Result<()> {
    io.set_nodelay(true)?;
    let bound = (!unacknowledged_timeout.is_zero()).then_some(unacknowledged_timeout);
    socket2::SockRef::from(io).set_tcp_user_timeout(bound)
}

/// Answers over HTTP, ends our side, and reads until the peer ends its own: with unread input the kernel would reset
/// the connection, and the answer could be lost.
async fn refuse(mut parts: FramedParts<Wire, h1::Codec>, refusal: &Refusal) {
    let answer = async {
        parts.io.write_all(&parts.write_buf).await?;
        parts.io.write_all(&refusal.response()).await?;
        parts.io.shutdown().await?;
        let mut dropped = [0; 1024];
        while parts.io.read(&mut dropped).await? > 0 {}
        io::Result::Ok(())
    };
    // a client that is gone, or does not end its side in time, gets no more of our time
    let _ = timeout(REFUSE_TIMEOUT, answer).await;
}
