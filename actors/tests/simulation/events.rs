//! Server events under faults: links to the broker that lose calls and are cut, nodes that die while they deliver, and
//! a receiver that fails, hangs, and dies just before it answers. Each event arrives at least once, and the events of
//! a user arrive first in their order.

use crate::backend::LinkedBackend;
use crate::chance::{chance, environment, node_environment};
use crate::link::{Cable, Link, Manners};
use crate::network::Network;
use crate::sabotage::Sabotage;
use crate::trace::{Lines, Trace};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use hubwire_actors::backend::memory::MemoryCluster;
use hubwire_actors::backend::{AppendDirect, Backend, EventSubject, Retention, ServerEventSettings};
use hubwire_actors::server_events::{self, BatchOutcome, CourierSettings, EventSink};
use hubwire_protocol::cluster::Envelope;
use rand::rngs::StdRng;
use rand::Rng;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::LocalSet;
use tokio::time::{sleep, Instant};

const SEEDS: u64 = 10;
const NODES: usize = 3;
const USERS: usize = 5;
/// Of each user.
const EVENTS: u64 = 20;
/// After this a receiver that hangs is given up.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How long a cluster without faults may take to deliver the rest.
const REST: Duration = Duration::from_secs(180);

/// What the receiver does with a batch.
enum Does {
    Takes,
    TakesSlowly,
    Fails,
    Hangs,
    /// The receiver has the batch, but the answer is lost.
    DiesAfterwards,
}

/// The application's server.
struct Receiver {
    chance: Mutex<StdRng>,
    troubled: Mutex<bool>,
    /// Accepts events and discards them: a planted fault.
    forgets: bool,
    /// Users and the numbers of their events, as they arrived.
    arrived: Mutex<Vec<(String, u64)>>,
}

impl Receiver {
    fn next(&self) -> Does {
        let troubled = *self.troubled.lock().unwrap();
        match self.chance.lock().unwrap().random_range(0..8) {
            0 if troubled => Does::Fails,
            1 if troubled => Does::Hangs,
            2 if troubled => Does::DiesAfterwards,
            3 if troubled => Does::TakesSlowly,
            _ => Does::Takes,
        }
    }

    fn take(&self, batch: &Bytes) {
        let batch: serde_json::Value = serde_json::from_slice(batch).unwrap();
        for event in batch["events"].as_array().unwrap() {
            let number = event["publication"]["payload"].as_u64().unwrap();
            self.arrived.lock().unwrap().push((event["user"].as_str().unwrap().to_owned(), number));
        }
    }

    /// The events of a user without those that came again.
    fn first_of(&self, user: &str) -> Vec<u64> {
        let mut first = Vec::new();
        for (_, number) in self.arrived.lock().unwrap().iter().filter(|(of, _)| of == user) {
            if !first.contains(number) {
                first.push(*number);
            }
        }
        first
    }

    fn has_all(&self) -> bool {
        users().all(|user| self.first_of(&user).len() as u64 == EVENTS)
    }
}

struct Webhook(Arc<Receiver>);

impl EventSink for Webhook {
    fn deliver(&self, batch: Bytes) -> BoxFuture<'static, BatchOutcome> {
        let receiver = self.0.clone();
        Box::pin(async move {
            match receiver.next() {
                Does::Fails => return BatchOutcome::Failed("500".into()),
                Does::Hangs => {
                    sleep(TIMEOUT).await;
                    return BatchOutcome::Failed("no answer in time".into());
                }
                Does::DiesAfterwards => {
                    receiver.take(&batch);
                    return BatchOutcome::Failed("the connection ended".into());
                }
                Does::TakesSlowly => sleep(TIMEOUT - Duration::from_millis(100)).await,
                Does::Takes => {}
            }
            if !receiver.forgets {
                receiver.take(&batch);
            }
            BatchOutcome::Taken
        })
    }
}

fn users() -> impl Iterator<Item = String> {
    (0..USERS).map(|user| format!("u{user}"))
}

/// A broker, the couriers of some nodes, and their receiver.
struct Scene {
    seed: u64,
    network: Rc<Network>,
    cluster: MemoryCluster,
    manners: Rc<Cell<Manners>>,
    receiver: Arc<Receiver>,
    lives: Cell<u32>,
    began: Instant,
}

