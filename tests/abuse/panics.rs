//! A fault in a handler ends the session it happened in, and nothing else.

use crate::frames::{text, CLOSE, TEXT};
use crate::raw::Raw;
use actix_server::ServerHandle;
use actix_web::App;
use futures_util::future::{ready, FutureExt, LocalBoxFuture};
use hubwire::ws::{serve, Endpoint, OpenSockets, Pace, Routes, ServerSettings, Socket, UpgradeRequest, Verdict};
use hubwire_actors::backend::memory::MemoryCluster;
use hubwire_actors::delivery::Worker;
use hubwire_actors::environment::Environment;
use hubwire_actors::identity::{Authenticator, Identity};
use hubwire_actors::metrics::Metrics;
use hubwire_actors::node::{Node, Parts};
use hubwire_actors::session::{Opening, Session};
use hubwire_actors::settings::Settings;
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::{CloseCode, Dialect, ErrorCode};
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::mpsc::sync_channel;
use std::sync::Arc;

/// Panics on the token `bug`, takes any other for the user's name.
struct Buggy;

impl Authenticator for Buggy {
    fn token(&self, token: &str, _: Dialect) -> Result<Identity, Refusal> {
        assert_ne!(token, "bug", "the fault under test");
        let refused = |error| Refusal::new(ErrorCode::BadCredentials, format!("{error}"));
        let user = token.parse().map_err(refused)?;
        Ok(Identity::of(user))
    }
}

struct Sessions(Rc<Worker>);

impl Endpoint for Sessions {
    fn admit(&self, _: &UpgradeRequest<'_>) -> LocalBoxFuture<'static, Verdict> {
        let worker = self.0.clone();
        let start = Box::new(move |socket: Socket| {
            let opening = Opening {
                session: None,
                dialect: Dialect::default(),
                identity: None,
                hold: false,
                visible_ping: false,
                device_class: None,
                address: None,
            };
            Session::start(worker, opening, socket.outbox, socket.incoming);
        });
        ready(Verdict::Open { subprotocol: None, start }).boxed_local()
    }
}

/// A node in this process, on a thread of its own; with it its count of sockets, its metrics and how to end it.
fn node() -> (SocketAddr, OpenSockets, Arc<Metrics>, ServerHandle) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (open, metrics) = (OpenSockets::new(1000, 0), Arc::new(Metrics::new().unwrap()));
    let (counted, counters) = (open.clone(), metrics.clone());
    let (tell, told) = sync_channel(1);
    std::thread::spawn(move || {
        actix_rt::System::new().block_on(async move {
            let environment = Environment::real();
            let incarnation = environment.incarnation();
            let (sender, events) = tokio::sync::mpsc::channel(1000);
            let node = Node::start(Parts {
                settings: Arc::new(Settings::default()),
                environment: environment.clone(),
                metrics: counters,
                incarnation,
                authenticator: Arc::new(Buggy),
                backend: MemoryCluster::new(environment).node(incarnation, sender),
                events,
                tracer: Default::default(),
            });
            let settings = ServerSettings { workers: 1, ..ServerSettings::default() };
            let routes = move || Routes::default().with("/ws", Sessions(Worker::start(node.clone())));
            let server =
                serve(listener, &settings, &counted, &Pace::free(), move || (routes(), App::new())).await.unwrap();
            tell.send(server.handle()).unwrap();
            server.await.unwrap();
        });
    });
    (address, open, metrics, told.recv().unwrap())
}

fn auth(token: &str) -> Vec<u8> {
    text(format!(r#"{{"type":"@@hub/auth","payload":{{"token":"{token}"}}}}"#))
}

/// A session that behaves; `None` while the node does not know yet which others there are, and sends everybody away.
fn healthy(address: SocketAddr) -> Option<Raw> {
    let mut raw = Raw::open(address, "/ws");
    raw.send(&auth("healthy"));
    loop {
        let got = raw.read_frame().unwrap()?;
        match got.opcode {
            TEXT => {
                assert_eq!(serde_json::from_slice::<serde_json::Value>(&got.payload).unwrap()["type"], "@@hub/welcome")
            }
            CLOSE => {
                assert_eq!(crate::raw::code_of(&got), Some(CloseCode::BrokerUnavailable.code()));
                return None;
            }
            _ => continue,
        }
        return Some(raw);
    }
}

#[tokio::test]
async fn a_panic_in_a_handler_ends_its_session_and_no_other() {
    let (address, open, metrics, handle) = node();
    let mut welcomed = healthy(address);
    assert_eventually!(
        welcomed.is_some() || {
            welcomed = healthy(address);
            welcomed.is_some()
        },
        "the node takes nobody"
    );
    let mut healthy = welcomed.unwrap();
    for _ in 0..20 {
        let mut raw = Raw::open(address, "/ws");
        // the second one waits behind the first, in the same read: nobody may come to it
        raw.send(&[auth("bug"), auth("bug"), auth("bug")].concat());
        assert_eq!(raw.close_code(), Some(1011));
        raw.assert_ends();
    }
    assert_eventually!(open.count() == 1, "{} sockets are left", open.count());
    assert_eq!(metrics.sessions_closed.with_label_values(&["panic"]).get(), 20);
    assert_eq!(metrics.sessions.get(), 1);
    healthy.send(&text(r#"{"type":"@@hub/ping","meta":{"hub":{"id":"still"}}}"#));
    assert_eq!(crate::victim::action(&mut healthy)["meta"]["hub"]["re"], "still");
    drop(handle.stop(false)); // the command is sent at the call
}
