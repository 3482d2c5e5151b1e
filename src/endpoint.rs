//! `/ws`: from the request for a socket to a session.
//!
//! Origin, subprotocol and credentials are checked here. A program gets its refusal as an HTTP status, a browser as a
//! close code of an opened socket, because it cannot read a refused handshake.

use crate::alone::Alone;
use crate::application::{connect, ConnectHook, Handshake};
use crate::auth::cookies::Cookies;
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
use hubwire_protocol::event::{ErrorBody, Event};
use hubwire_protocol::{CloseCode, DeviceId, Dialect, Dismissal, ErrorCode};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

/// What decides about requests; shared by all workers.
pub struct Admittance {
    /// Checks tokens.
    pub tokens: Arc<Tokens>,
    /// The origins of pages that may connect.
    pub pages: Arc<ArcSwap<Pages>>,
    /// The cookies that are taken.
    pub cookies: Arc<ArcSwap<Cookies>>,
    /// Whether made-up identities are believed.
    pub dev: bool,
    /// Counts and logs who is turned away.
    pub refusals: Refusals,
    /// Looks for a balancer in front of a node without a broker.
    pub(crate) alone: Alone,
    /// Knows clients that show no credentials of ours.
    pub(crate) connect: Option<Arc<ConnectHook>>,
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
    is_counted: bool,
}

impl NotAdmitted {
    fn new(close: CloseCode, code: ErrorCode, message: String) -> Self {
        NotAdmitted { close, code, message, reason: None, is_counted: false }
    }

    fn denied(denied: Denied) -> Self {
        let (Refusal { code, message, .. }, (close, reason)) = (denied.refusal(), denied.close());
        NotAdmitted { reason: Some(reason), ..NotAdmitted::new(close, code, message) }
    }
}

