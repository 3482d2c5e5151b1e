//! `/ws`: from the request for a socket to a session.
//!
//! Origin, subprotocol and credentials are checked here. A program gets its refusal as an HTTP status, a browser as a
//! close code of an opened socket, because it cannot read a refused handshake.

use crate::alone::Alone;
use crate::auth::credentials::{self, Credentials, Presented};
use crate::auth::jwt::Tokens;
use crate::auth::origin::Pages;
use crate::refusals::Refusals;
use crate::ws::{self, Endpoint, Socket, UpgradeRequest, Verdict};
use actix_web::http::StatusCode;
use arc_swap::ArcSwap;
use futures_util::future::{ready, FutureExt, LocalBoxFuture};
use hubwire_actors::delivery::Worker;
use hubwire_actors::denylist::Denied;
use hubwire_actors::identity::Identity;
use hubwire_actors::node::Node;
use hubwire_actors::session::{Opening, Session};
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::control::{ErrorBody, ServerControl};
use hubwire_protocol::{CloseCode, Codec, DeviceId, Dismissal, ErrorCode};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

/// What decides about requests; shared by all workers.
pub struct Admittance {
    /// Checks tokens.
    pub tokens: Arc<Tokens>,
    /// The origins of pages that may connect.
    pub pages: Arc<ArcSwap<Pages>>,
    /// Whether made-up identities are believed.
    pub dev: bool,
    /// Counts and logs who is turned away.
    pub refusals: Refusals,
    /// Looks for a balancer in front of a node without a broker.
    pub(crate) alone: Alone,
}

/// The endpoint of one worker.
pub struct HubEndpoint {
    node: Node,
    admittance: Arc<Admittance>,
    worker: Rc<Worker>,
}

/// Why a request does not become a session.
struct NotAdmitted {
    close: CloseCode,
    code: ErrorCode,
    message: String,
    /// The reason of a close, where it is not the one of the code.
    reason: Option<&'static str>,
}

impl NotAdmitted {
    fn denied(denied: Denied) -> Self {
        let (Refusal { code, message, .. }, (close, reason)) = (denied.refusal(), denied.close());
        NotAdmitted { close, code, message, reason: Some(reason) }
    }
}

impl Admittance {
    /// A refused origin was counted where it was seen.
    fn count(&self, refusal: &NotAdmitted, peer: SocketAddr) {
        match refusal.close {
            CloseCode::Forbidden => {}
            CloseCode::Unauthenticated => self.refusals.credentials(&refusal.message, peer),
            _ => self.refusals.other(refusal.code.as_str()),
        }
    }
}

impl HubEndpoint {
    /// Starts the delivery actor of this thread.
    pub fn new(node: Node, admittance: Arc<Admittance>) -> Self {
        let worker = Worker::start(node.clone());
        HubEndpoint { node, admittance, worker }
    }

    fn presented(&self, request: &UpgradeRequest<'_>) -> Result<Presented, NotAdmitted> {
        let (origin, host) = (request.header("origin"), request.header("host"));
        if !self.admittance.pages.load().permit(origin, host) {
            let message = self.admittance.refusals.origin(origin.unwrap_or_default(), host, request.peer());
            return Err(NotAdmitted { close: CloseCode::Forbidden, code: ErrorCode::Forbidden, message, reason: None });
        }
        let offered = request.offered().iter().map(String::as_str);
        let query = request.query().unwrap_or_default();
        credentials::read(request.values("authorization"), query, offered, self.admittance.dev)
            .map_err(|error| bad_credentials(error.to_string()))
    }

    /// The codec of the first subprotocol of ours; JSON when none is offered.
    fn codec(request: &UpgradeRequest<'_>) -> Result<(Codec, Option<String>), NotAdmitted> {
        let mut offered = request.offered().iter().filter(|name| !name.starts_with(credentials::BEARER_SUBPROTOCOL));
        let ours = offered.clone().find_map(|name| Some((Codec::from_subprotocol(name)?, Some(name.clone()))));
        match (ours, offered.next()) {
            (Some(ours), _) => Ok(ours),
            (None, None) => Ok((Codec::Json, None)),
            (None, Some(_)) => Err(NotAdmitted {
                close: CloseCode::Subprotocol,
                code: ErrorCode::BadSyntax,
                message: "offer the subprotocol hubwire.v1.json or hubwire.v1.msgpack".into(),
                reason: None,
            }),
        }
    }
}

fn open(worker: Rc<Worker>, subprotocol: Option<String>, opening: Opening) -> Verdict {
    let start = move |socket: Socket| Session::start(worker, opening, socket.outbox, socket.incoming);
    Verdict::Open { subprotocol, start: Box::new(start) }
}

