//! From an upgrade request to a session: at `/ws`, and at the paths of other clients that begin in the same way.
//!
//! Checks origin, subprotocol and credentials. A program gets its refusal as an HTTP status, a browser as a close code
//! of an opened socket, because it cannot read a failed handshake.

mod clientele;
mod not_admitted;

pub use clientele::Clientele;

use crate::alone::Alone;
use crate::application::{connect, ConnectHook, Handshake};
use crate::auth::cookies::Cookies;
use crate::auth::credentials::{self, Credentials, CredentialsError, Presented};
use crate::auth::jwt::Tokens;
use crate::auth::origin::{same_origin, Pages};
use crate::refusals::Refusals;
use crate::ws::{self, Endpoint, Proof, Socket, UpgradeRequest, Verdict};
use arc_swap::ArcSwap;
use futures_util::future::{ready, FutureExt, LocalBoxFuture};
use futures_util::{stream, Stream, StreamExt};
use hubwire_actors::delivery::Worker;
use hubwire_actors::identity::{Authenticator as _, Identity};
use hubwire_actors::node::Node;
use hubwire_actors::outbox::{Incoming, Outbox};
use hubwire_actors::session::{Opening, Session};
use hubwire_actors::words::outcome::Refusal;

use hubwire_protocol::{CloseCode, DeviceId, ErrorCode, SessionId};
use not_admitted::{bad_credentials, closed, not_accepted, not_known, refused, NotAdmitted};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

/// The checks of requests; shared by all workers.
pub struct Admittance {
    /// Checks tokens.
    pub tokens: Arc<Tokens>,
    /// The origins of pages that may connect.
    pub pages: Arc<ArcSwap<Pages>>,
    /// The accepted cookies.
    pub cookies: Arc<ArcSwap<Cookies>>,
    /// Whether made-up identities are accepted.
    pub dev: bool,
    /// Counts and logs refusals.
    pub refusals: Refusals,
    /// Detects a balancer in front of a node without a broker.
    pub(crate) alone: Alone,
    /// Identifies clients without credentials of ours.
    pub(crate) connect: Option<Arc<ConnectHook>>,
}

/// An endpoint of one worker.
pub struct HubEndpoint {
    node: Node,
    admittance: Arc<Admittance>,
    worker: Rc<Worker>,
    clientele: Clientele,
}

impl Admittance {
    /// Counts a refusal. Returns the one for the client: an address that tried too many wrong credentials has to wait.
    /// A refused origin is counted elsewhere, by the code that detects it.
    fn count(&self, node: &Node, refusal: NotAdmitted, peer: SocketAddr) -> NotAdmitted {
        let user = refusal.user.clone();
        match refusal.close {
            _ if refusal.is_counted => {}
            CloseCode::Forbidden => {
                let label = if refusal.reason.is_some() { "blocked" } else { "forbidden" };
                self.refusals.forbidden(label, &refusal.message, user, peer);
            }
            CloseCode::Unauthenticated if refusal.code == ErrorCode::BadCredentials => {
                let beyond = self.refusals.wrong_credentials(node, &refusal.message, user, peer);
                return beyond.map_or(refusal, NotAdmitted::too_many);
            }
            CloseCode::Unauthenticated => self.refusals.credentials(&refusal.message, user, peer),
            _ => self.refusals.other(refusal.code.as_str()),
        }
        refusal
    }
}

impl HubEndpoint {
    /// Starts the delivery actor of this thread.
    pub fn new(node: Node, admittance: Arc<Admittance>) -> Self {
        let worker = Worker::start(node.clone());
        HubEndpoint { node, admittance, worker, clientele: Clientele::own() }
    }

    /// The same for the clients of another path.
    pub fn of(&self, clientele: Clientele) -> Self {
        let (node, admittance, worker) = (self.node.clone(), self.admittance.clone(), self.worker.clone());
        HubEndpoint { node, admittance, worker, clientele }
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
        self.shown(request).map_err(|error| bad_credentials(error.to_string()))
    }

    /// The parameters of a request, unchecked.
    fn shown(&self, request: &UpgradeRequest<'_>) -> Result<Presented, CredentialsError> {
        let offered = request.offered().iter().map(String::as_str);
        let query = (request.query().unwrap_or_default(), self.clientele.ticket);
        credentials::read(request.values("authorization"), query, offered, self.admittance.dev)
    }

    /// The user in the cookies of a page. A page sends an `Origin`, which was checked before, or, if it requests a
    /// stream from its own host, only Fetch metadata.
    fn by_cookie(&self, request: &UpgradeRequest<'_>) -> Option<Result<Identity, Refusal>> {
        let is_page = request.header("origin").is_some() || request.header("sec-fetch-site") == Some("same-origin");
        let lines: Vec<&str> = request.values("cookie").filter(|_| is_page).collect();
        let now_s = self.node.environment().unix_ms() / 1000;
        self.admittance.cookies.load().identify(lines.iter().copied(), now_s)
    }

    /// The question to the application about a client without credentials of ours; `None`: it is not asked.
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
}

/// The opening of a session for the request, and the selected subprotocol.
type Judged = Result<(Opening, Option<String>), NotAdmitted>;