impl Scene {
    /// Couriers of a node that starts now.
    fn start(&self) -> Rc<Link> {
        self.lives.set(self.lives.get() + 1);
        let name = format!("n{}", self.lives.get());
        let environment = node_environment(self.seed, &name, self.began, 0);
        let cable = Cable {
            name: name.clone(),
            network: self.network.clone(),
            trace: Rc::new(Trace::new(Lines::Hash)),
            chance: chance(self.seed, &format!("{name} link")),
            manners: self.manners.clone(),
        };
        let (link, _) = Link::connect(cable, &self.cluster, environment.incarnation());
        let backend: Rc<dyn Backend> = Rc::new(LinkedBackend { link: link.clone(), sabotage: Sabotage::None });
        let sink: Arc<dyn EventSink> = Arc::new(Webhook(self.receiver.clone()));
        let settings = Rc::new(CourierSettings { batch_max: 3, ..CourierSettings::default() });
        let registry = prometheus::Registry::new();
        server_events::start(&backend, &sink, &settings, &environment, &registry).unwrap();
        link
    }

    /// One fault, or none.
    fn disturb(&self, links: &mut [Rc<Link>], draw: &mut StdRng) {
        let node = draw.random_range(0..links.len());
        match draw.random_range(0..8) {
            0 => links[node].cut(),
            1 => links[node].stall(Instant::now() + Duration::from_secs(4)),
            2 => {
                links[node].sever();
                links[node] = self.start();
            }
            3..=5 => links.iter().for_each(|link| link.mend()),
            _ => {}
        }
    }
}

/// A message for somebody who is away.
async fn write(backend: &dyn Backend, user: &str, number: u64) {
    let (to, payload) = (format!("user:{user}"), number.to_string());
    let envelope = Envelope {
        to: &to,
        from: None,
        session: None,
        id: None,
        ts: 1,
        kind: "note",
        payload: Some(&payload),
        error: None,
        narrowed: None,
        meta: None,
    };
    let retention = Retention { count: 1000, age: Duration::from_secs(3600), bytes: 1 << 20 };
    let append = AppendDirect {
        from: None,
        to: user.parse().unwrap(),
        envelope: envelope.encode().into(),
        nonce: number,
        idempotency: None,
        share: None,
        within: None,
        retention,
        own_retention: retention,
    };
    backend.append_direct(append, false).await.unwrap();
}

/// What broke the promise.
fn wrongs_of(seed: u64, forgets: bool) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let chance_of = |part: &str| chance(seed, part);
        let receiver = Arc::new(Receiver {
            chance: Mutex::new(chance_of("receiver")),
            troubled: Mutex::new(true),
            forgets,
            arrived: Mutex::default(),
        });
        let of_broker = environment(seed, "broker");
        let manners = Manners { delay_ms: 20, hiccup_ms: 1500, hiccups: 40, ..Manners::default() };
        let scene = Scene {
            seed,
            network: Rc::default(),
            cluster: MemoryCluster::new(of_broker.clone()),
            manners: Rc::new(Cell::new(Manners { lost_calls: 40, lost_answers: 40, ..manners })),
            receiver: receiver.clone(),
            lives: Cell::new(0),
            began: Instant::now(),
        };
        tokio::task::spawn_local(scene.network.clone().run());
        scene.cluster.write_server_events(ServerEventSettings {
            subjects: vec![EventSubject::Direct],
            marked: Vec::new(),
            waiting_max: 10_000,
            dead_max: 100,
        });
        let mut links: Vec<Rc<Link>> = (0..NODES).map(|_| scene.start()).collect();
        let (sender, _events) = tokio::sync::mpsc::channel(8);
        let writer = scene.cluster.node(of_broker.incarnation(), sender);
        let mut draw = chance_of("faults");
        for number in 1..=EVENTS {
            for user in users() {
                write(&*writer, &user, number).await;
            }
            scene.disturb(&mut links, &mut draw);
            sleep(Duration::from_millis(draw.random_range(0..4000))).await;
        }
        *receiver.troubled.lock().unwrap() = false;
        scene.manners.set(Manners::default());
        links.iter().for_each(|link| link.mend());
        let deadline = Instant::now() + REST;
        while !receiver.has_all() && Instant::now() < deadline {
            sleep(Duration::from_millis(200)).await;
        }
        let expected: Vec<u64> = (1..=EVENTS).collect();
        let got = users().map(|user| (receiver.first_of(&user), user)).filter(|(got, _)| *got != expected);
        got.map(|(got, user)| format!("seed {seed}: {user} {got:?}")).collect()
    })
}

#[test]
fn every_event_arrives_at_least_once_and_in_order_per_user_whatever_fails() {
    let wrongs: Vec<String> = (1..=SEEDS).flat_map(|seed| wrongs_of(seed, false)).collect();
    assert!(wrongs.is_empty(), "{wrongs:#?}");
}

#[test]
fn a_receiver_that_loses_what_it_took_is_found() {
    assert!(!wrongs_of(1, true).is_empty());
}
