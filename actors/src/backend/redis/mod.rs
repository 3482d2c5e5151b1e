//! The backend of a cluster: Redis, alone, behind sentinels or as a Redis Cluster.
//!
//! | module | what it does |
//! |---|---|
//! | `config`, `location`, `login` | configuration and credentials |
//! | `keys`, `slots`, `scripts`, `command` | names of keys, Lua scripts, commands with their hash slot |
//! | `topology`, `wires`, `run` | servers, their connections, sending commands to them |
//! | `lane` | the one ordered queue of appends and publishes |
//! | `pubsub`, `link`, `hearing`, `echo`, `identity`, `trouble` | subscriptions, and the proof that they work |
//! | `heed` | work that scripts which publish on a topic leave to the node |
//! | `plain` | the separate plain bus for WS-HUB |
//! | `watermark` | refuses appends before the broker is full |
//! | `judging` | whether sessions are on live nodes, for scripts |
//! | `streams`, `topics`, `direct`, `affiliations`, `denylist`, `directory`, `membership`, `states`, `persistent`, `profiles`, `leaving`, `nodes`, `watching`, `tenant`, `shelf`, `erasure`, `channel_snapshots`, `health`, `advice` | the calls of [`Backend`] by subject |

mod advice;
mod affiliations;
mod channel_snapshots;
mod command;
mod config;
mod crowded;
mod denylist;
mod direct;
mod directory;
mod echo;
mod erasure;
mod event_keys;
mod events_prelude;
mod health;
mod hearing;
mod heed;
mod identity;
mod judging;
mod keys;
mod keys_of_users;
mod lane;
mod leaving;
mod link;
mod location;
mod login;
mod membership;
mod nodes;
mod people;
mod persistent;
pub mod plain;
mod profiles;
mod pubsub;
mod reply;
mod route;
mod run;
mod scripts;
mod server_events;
mod shelf;
mod slots;
mod states;
mod stats;
mod streams;
mod tenant;
mod tls;
mod topics;
mod topology;
mod trouble;
mod vitals;
mod watching;
mod watermark;
mod wires;

pub use config::RedisConfig;
pub use location::{Location, LocationError};
pub use login::{Login, Password};
pub use {stats::BackendStats, tls::TlsFiles};

use super::*;
use crate::environment::Environment;
use ::redis::Value;
use bytes::Bytes;
use command::Command;
use hubwire_protocol::{Address, DeviceId, Incarnation, Position, UserId};
use keys::Keys;
use lane::Lane;
use pubsub::Subscriptions;
use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tenant::Tenant;
use tokio::sync::{mpsc, Mutex, MutexGuard};
use tokio::task::JoinSet;
use watermark::Watermark;
use wires::Wires;

/// Number of locks for sessions: calls of different sessions run in parallel unless they share one.
const TURNS: usize = 64;

/// A node's connection to Redis.
///
/// It connects in the background and retries without end; until it is connected, and whenever Redis is away, calls fail
/// with [`BackendError::Unavailable`]. Dropping it ends all of its tasks and connections.
pub struct RedisBackend {
    core: Rc<RedisCore>,
    subscriptions: Rc<Subscriptions>,
    _tasks: JoinSet<()>,
}

/// State that the calls of one backend share.
struct RedisCore {
    wires: Rc<Wires>,
    keys: Keys,
    lane: Lane,
    incarnation: Incarnation,
    tenant: Tenant,
    watermark: Rc<Watermark>,
    events: Events,
    /// Whether a report of a call without an answer is pending.
    unanswered: Cell<bool>,
    /// Calls outside of the append lane that were not answered yet.
    in_flight: Cell<usize>,
    turns: Vec<Mutex<()>>,
    crowded: crowded::Crowded,
}

impl RedisBackend {
    /// Starts connecting and returns at once. `events` must have a capacity of at least 2. Call it within a `LocalSet`
    /// (an actix system is one) on the thread that will use it.
    pub fn connect(
        config: RedisConfig,
        incarnation: Incarnation,
        environment: Environment,
        events: mpsc::Sender<BackendEvent>,
    ) -> Rc<RedisBackend> {
        let keys = Keys::new(&config.key_prefix, config.location.database());
        let wires = Rc::new(Wires::new(config, environment));
        let (lane, serve) = Lane::new(Rc::clone(&wires));
        let node_channel = keys.node(incarnation);
        let events = Events::new(events);
        let subscriptions = Subscriptions::new(Rc::clone(&wires), events.clone(), incarnation, node_channel);
        let subscriptions = Rc::new(subscriptions);
        let mut tasks = JoinSet::new();
        tasks.spawn_local(Rc::clone(&wires).keep());
        tasks.spawn_local(Rc::clone(&subscriptions).keep());
        tasks.spawn_local(Rc::clone(&subscriptions).watch());
        tasks.spawn_local(Rc::clone(&wires).look_after());
        tasks.spawn_local(serve);
        let watermark = Rc::new(Watermark::default());
        tasks.spawn_local(Rc::clone(&watermark).keep(Rc::clone(&wires)));
        let tenant = Tenant::new(Rc::clone(&wires), keys.clone(), incarnation, Arc::clone(&wires.takeovers));
        let core = RedisCore {
            wires,
            keys,
            lane,
            incarnation,
            tenant,
            watermark,
            events,
            unanswered: Cell::new(false),
            in_flight: Cell::new(0),
            turns: (0..TURNS).map(|_| Mutex::new(())).collect(),
            crowded: Default::default(),
        };
        Rc::new(RedisBackend { core: Rc::new(core), subscriptions, _tasks: tasks })
    }

