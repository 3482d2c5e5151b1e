//! The backend of a cluster: Redis, alone, behind sentinels or as a Redis Cluster.
//!
//! | module | what it does |
//! |---|---|
//! | `config`, `location`, `login` | what the backend is told |
//! | `keys`, `slots`, `scripts`, `command` | names of keys, Lua scripts, commands with their hash slot |
//! | `topology`, `wires`, `run` | servers, their connections, sending commands to them |
//! | `lane` | the one ordered queue of appends and publishes |
//! | `pubsub`, `link`, `echo`, `identity`, `trouble` | subscriptions, and the proof that they work |
//! | `plain` | a bus of its own beside all that, for WS-HUB |
//! | `watermark` | refuses appends before the broker is full |
//! | `judging` | which sessions are on live nodes, as scripts need to know |
//! | `streams`, `direct`, `affiliations`, `denylist`, `directory`, `membership`, `states`, `profiles`, `leaving`, `nodes`, `watching`, `tenant`, `shelf`, `erasure`, `channel_snapshots`, `health`, `advice` | the calls of [`Backend`] by subject |

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
mod identity;
mod judging;
mod keys;
mod lane;
mod leaving;
mod link;
mod location;
mod login;
mod membership;
mod nodes;
mod people;
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
use crate::retention::StreamRetention;
use ::redis::Value;
use bytes::Bytes;
use command::Command;
use hubwire_protocol::{Address, DeviceId, Incarnation, Position, SessionId, UserId};
use keys::Keys;
use lane::Lane;
use pubsub::Subscriptions;
use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tenant::{Apart, Tenant};
use tokio::sync::{mpsc, Mutex, MutexGuard};
use tokio::task::JoinSet;
use watermark::Watermark;
use wires::Wires;

/// Calls of so many sessions run side by side where they have to wait for one another.
const TURNS: usize = 64;

/// A node's connection to Redis.
///
/// It connects in the background, for ever; until then, and whenever Redis is away, calls fail with
/// [`BackendError::Unavailable`]. Dropping it ends all of its tasks and connections.
pub struct RedisBackend {
    core: Rc<Core>,
    subscriptions: Rc<Subscriptions>,
    _tasks: JoinSet<()>,
}

/// What the calls of one backend share.
struct Core {
    wires: Rc<Wires>,
    keys: Keys,
    lane: Lane,
    incarnation: Incarnation,
    tenant: Tenant,
    watermark: Rc<Watermark>,
    /// Calls outside of the append lane that have no answer yet.
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
        let subscriptions = Rc::new(Subscriptions::new(Rc::clone(&wires), Events::new(events), node_channel));
        let mut tasks = JoinSet::new();
        tasks.spawn_local(Rc::clone(&wires).keep());
        tasks.spawn_local(Rc::clone(&subscriptions).keep());
        tasks.spawn_local(Rc::clone(&subscriptions).watch());
        tasks.spawn_local(Rc::clone(&wires).look_after());
        tasks.spawn_local(serve);
        let watermark = Rc::new(Watermark::default());
        tasks.spawn_local(Rc::clone(&watermark).keep(Rc::clone(&wires)));
        let tenant = Tenant::new(Rc::clone(&wires), keys.clone(), incarnation, Arc::clone(&wires.takeovers));
        let core = Core {
            wires,
            keys,
            lane,
            incarnation,
            tenant,
            watermark,
            in_flight: Cell::new(0),
            turns: (0..TURNS).map(|_| Mutex::new(())).collect(),
            crowded: Default::default(),
        };
        Rc::new(RedisBackend { core: Rc::new(core), subscriptions, _tasks: tasks })
    }

    /// What this backend counts.
    pub fn stats(&self) -> Arc<BackendStats> {
        Arc::clone(&self.core.wires.stats)
    }
}

impl Core {
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

    fn publish(&self, channel: &str, message: &[u8]) -> lane::Waiting {
        self.lane.publish(Command::on(self.publish_command(), channel).arg(message))
    }

    /// Starts work outside of the append lane; it goes on when its future is dropped.
    fn spawn<T, F>(self: &Rc<Self>, work: impl FnOnce(Rc<Core>) -> F) -> Reply<T>
    where
        T: 'static,
        F: Future<Output = Result<T, BackendError>> + 'static,
    {
        if self.in_flight.get() >= self.wires.config.queue_max {
            return Box::pin(std::future::ready(Err(BackendError::Overloaded)));
        }
        self.in_flight.set(self.in_flight.get() + 1);
        let counted = InFlight(Rc::clone(self));
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

    /// Commands that take effect one after the other.
    async fn in_order<const N: usize>(&self, commands: [Command; N]) -> Result<[Value; N], BackendError> {
        self.wires.query(&commands).await?.try_into().map_err(|_| reply::unexpected("answer to each command"))
    }

    /// Commands whose order does not matter.
    async fn scatter(&self, commands: &[&Command]) -> Result<Vec<Value>, BackendError> {
        let outcomes = self.wires.send(wires::Wire::Query, commands).await;
        Ok(outcomes.into_iter().collect::<Result<_, _>>()?)
    }

    /// The turn of a session, or of a user: its calls take effect in call order.
    async fn turn(&self, whose: impl std::hash::Hash) -> MutexGuard<'_, ()> {
        use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(whose);
        self.turns[hash as usize % TURNS].lock().await
    }
}

/// Counts a call until it is over.
struct InFlight(Rc<Core>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.set(self.0.in_flight.get() - 1);
    }
}

