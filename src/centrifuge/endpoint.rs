//! Admits sockets of Centrifuge clients, in one of two formats.

use super::greeting::{self, Greeting};
use super::proxy::Handshake;
use super::shared::Centrifuge;
use crate::endpoint::Admittance;
use crate::ws::{Endpoint, Refusal, Socket, UpgradeRequest, Verdict};
use actix_web::http::StatusCode;
use futures_util::future::{ready, FutureExt, LocalBoxFuture};
use hubwire_actors::delivery::Worker;
use hubwire_actors::denylist::Denied;
use hubwire_actors::node::Node;
use hubwire_protocol::centrifuge::{codes, Format};
use hubwire_protocol::dialect::WireProtocol;
use std::rc::Rc;
use std::sync::Arc;

/// The sockets of one worker.
pub struct CentrifugeEndpoint {
    centrifuge: Arc<Centrifuge>,
    admittance: Arc<Admittance>,
    node: Node,
    worker: Rc<Worker>,
    /// Whether its clients only receive.
    is_unidirectional: bool,
}

impl CentrifugeEndpoint {
    /// An endpoint in addition to hubwire's own, whose worker it shares.
    pub fn new(centrifuge: Arc<Centrifuge>, admittance: Arc<Admittance>, node: Node, worker: Rc<Worker>) -> Self {
        CentrifugeEndpoint { centrifuge, admittance, node, worker, is_unidirectional: false }
    }

    /// The same for clients that only receive.
    pub fn unidirectional(&self) -> Self {
        let (centrifuge, admittance) = (self.centrifuge.clone(), self.admittance.clone());
        let (node, worker) = (self.node.clone(), self.worker.clone());
        CentrifugeEndpoint { centrifuge, admittance, node, worker, is_unidirectional: true }
    }

    /// Why no client may connect from the address of the request; `None`: it is not blocked.
    pub(super) fn denied(&self, request: &UpgradeRequest<'_>) -> Option<Denied> {
        let denied = self.node.judge_address(request.peer().ip())?;
        self.admittance.refusals.forbidden("blocked", &denied.refusal().message, None, request.peer());
        Some(denied)
    }

    /// Why a page may not connect, if it may not.
    pub(super) fn refused_origin(&self, request: &UpgradeRequest<'_>) -> Option<String> {
        let (origin, host) = (request.header("origin"), request.header("host"));
        let permitted = self.admittance.pages.load().permit(origin, host);
        (!permitted).then(|| self.admittance.refusals.origin(origin.unwrap_or_default(), host, request.peer()))
    }

    /// The greeting for a client of this request.
    pub(super) fn greeting(&self, request: &UpgradeRequest<'_>, format: Format, transport: &'static str) -> Greeting {
        let (centrifuge, admittance) = (self.centrifuge.clone(), self.admittance.clone());
        let (node, worker, peer) = (self.node.clone(), self.worker.clone(), request.peer());
        let is_unidirectional = self.is_unidirectional;
        let headers = centrifuge.proxies.as_ref().map(|proxies| proxies.headers(request)).unwrap_or_default();
        let handshake = Handshake { transport, headers };
        let session = node.environment().session(node.incarnation());
        Greeting { centrifuge, admittance, node, worker, format, peer, is_unidirectional, session, handshake }
    }

    fn decide(&self, request: &UpgradeRequest<'_>) -> Verdict {
        self.admittance.alone.look_at(request);
        let (format, subprotocol) = if self.is_unidirectional { (Format::Json, None) } else { format(request) };
        let denied = self.denied(request).map(|denied| denied.refusal().message);
        if let Some(message) = denied.or_else(|| self.refused_origin(request)) {
            return match request.header("origin") {
                // a browser cannot read a refused handshake
                Some(_) => {
                    let codes::Disconnect { code, reason } = codes::PERMISSION_DENIED_CLOSE;
                    Verdict::CloseAfterUpgrade { subprotocol, error: None, code, reason: reason.into() }
                }
                None => Verdict::Refuse(Refusal::new(StatusCode::FORBIDDEN, "forbidden", message)),
            };
        }
        let transport = if self.is_unidirectional { "uni_websocket" } else { "websocket" };
        let greeting = self.greeting(request, format, transport);
        let start = move |socket: Socket| drop(actix_rt::spawn(greeting::greet(greeting, socket)));
        Verdict::Open { subprotocol, start: Box::new(start) }
    }
}

impl Endpoint for CentrifugeEndpoint {
    fn admit(&self, request: &UpgradeRequest<'_>) -> LocalBoxFuture<'static, Verdict> {
        ready(self.decide(request)).boxed_local()
    }
}

/// The format by the subprotocol, or by the query; otherwise JSON.
fn format(request: &UpgradeRequest<'_>) -> (Format, Option<String>) {
    for format in [Format::Protobuf, Format::Json] {
        if request.offered().iter().any(|name| name == format.subprotocol()) {
            return (format, Some(format.subprotocol().into()));
        }
    }
    let mut pairs = request.query().unwrap_or_default().split('&');
    match pairs.any(|pair| ["format=protobuf", "cf_protocol=protobuf"].contains(&pair)) {
        true => (Format::Protobuf, None),
        false => (Format::Json, None),
    }
}
