//! From an organisation event to the outboxes of its members: the whole node on one thread, without sockets.

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use hubwire_actors::backend::memory::MemoryCluster;
use hubwire_actors::delivery::Worker;
use hubwire_actors::environment::Environment;
use hubwire_actors::identity::{Authenticator, Identity, OrgMembership};
use hubwire_actors::metrics::Metrics;
use hubwire_actors::node::{Node, Parts, ServerPublish};
use hubwire_actors::outbox::{Incoming, Offer, Outbox};
use hubwire_actors::session::{Opening, Session};
use hubwire_actors::settings::Settings;
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::{Dialect, ErrorCode};
use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// Takes everything and counts it.
#[derive(Default)]
struct NullOutbox {
    replies: Cell<usize>,
    frames: Cell<usize>,
}

impl Outbox for NullOutbox {
    fn offer(&self, frames: &Bytes) -> Offer {
        self.frames.set(self.frames.get() + count(frames));
        Offer::Taken
    }

    fn offer_reply(&self, _: &Bytes) -> Offer {
        self.replies.set(self.replies.get() + 1);
        Offer::Taken
    }

    fn queued_bytes(&self) -> usize {
        0
    }

    fn poll_flush(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn wake(&self) {}

    fn register(&self, _: &Context<'_>) {}

    fn close(&self, _: u16, _: &str) {}

    fn abort(&self) {}

    fn is_closing(&self) -> bool {
        false
    }

    fn take_heard(&self) -> bool {
        true
    }

    fn written_bytes(&self) -> u64 {
        0
    }
}

/// How many frames a batch holds (RFC 6455, section 5.2); none of ours is longer than 64 KiB.
fn count(mut bytes: &[u8]) -> usize {
    let mut frames = 0;
    while let [_, length, rest @ ..] = bytes {
        let end = match (length, rest) {
            (126, [high, low, ..]) => 4 + usize::from(u16::from_be_bytes([*high, *low])),
            (short, _) => 2 + usize::from(*short),
        };
        bytes = &bytes[end.min(bytes.len())..];
        frames += 1;
    }
    frames
}

struct Nobody;

impl Authenticator for Nobody {
    fn token(&self, _: &str, _: Dialect) -> Result<Identity, Refusal> {
        Err(Refusal::new(ErrorCode::BadCredentials, "no tokens here"))
    }
}

/// A node, and members of `acme` with null sockets.
pub struct Rig {
    pub node: Node,
    outboxes: Vec<Rc<NullOutbox>>,
}

impl Rig {
    async fn start(members: usize) -> Rig {
        Rig::start_with(members, |_| Vec::new()).await
    }

    /// Each member sends something after its welcome, and has an answer to each of it.
    pub async fn start_with(members: usize, says: impl Fn(usize) -> Vec<Incoming>) -> Rig {
        let environment = Environment::real();
        let incarnation = environment.incarnation();
        let (sender, events) = mpsc::channel(65_536);
        let backend = MemoryCluster::new(environment.clone()).node(incarnation, sender);
        let node = Node::start(Parts {
            settings: Arc::new(Settings::default()),
            environment,
            metrics: Arc::new(Metrics::new().unwrap()),
            incarnation,
            authenticator: Arc::new(Nobody),
            backend,
            events,
            tracer: Default::default(),
        });
        while node.ping().await.is_err() {
            tokio::task::yield_now().await; // until it holds its lease
        }
        let worker = Worker::start(node.clone());
        let outboxes: Vec<Rc<NullOutbox>> = (0..members).map(|_| Rc::default()).collect();
        for (index, outbox) in outboxes.iter().enumerate() {
            let orgs = [("acme".parse().unwrap(), OrgMembership::default())].into_iter().collect();
            let user = format!("u{index}").parse().unwrap();
            let identity = Some(Identity { orgs, ..Identity::of(user) });
            let opening = Opening {
                session: None,
                dialect: Dialect::default(),
                identity,
                hold: false,
                visible_ping: false,
                device_class: None,
                address: None,
            };
            let says = says(index);
            let replies = 1 + says.len(); // the welcome is one
            Session::start(worker.clone(), opening, outbox.clone(), stream::iter(says).chain(stream::pending()));
            until(|| outbox.replies.get() >= replies).await;
        }
        Rig { node, outboxes }
    }

    /// Publishes and waits until every member has everything.
    async fn publish(&self, publications: usize) {
        let publish = || {
            self.node.publish(ServerPublish {
                to: "org:acme".parse().unwrap(),
                from: None,
                kind: "order/paid".into(),
                payload: Some(format!(r#"{{"note":"{}"}}"#, "x".repeat(100))),
                error: None,
                meta: None,
                traceparent: None,
                id: None,
                ephemeral: false,
                narrowing: Default::default(),
                key_name: "test".into(),
            })
        };
        let expected: Vec<usize> = self.outboxes.iter().map(|outbox| outbox.frames.get() + publications).collect();
        for outcome in join_all((0..publications).map(|_| publish())).await {
            outcome.unwrap();
        }
        until(|| self.outboxes.iter().zip(&expected).all(|(outbox, frames)| outbox.frames.get() >= *frames)).await;
    }
}

async fn until(is_true: impl Fn() -> bool) {
    while !is_true() {
        tokio::task::yield_now().await;
    }
}

pub fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fan_out");
    for members in [1, 100, 1000] {
        let system = actix::System::new();
        let rig = system.block_on(Rig::start(members));
        for publications in [1, 64] {
            group.throughput(Throughput::Elements((members * publications) as u64));
            let id = BenchmarkId::new(format!("{publications}_at_once"), members);
            group.bench_function(id, |bencher| bencher.iter(|| system.block_on(rig.publish(publications))));
        }
    }
    group.finish();
}