    /// The counters of this backend.
    pub fn stats(&self) -> Arc<BackendStats> {
        Arc::clone(&self.core.wires.stats)
    }
}

impl RedisCore {
    fn is_cluster(&self) -> bool {
        self.wires.config.location.is_cluster()
    }

    fn publish_command(&self) -> &'static str {
        if self.is_cluster() {
            "SPUBLISH"
        } else {
            "PUBLISH"
        }
    }

    fn publish(&self, channel: &str, message: &[u8]) -> lane::LaneCall {
        self.lane.publish(Command::on(self.publish_command(), channel).arg(message))
    }

    /// Starts work outside of the append lane; it continues when its future is dropped.
    fn spawn<T, F>(self: &Rc<Self>, work: impl FnOnce(Rc<RedisCore>) -> F) -> Reply<T>
    where
        T: 'static,
        F: Future<Output = Result<T, BackendError>> + 'static,
    {
        if self.in_flight.get() >= self.wires.config.queue_max {
            return Box::pin(std::future::ready(Err(BackendError::Overloaded)));
        }
        self.in_flight.set(self.in_flight.get() + 1);
        let counted = InFlightCall(Rc::clone(self));
        let work = work(Rc::clone(self));
        let task = tokio::task::spawn_local(async move {
            let _counted = counted;
            work.await
        });
        Box::pin(async move { task.await.unwrap_or_else(|_| Err(reply::stopped())) })
    }

    /// Starts one command and reads its answer.
    fn ask<T: 'static>(
        self: &Rc<Self>,
        command: Command,
        read: impl FnOnce(Value) -> Result<T, BackendError> + 'static,
    ) -> Reply<T> {
        self.spawn(|core| async move { read(core.query(command).await?) })
    }

    async fn query(&self, command: Command) -> Result<Value, BackendError> {
        let [answer] = self.in_order([command]).await?;
        Ok(answer)
    }

    /// Commands that take effect in this order.
    async fn in_order<const N: usize>(&self, commands: [Command; N]) -> Result<[Value; N], BackendError> {
        self.wires.query(&commands).await?.try_into().map_err(|_| reply::unexpected("answer to each command"))
    }

    /// Commands whose order does not matter.
    async fn scatter(&self, commands: &[&Command]) -> Result<Vec<Value>, BackendError> {
        let outcomes = self.wires.send(wires::Wire::Query, commands).await;
        Ok(outcomes.into_iter().collect::<Result<_, _>>()?)
    }

    /// Waits for the turn of a session or a user: its calls take effect in call order.
    async fn turn(&self, whose: impl std::hash::Hash) -> MutexGuard<'_, ()> {
        use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(whose);
        self.turns[hash as usize % TURNS].lock().await
    }
}

/// Counts a call until it is dropped.
struct InFlightCall(Rc<RedisCore>);

impl Drop for InFlightCall {
    fn drop(&mut self) {
        self.0.in_flight.set(self.0.in_flight.get() - 1);
    }
}

impl Cursors for RedisBackend {
    fn put_cursors(
        &self,
        user: UserId,
        device: DeviceId,
        positions: Vec<(Address, Position)>,
        limits: CursorLimits,
    ) -> Reply<()> {
        self.core.put_cursors(&user, &device, positions, limits)
    }

    fn cursors(&self, user: UserId, device: DeviceId) -> Reply<Vec<(Address, Position)>> {
        self.core.cursors(&user, &device)
    }
}

impl Tickets for RedisBackend {
    fn put_ticket(&self, digest: String, content: Bytes, ttl: Duration) -> Reply<()> {
        self.core.put_ticket(&digest, &content, ttl)
    }

    fn has_ticket(&self, digest: String) -> Reply<bool> {
        self.core.has_ticket(&digest)
    }

    fn take_ticket(&self, digest: String) -> Reply<Option<Bytes>> {
        self.core.take_ticket(&digest)
    }
}
