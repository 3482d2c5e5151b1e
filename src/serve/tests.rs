//! A node that breaks: a real one, with a real client, in this process.

use super::*;
use crate::alone::Alone;
use crate::auth::cookies::Cookies;
use crate::auth::jwt::Tokens;
use crate::auth::origin::Pages;
use crate::endpoint::{Admittance, HubEndpoint};
use crate::listener::listen;
use crate::refusals::Refusals;
use crate::ws::{self, Routes, ServerSettings};
use actix_web::App;
use arc_swap::ArcSwap;
use hubwire_actors::backend::memory::MemoryCluster;
use hubwire_actors::environment::{Environment, Source};
use hubwire_actors::metrics::Metrics;
use hubwire_actors::node::Parts;
use hubwire_actors::settings::Settings;
use hubwire_client::socket::{connect, SocketMessage, SocketReader, Trust};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::ThreadId;

/// A clock that panics on demand, only on the core thread: presence reads it for each session.
struct Faulty {
    core: ThreadId,
    armed: Arc<AtomicBool>,
}

impl Source for Faulty {
    fn unix_ms(&self) -> u64 {
        let is_core = std::thread::current().id() == self.core;
        assert!(!(is_core && self.armed.load(Ordering::SeqCst)), "planted");
        1_795_239_502_123
    }

    fn random(&self) -> u64 {
        Environment::real().nonce()
    }
}

async fn client(port: u16, user: &str) -> SocketReader {
    let url = format!("ws://127.0.0.1:{port}/ws?user={user}");
    connect(&url, &[], &[], &Trust::web()).await.unwrap().0
}

#[test]
fn a_panic_in_an_actor_of_many_sends_clients_elsewhere_and_ends_the_node() {
    actix_rt::System::new().block_on(async {
        let armed = Arc::new(AtomicBool::new(false));
        let environment = Environment::new(Faulty { core: std::thread::current().id(), armed: armed.clone() });
        let incarnation = environment.incarnation();
        let (sender, events) = tokio::sync::mpsc::channel(1000);
        let auth = Config::load(None, std::iter::empty(), &[]).unwrap().config.auth;
        let tokens = Arc::new(Tokens::new(&auth, environment.clone()).unwrap());
        let node = Node::start(Parts {
            settings: Arc::new(Settings::default()),
            environment: environment.clone(),
            metrics: Arc::new(Metrics::new().unwrap()),
            incarnation,
            authenticator: tokens.clone(),
            backend: MemoryCluster::new(environment.clone()).node(incarnation, sender),
            events,
            tracer: Default::default(),
        });
        let listener = listen("listen.public", ([127, 0, 0, 1], 0).into()).unwrap();
        let port = listener.local_addr().unwrap().port();
        // sessions, which read the clock too and break alone, have threads of their own
        let settings = ServerSettings { workers: 2, ..ServerSettings::default() };
        let (open, drain) = (OpenSockets::new(100, 0), Drain::default());
        let refusals = Refusals::new(node.metrics().registry(), node.audit().clone()).unwrap();
        let cookies = Arc::new(ArcSwap::from_pointee(Cookies::new(&auth)));
        let pages = Arc::new(ArcSwap::from_pointee(Pages { allowed: auth.allowed_origins, dev: true }));
        let alone = Alone::new(true);
        let admittance = Admittance { tokens, pages, cookies, dev: true, refusals, alone, connect: None };
        let admittance = Arc::new(admittance);
        let routed = node.clone();
        let served = move || {
            let routes = Routes::default().with("/ws", HubEndpoint::new(routed.clone(), admittance.clone()));
            (routes, App::new())
        };
        let server = ws::serve(listener, &settings, &open, &ws::Pace::free(), served).await;
        actix_rt::spawn(server.unwrap());

        // before that it accepts no clients
        while node.ping().await.is_err() {
            tokio::task::yield_now().await;
        }
        let mut healthy = client(port, "healthy").await;
        let SocketMessage::Text(welcome) = healthy.next().await.unwrap() else { panic!("no welcome") };
        assert!(welcome.contains("@@hub/welcome"), "{welcome}");
        let ending = until_drained(&node, &drain, &open, Duration::from_secs(60));
        let breaking = async {
            armed.store(true, Ordering::SeqCst);
            let _unlucky = client(port, "unlucky").await;
            loop {
                match healthy.next().await.unwrap() {
                    SocketMessage::Closed { code, .. } => return code,
                    SocketMessage::Text(bye) => assert!(bye.contains("@@hub/bye"), "{bye}"),
                    SocketMessage::Binary(_) => panic!("not JSON"),
                }
            }
        };
        let (ended, code) = tokio::join!(ending, breaking);
        assert_eq!(code, Some(4000));
        assert!(matches!(ended, Err(NodeError::Broken)), "{ended:?}");
        assert!(node.vital().is_broken() && drain.is_begun());
    });
}