impl HubEndpoint {
    /// Identifies the client, and decides how its session begins.
    fn judge(&self, request: &UpgradeRequest<'_>) -> LocalBoxFuture<'static, Judged> {
        self.admittance.alone.look_at(request);
        // before any credentials are checked
        if let Some(denied) = self.node.judge_address(request.peer().ip()) {
            return ready(Err(NotAdmitted::denied(denied))).boxed_local();
        }
        let judged = (self.clientele.agree)(request).and_then(|agreed| Ok((agreed, self.presented(request)?)));
        let ((dialect, subprotocol), presented) = match judged {
            Ok(judged) => judged,
            Err(refusal) => return ready(Err(refusal)).boxed_local(),
        };
        let Presented { credentials, device, device_class, hold, text_ping } = presented;
        let asks = matches!(credentials, Credentials::FirstMessage);
        let by_cookie = if asks { self.by_cookie(request) } else { None };
        let question =
            if asks && by_cookie.is_none() { self.shown_to_application(request, device.as_ref()) } else { None };
        let (hold, text_ping) = (hold && self.clientele.has_options, text_ping && self.clientele.has_options);
        let (node, tokens, peer) = (self.node.clone(), self.admittance.tokens.clone(), request.peer());
        let origin = match credentials {
            Credentials::Ticket(_) => request.header("origin").map(str::to_owned),
            _ => None,
        };
        async move {
            let identity = match credentials {
                Credentials::FirstMessage => match (by_cookie, question) {
                    (Some(known), _) => Some(known.map_err(not_accepted)?),
                    (None, Some(question)) => question.ask().await.map_err(not_known)?,
                    (None, None) => None,
                },
                Credentials::Dev(identity) => Some(identity),
                Credentials::Token(token) => Some(tokens.verify_fresh(&token).await.map_err(|error| {
                    let user = error.is_expiry().then(|| tokens.former_user(&token)).flatten();
                    not_accepted(error.into()).of(user)
                })?),
                Credentials::Ticket(ticket) => {
                    let redeemed = node.redeem(&ticket).await;
                    let identity = redeemed.and_then(|it| it.for_page(|bound| same_origin(origin.as_deref(), bound)));
                    Some(identity.map_err(not_accepted)?)
                }
            };
            if let Some((known, denied)) = identity.as_ref().and_then(|known| Some((known, node.judge(known)?))) {
                return Err(NotAdmitted::denied(denied).of(Some(known.user.clone())));
            }
            let identity = identity.map(|identity| identity.through(device));
            // a client that authenticates in its first message names its start positions there
            let hold = hold && identity.is_some();
            let address = Some(peer.ip());
            Ok((
                Opening { session: None, dialect, identity, hold, visible_ping: text_ping, device_class, address },
                subprotocol,
            ))
        }
        .boxed_local()
    }

    /// The proof in a request. A ticket is looked up and stays valid: it is redeemed when the request has its turn.
    pub(crate) fn proof_of(&self, request: &UpgradeRequest<'_>) -> Proof {
        if self.node.judge_address(request.peer().ip()).is_some() {
            return Proof::Whole;
        }
        match self.shown(request) {
            Ok(Presented { credentials: Credentials::Ticket(ticket), .. }) => {
                let node = self.node.clone();
                // without an answer of the broker it must not be refused before its turn
                Proof::LookedUp(async move { node.has_ticket(&ticket).await.unwrap_or(true) }.boxed_local())
            }
            Ok(Presented { credentials: Credentials::FirstMessage, .. }) => match self.by_cookie(request) {
                Some(_) => Proof::Whole,
                None => Proof::Later,
            },
            Ok(_) | Err(_) => Proof::Whole,
        }
    }

    /// Decides about a session without a socket. The client can read the status.
    pub(crate) fn admit_stream(
        &self,
        request: &UpgradeRequest<'_>,
    ) -> LocalBoxFuture<'static, Result<Opening, ws::Refusal>> {
        let (judged, admittance, peer) = (self.judge(request), self.admittance.clone(), request.peer());
        let node = self.node.clone();
        let opening = judged.map(move |judged| {
            let opening = judged.map(|(opening, _)| opening);
            opening.map_err(|refusal| refused(admittance.count(&node, refusal, peer)))
        });
        opening.boxed_local()
    }

    /// Starts a session on this thread.
    pub(crate) fn start<S>(&self, opening: Opening, outbox: Rc<dyn Outbox>, incoming: S) -> SessionId
    where
        S: Stream<Item = Incoming> + Unpin + 'static,
    {
        Session::start(self.worker.clone(), opening, outbox, incoming)
    }
}

impl Endpoint for HubEndpoint {
    fn proof(&self, request: &UpgradeRequest<'_>) -> Proof {
        self.proof_of(request)
    }

    fn admit(&self, request: &UpgradeRequest<'_>) -> LocalBoxFuture<'static, Verdict> {
        let is_browser = request.header("origin").is_some();
        let agreed = (self.clientele.agree)(request).ok();
        let (judged, admittance, peer) = (self.judge(request), self.admittance.clone(), request.peer());
        let (node, worker, first) = (self.node.clone(), self.worker.clone(), self.clientele.first.clone());
        let verdict = judged.map(move |judged| match judged {
            Ok((opening, subprotocol)) => {
                // a client that authenticates in its first message enters the room afterwards
                let first = first.filter(|_| opening.identity.is_some());
                let start = move |Socket { outbox, incoming, .. }: Socket| match first {
                    None => drop(Session::start(worker, opening, outbox, incoming)),
                    Some(first) => {
                        let incoming = stream::iter([Incoming::Text(first)]).chain(incoming);
                        Session::start(worker, opening, outbox, incoming);
                    }
                };
                Verdict::Open { subprotocol, start: Box::new(start) }
            }
            Err(refusal) => {
                let refusal = admittance.count(&node, refusal, peer);
                let (dialect, subprotocol) = agreed.unwrap_or_default();
                match is_browser {
                    true => closed(refusal, dialect, subprotocol),
                    false => Verdict::Refuse(refused(refusal)),
                }
            }
        });
        verdict.boxed_local()
    }
}