impl Log for RedisBackend {
    fn append(&self, append: Append) -> Reply<Appended> {
        if self.core.watermark.is_above() {
            return Box::pin(std::future::ready(Err(BackendError::Full)));
        }
        self.core.append(append)
    }

    fn append_direct(&self, append: AppendDirect, tell: bool) -> Reply<DirectAppended> {
        if self.core.watermark.is_above() {
            return Box::pin(std::future::ready(Err(BackendError::Full)));
        }
        self.core.append_direct(append, tell)
    }

    fn finish_outbox(&self, user: UserId, keep: StreamRetention) -> Reply<Vec<(UserId, DirectPart, Entry)>> {
        self.core.finish_outbox(user, keep)
    }

    fn deposit(&self, deposit: Deposit) -> Reply<Option<u64>> {
        self.core.deposit(&deposit)
    }

    fn read(&self, stream: Address, after: Position, limit: usize, bytes_max: usize) -> Reply<Range> {
        self.core.read(&stream, after, limit, bytes_max)
    }

    fn history(&self, stream: Address, before: Option<Position>, limit: usize, bytes_max: usize) -> Reply<Vec<Entry>> {
        self.core.history(&stream, before, limit, bytes_max)
    }

    fn history_after(&self, stream: Address, after: Position, limit: usize, bytes_max: usize) -> Reply<Vec<Entry>> {
        self.core.history_after(&stream, after, limit, bytes_max)
    }

    fn length(&self, stream: Address) -> Reply<usize> {
        self.core.length(&stream)
    }

    fn tops(&self, streams: Vec<Address>) -> Reply<Vec<Position>> {
        self.core.tops(streams)
    }
}

impl Topics for RedisBackend {
    /// While the broker is away this waits for it for a few seconds, then fails with `Unavailable`; the topic stays
    /// wanted and is subscribed when the broker is back.
    fn subscribe(&self, topic: Address) -> Reply<()> {
        let (patience, subscriptions) = (2 * self.core.wires.config.response_timeout, Rc::clone(&self.subscriptions));
        let confirmed = self.subscriptions.subscribe(self.core.keys.topic(&topic));
        Box::pin(async move {
            let Some(confirmed) = confirmed? else { return Ok(()) };
            match tokio::time::timeout(patience, confirmed).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(BackendError::Unavailable { reason: "the topic was unsubscribed meanwhile".into() }),
                Err(_) => Err(BackendError::Unavailable {
                    reason: subscriptions.trouble().unwrap_or_else(|| "the broker does not confirm it".into()),
                }),
            }
        })
    }

    fn unsubscribe(&self, topic: Address) -> Reply<()> {
        let outcome = self.subscriptions.unsubscribe(self.core.keys.topic(&topic));
        Box::pin(std::future::ready(outcome))
    }

    fn publish_topic(&self, topic: Address, message: Bytes) -> Reply<()> {
        let waiting = self.core.publish(&self.core.keys.topic(&topic), &message);
        Box::pin(async move { waiting.answer().await.map(|_| ()) })
    }

    fn publish_node(&self, node: Incarnation, message: Bytes) -> Reply<bool> {
        let waiting = self.core.publish(&self.core.keys.node(node), &message);
        Box::pin(async move { reply::flag("count", waiting.answer().await?) })
    }
}

impl Directory for RedisBackend {
    fn attach(&self, attach: Attach) -> Reply<Attached> {
        self.core.attach(attach)
    }

    fn detach(&self, user: UserId, session: SessionId) -> Reply<()> {
        self.core.detach(user, session)
    }

    fn last_seen(&self, users: Vec<UserId>) -> Reply<Vec<Option<u64>>> {
        self.core.last_seen(users)
    }

    fn sessions(&self, user: UserId) -> Reply<Vec<DirectoryEntry>> {
        self.core.sessions(&user)
    }

    fn placed(&self) -> Reply<Vec<Placed>> {
        self.core.placed()
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

    fn take_ticket(&self, digest: String) -> Reply<Option<Bytes>> {
        self.core.take_ticket(&digest)
    }
}

impl Leases for RedisBackend {
    fn renew_lease(&self, ttl: Duration) -> Reply<Lease> {
        self.core.renew_lease(ttl)
    }

    fn renewal(&self) -> Renewal {
        let wires = &self.core.wires;
        let apart = Apart {
            config: wires.config.clone(),
            environment: wires.environment.clone(),
            incarnation: self.core.incarnation,
            takeovers: Arc::clone(&wires.takeovers),
            stats: Arc::clone(&wires.stats),
        };
        Renewal::Apart(Box::new(move || apart.connect()))
    }

    fn live(&self) -> Reply<Live> {
        self.core.live()
    }

    fn expired(&self, grace: Duration) -> Reply<Vec<Incarnation>> {
        self.core.expired(grace)
    }

    fn reap(&self, expired: Incarnation, live: Vec<Incarnation>, limit: usize, grace: Duration) -> Reply<Reaped> {
        self.core.reap(expired, live, limit, grace)
    }

    fn set_label(&self, label: String) -> Reply<()> {
        self.core.set_label(&label)
    }

    fn leases(&self) -> Reply<Vec<(Incarnation, Duration)>> {
        self.core.leases()
    }

    fn labels(&self, incarnations: Vec<Incarnation>) -> Reply<Vec<Option<String>>> {
        self.core.labels(&incarnations)
    }

    fn release_lease(&self) -> Reply<()> {
        self.core.release_lease()
    }
}
