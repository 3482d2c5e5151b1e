//! Decides which requests may open a socket here, and which key each socket has.

use super::blocked::Guard;
use super::config::WsHubConfig;
use super::connection::Connection;
use super::key;
use crate::ws::{Endpoint, Refusal, Socket, SocketSettings, UpgradeRequest, Verdict};
use actix::Addr;
use actix_http::StatusCode;
use actix_web::{web, HttpResponse, Resource};
use bytes::Bytes;
use futures_util::future::{ready, FutureExt, LocalBoxFuture};
use hubwire_actors::node::Node;
use hubwire_actors::vital::Vital;
use hubwire_actors::wshub::{Connections, WsHub};
use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// What the parts of the endpoint share across threads. One per node.
#[derive(Clone)]
pub struct WsHubHandle {
    pub(super) hub: Arc<Addr<WsHub>>,
    pub(super) config: Arc<WsHubConfig>,
    /// KiB of client messages that may still be put in flight to the broker.
    pub(super) in_flight: Arc<Semaphore>,
    pub(super) vital: Vital,
    /// The node that shares the process and whose denylist applies here; `None` when WS-HUB runs alone.
    node: Option<Node>,
}

impl WsHubHandle {
    /// A handle on a hub that was started with `config.hub`.
    pub fn new(hub: Arc<Addr<WsHub>>, config: WsHubConfig, vital: Vital) -> Self {
        let in_flight = Arc::new(Semaphore::new(config.hub.in_flight_kib_max as usize));
        WsHubHandle { hub, config: Arc::new(config), in_flight, vital, node: None }
    }

    /// Applies the denylist of `node` here, too.
    pub fn guarded_by(self, node: &Node) -> Self {
        WsHubHandle { node: Some(node.clone()), ..self }
    }

    /// The path at which clients connect.
    pub fn path(&self) -> &str {
        &self.config.path
    }
}

/// What the connections of one worker share.
pub(super) struct Worker {
    pub handle: WsHubHandle,
    pub connections: Rc<Connections>,
    pub guard: Rc<Guard>,
}

/// The sockets of one worker.
pub struct WsHubEndpoint {
    handle: WsHubHandle,
    socket: Rc<SocketSettings>,
    worker: OnceCell<Rc<Worker>>,
}

impl WsHubEndpoint {
    /// An endpoint for one worker thread.
    pub fn new(handle: WsHubHandle) -> Self {
        let socket = Rc::new(handle.config.socket_settings());
        WsHubEndpoint { handle, socket, worker: OnceCell::new() }
    }

    /// Created at the first request, on the worker's own thread.
    fn worker(&self) -> Rc<Worker> {
        let worker = self.worker.get_or_init(|| {
            let connections = Connections::start(Arc::new(self.handle.config.hub.clone()), &self.handle.vital);
            let guard = Guard::start(self.handle.node.clone());
            Rc::new(Worker { handle: self.handle.clone(), connections, guard })
        });
        worker.clone()
    }

    fn decide(&self, request: &UpgradeRequest<'_>) -> Verdict {
        let config = &self.handle.config;
        if let Some(denied) = self.worker().guard.judge(request.peer().ip()) {
            return Verdict::Refuse(Refusal::new(StatusCode::FORBIDDEN, "forbidden", denied.refusal().message));
        }
        let (origin, host) = (request.header("origin"), request.header("host"));
        if config.allowed_origins.as_ref().is_some_and(|allowed| !allowed.permit(origin, host)) {
            return Verdict::Refuse(Refusal::new(StatusCode::FORBIDDEN, "forbidden", "this page may not connect"));
        }
        match key_of(config, request) {
            Some(key) => {
                let worker = self.worker();
                let start = move |socket: Socket| Connection::start(worker, key, socket);
                Verdict::Open { subprotocol: None, start: Box::new(start) }
            }
            None => {
                let message = format!("the parameter {} is missing", config.client_key);
                Verdict::Refuse(Refusal::new(StatusCode::BAD_REQUEST, "missing_key", message))
            }
        }
    }
}

impl Endpoint for WsHubEndpoint {
    fn admit(&self, request: &UpgradeRequest<'_>) -> LocalBoxFuture<'static, Verdict> {
        ready(self.decide(request)).boxed_local()
    }

    fn socket_settings(&self) -> Option<Rc<SocketSettings>> {
        Some(self.socket.clone())
    }
}

fn key_of(config: &WsHubConfig, request: &UpgradeRequest<'_>) -> Option<Bytes> {
    let header = request.headers().get(&config.client_key).filter(|_| config.from_header);
    match header {
        Some(key) => Some(Bytes::copy_from_slice(key.as_bytes())),
        None => key::parameter(request.query().unwrap_or_default(), &config.client_key),
    }
}

/// A resource for the ordinary HTTP application: a request without an upgrade is answered with 400, as WS-HUB does.
pub fn not_an_upgrade(path: &str) -> Resource {
    let path = path.strip_suffix('/').unwrap_or(path).to_owned();
    web::resource([path.clone(), format!("{path}/")]).default_service(web::to(|| {
        let mut response = HttpResponse::BadRequest();
        response.insert_header(("Sec-WebSocket-Version", "13"));
        ready(response.content_type("text/plain; charset=utf-8").body("this is a WebSocket endpoint\n"))
    }))
}