impl Endpoint for HubEndpoint {
    fn admit(&self, request: &UpgradeRequest<'_>) -> LocalBoxFuture<'static, Verdict> {
        self.admittance.alone.look_at(request);
        let browser = request.header("origin").is_some();
        let first_offered = request.offered().first().cloned();
        let (admittance, peer) = (self.admittance.clone(), request.peer());
        let refuse = move |refusal: NotAdmitted| {
            admittance.count(&refusal, peer);
            refused(refusal, browser, first_offered.clone())
        };
        let (codec, subprotocol) = match Self::codec(request) {
            Ok(codec) => codec,
            Err(refusal) => return ready(refuse(refusal)).boxed_local(),
        };
        let Presented { credentials, device, hold, text_ping } = match self.presented(request) {
            Ok(presented) => presented,
            Err(refusal) => return ready(refuse(refusal)).boxed_local(),
        };
        let (worker, node) = (self.worker.clone(), self.node.clone());
        let refuse_denied = refuse.clone();
        let open = move |identity: Option<Identity>| {
            if let Some(denied) = identity.as_ref().and_then(|identity| node.judge(identity)) {
                return refuse_denied(NotAdmitted::denied(denied));
            }
            let identity = identity.map(|identity| with_device(identity, device));
            // one that authenticates by its first message says there from where it goes on
            let hold = hold && identity.is_some();
            open(
                worker,
                subprotocol,
                Opening { codec, identity, hold, text_ping, address: Some(peer.ip().to_string().into()) },
            )
        };
        let verdict = match credentials {
            Credentials::FirstMessage => open(None),
            Credentials::Dev(identity) => open(Some(identity)),
            Credentials::Token(token) => {
                let tokens = self.admittance.tokens.clone();
                return async move {
                    match tokens.verify_fresh(&token).await {
                        Ok(identity) => open(Some(identity)),
                        Err(error) => refuse(not_accepted(error.into())),
                    }
                }
                .boxed_local();
            }
            Credentials::Ticket(ticket) => {
                let node = self.node.clone();
                return async move {
                    match node.redeem(&ticket).await {
                        Ok(identity) => open(Some(identity)),
                        Err(refusal) => refuse(not_accepted(refusal)),
                    }
                }
                .boxed_local();
            }
        };
        ready(verdict).boxed_local()
    }
}

fn with_device(mut identity: Identity, device: Option<DeviceId>) -> Identity {
    // a ticket is for the device its issuer named: the client must not move it to another one
    identity.device = identity.device.or(device);
    identity
}

fn bad_credentials(message: String) -> NotAdmitted {
    NotAdmitted { close: CloseCode::Unauthenticated, code: ErrorCode::BadCredentials, message, reason: None }
}

/// A token or ticket that was not taken, or a broker that could not be asked about it.
fn not_accepted(refusal: Refusal) -> NotAdmitted {
    let close = match refusal.code {
        ErrorCode::BadCredentials | ErrorCode::TokenExpired | ErrorCode::TokenRevoked => CloseCode::Unauthenticated,
        _ => CloseCode::BrokerUnavailable,
    };
    NotAdmitted { close, code: refusal.code, message: refusal.message, reason: None }
}

fn refused(refusal: NotAdmitted, browser: bool, subprotocol: Option<String>) -> Verdict {
    let NotAdmitted { close, code, message, reason } = refusal;
    if browser {
        let subprotocol = subprotocol.filter(|name| Codec::from_subprotocol(name).is_some());
        let reason = match (reason, close) {
            (Some(reason), _) => reason.into(),
            (None, CloseCode::Unauthenticated) => Dismissal::of(code).reason().into(),
            // a developer reads the reason in the browser's console
            (None, CloseCode::Forbidden) => clipped(&message),
            (None, other) => other.reason().into(),
        };
        let body = ErrorBody { code, message: &message, retry: code.retry(), retry_after_ms: None, not_done: &[] };
        let codec = subprotocol.as_deref().and_then(Codec::from_subprotocol).unwrap_or(Codec::Json);
        let error = codec.control(&ServerControl::Error(body), None, None);
        return Verdict::CloseAfterUpgrade { subprotocol, error: Some(error), code: close.code(), reason };
    }
    let status = match close {
        CloseCode::Forbidden => StatusCode::FORBIDDEN,
        CloseCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        CloseCode::Subprotocol => StatusCode::BAD_REQUEST,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    Verdict::Refuse(ws::Refusal::new(status, code.as_str(), message))
}

/// A close reason has at most 123 bytes (RFC 6455 section 5.5).
fn clipped(reason: &str) -> String {
    let mut end = reason.len().min(123);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason[..end].to_owned()
}