impl Admittance {
    /// A refused origin was counted where it was seen.
    fn count(&self, refusal: &NotAdmitted, peer: SocketAddr) {
        match refusal.close {
            _ if refusal.is_counted => {}
            CloseCode::Forbidden => {
                let label = if refusal.reason.is_some() { "blocked" } else { "forbidden" };
                self.refusals.forbidden(label, &refusal.message, peer);
            }
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

    /// The worker of this thread, for the other endpoints whose sockets it serves.
    pub fn worker(&self) -> &Rc<Worker> {
        &self.worker
    }

    fn presented(&self, request: &UpgradeRequest<'_>) -> Result<Presented, NotAdmitted> {
        let (origin, host) = (request.header("origin"), request.header("host"));
        if !self.admittance.pages.load().permit(origin, host) {
            let message = self.admittance.refusals.origin(origin.unwrap_or_default(), host, request.peer());
            let refusal = NotAdmitted::new(CloseCode::Forbidden, ErrorCode::Forbidden, message);
            return Err(NotAdmitted { is_counted: true, ..refusal });
        }
        let offered = request.offered().iter().map(String::as_str);
        let query = request.query().unwrap_or_default();
        credentials::read(request.values("authorization"), query, offered, self.admittance.dev)
            .map_err(|error| bad_credentials(error.to_string()))
    }

    /// Who the cookies of a page say its user is. Without an `Origin`, which was judged before, no page sent them.
    fn by_cookie(&self, request: &UpgradeRequest<'_>) -> Option<Result<Identity, Refusal>> {
        request.header("origin")?;
        let lines: Vec<&str> = request.values("cookie").collect();
        let now_s = self.node.environment().unix_ms() / 1000;
        self.admittance.cookies.load().identify(lines.iter().copied(), now_s)
    }

    /// What the application is asked about a client without credentials of ours; `None`: it is not asked.
    fn shown_to_application(
        &self,
        request: &UpgradeRequest<'_>,
        device: Option<&DeviceId>,
    ) -> Option<connect::Question> {
        let hook = self.admittance.connect.as_ref()?;
        let handshake = Handshake {
            path: request.path(),
            address: request.peer().ip(),
            origin: request.header("origin"),
            device,
            headers: request.headers(),
        };
        hook.question(&handshake, self.node.environment().unix_ms() / 1000)
    }

    /// The dialect of the first subprotocol of ours; the default one when none is offered.
    fn dialect(request: &UpgradeRequest<'_>) -> Result<(Dialect, Option<String>), NotAdmitted> {
        let mut offered = request.offered().iter().filter(|name| !name.starts_with(credentials::BEARER_SUBPROTOCOL));
        let ours = offered.clone().find_map(|name| Some((Dialect::of_subprotocol(name)?, Some(name.clone()))));
        match (ours, offered.next()) {
            (Some(ours), _) => Ok(ours),
            (None, None) => Ok((Dialect::default(), None)),
            (None, Some(_)) => Err(NotAdmitted::new(CloseCode::Subprotocol, ErrorCode::BadSyntax, offer_one_of_ours())),
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
        let (dialect, subprotocol) = match Self::dialect(request) {
            Ok(dialect) => dialect,
            Err(refusal) => return ready(refuse(refusal)).boxed_local(),
        };
        let Presented { credentials, device, hold, text_ping } = match self.presented(request) {
            Ok(presented) => presented,
            Err(refusal) => return ready(refuse(refusal)).boxed_local(),
        };
        let by_cookie = self.by_cookie(request);
        let (worker, node, shown_device) = (self.worker.clone(), self.node.clone(), device.clone());
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
                Opening {
                    dialect,
                    identity,
                    hold,
                    visible_ping: text_ping,
                    address: Some(peer.ip().to_string().into()),
                },
            )
        };
        let verdict = match credentials {
            Credentials::FirstMessage => {
                match by_cookie {
                    None => {}
                    Some(Ok(identity)) => return ready(open(Some(identity))).boxed_local(),
                    Some(Err(refusal)) => return ready(refuse(not_accepted(refusal))).boxed_local(),
                }
                let Some(question) = self.shown_to_application(request, shown_device.as_ref()) else {
                    return ready(open(None)).boxed_local();
                };
                return async move {
                    match question.ask().await {
                        Ok(identity) => open(identity),
                        Err(refusal) => refuse(not_known(refusal)),
                    }
                }
                .boxed_local();
            }
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
    NotAdmitted::new(CloseCode::Unauthenticated, ErrorCode::BadCredentials, message)
}

/// A token or ticket that was not taken, or a broker that could not be asked about it.
fn not_accepted(refusal: Refusal) -> NotAdmitted {
    let close = match refusal.code {
        ErrorCode::BadCredentials | ErrorCode::TokenExpired | ErrorCode::TokenRevoked => CloseCode::Unauthenticated,
        _ => CloseCode::BrokerUnavailable,
    };
    NotAdmitted::new(close, refusal.code, refusal.message)
}

fn offer_one_of_ours() -> String {
    let ours: Vec<&str> = Dialect::own().map(Dialect::subprotocol).collect();
    format!("offer the subprotocol {}", ours.join(" or "))
}

/// A client that the application does not know, or about which it did not answer.
fn not_known(refusal: Refusal) -> NotAdmitted {
    let close = match refusal.code {
        ErrorCode::BadCredentials => CloseCode::Unauthenticated,
        ErrorCode::Forbidden => CloseCode::Forbidden,
        _ => CloseCode::Overloaded,
    };
    NotAdmitted::new(close, refusal.code, refusal.message)
}

fn refused(refusal: NotAdmitted, browser: bool, subprotocol: Option<String>) -> Verdict {
    let NotAdmitted { close, code, message, reason, .. } = refusal;
    if browser {
        let subprotocol = subprotocol.filter(|name| Dialect::of_subprotocol(name).is_some());
        let reason = match (reason, close) {
            (Some(reason), _) => reason.into(),
            (None, CloseCode::Unauthenticated) => Dismissal::of(code).reason().into(),
            // a developer reads the reason in the browser's console
            (None, CloseCode::Forbidden) => clipped(&message),
            (None, other) => other.reason().into(),
        };
        let body = ErrorBody { code, message: &message, retry: code.retry(), retry_after_ms: None, not_done: &[] };
        let dialect = subprotocol.as_deref().and_then(Dialect::of_subprotocol).unwrap_or_default();
        let error = dialect.event(&Event::Error(body), None, None);
        return Verdict::CloseAfterUpgrade { subprotocol, error, code: dialect.close(close, &reason), reason };
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
