//! The connections to the servers. They reconnect in the background without end.
//!
//! Each server has two: one for the append lane and one for everything else, so that a large read does not delay an
//! append. A command whose server is not connected fails at once; the keeper reconnects with growing pauses.

use super::command::Fault;
use super::config::RedisConfig;
use super::events_prelude;
use super::identity::BrokerIdentity;
use super::keys::Keys;
use super::scripts::Scripts;
use super::slots::SLOTS;
use super::stats::BackendStats;
use super::topology::{Server, Topology};
use crate::complaint::{Complaint, Complaints};
use crate::environment::Environment;
use futures_util::future::join_all;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ConnectionInfo, RedisResult};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{watch, Notify};
use tokio::time::{timeout, Instant};

/// The first pause between two attempts to connect.
pub(super) const BACKOFF_MIN: Duration = Duration::from_millis(50);
const BACKOFF_MAX: Duration = Duration::from_secs(2);
/// A connection that lived this long resets the pauses.
pub(super) const STEADY: Duration = Duration::from_secs(5);

/// A connected master.
pub(super) struct Shard {
    pub name: String,
    pub lane: MultiplexedConnection,
    pub query: MultiplexedConnection,
    pub identity: BrokerIdentity,
    /// Replicas that confirmed at the last check; only counted if they have to confirm.
    pub replicas: Cell<usize>,
    broken: Cell<bool>,
}

/// Which of a server's connections to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    /// The connection of the append lane.
    Lane,
    /// The connection for everything else.
    Query,
}

impl Shard {
    pub(super) fn wire(&self, wire: Wire) -> MultiplexedConnection {
        match wire {
            Wire::Lane => self.lane.clone(),
            Wire::Query => self.query.clone(),
        }
    }
}

/// An expected server, and its connections if it is connected.
#[derive(Clone)]
struct KnownServer {
    server: Server,
    shard: Option<Rc<Shard>>,
}

/// All connections of one backend.
pub(super) struct Wires {
    pub config: RedisConfig,
    pub scripts: Scripts,
    pub stats: Arc<BackendStats>,
    pub environment: Environment,
    places: RefCell<Vec<KnownServer>>,
    why: RefCell<String>,
    attention: Notify,
    servers: watch::Sender<Vec<Server>>,
    /// Whether appends have a connection of their own.
    pub has_lane: bool,
    /// The identity of the server that was connected last, by first slot.
    former: RefCell<HashMap<u16, BrokerIdentity>>,
    /// How often a different server was connected afterwards: it may lack data of the former one.
    pub takeovers: Arc<AtomicU64>,
    /// Log line: the broker is away.
    complaint: Complaint,
    /// Log line: the broker accepts no writes.
    pub refusals: Complaint,
    /// Log lines: commands that the broker refuses for good, by their keys.
    pub refused: Complaints,
}

impl Wires {
    pub(super) fn new(config: RedisConfig, environment: Environment) -> Self {
        let keys = Keys::new(&config.key_prefix, config.location.database());
        let events = events_prelude::prelude(config.server_events.as_ref(), &keys);
        Wires {
            why: RefCell::new(format!("not connected to {} yet", config.location)),
            scripts: Scripts::new(&events, &events_prelude::ways(config.location.is_cluster(), &keys)),
            config,
            environment,
            stats: Arc::default(),
            places: RefCell::default(),
            attention: Notify::new(),
            servers: watch::Sender::new(Vec::new()),
            former: RefCell::default(),
            takeovers: Arc::default(),
            has_lane: true,
            complaint: Complaint::default(),
            refusals: Complaint::default(),
            refused: Complaints::default(),
        }
    }

    /// Connections for reads only: one to each server.
    pub(super) fn without_lane(config: RedisConfig, environment: Environment, stats: Arc<BackendStats>) -> Self {
        Wires { has_lane: false, stats, ..Wires::new(config, environment) }
    }

    /// The server of a slot, if it is connected.
    pub(super) fn shard(&self, slot: u16) -> Option<Rc<Shard>> {
        let places = self.places.borrow();
        let has = |it: &&KnownServer| it.server.slots.iter().any(|(first, last)| (*first..=*last).contains(&slot));
        places.iter().find(has)?.shard.clone().filter(|shard| !shard.broken.get())
    }

    /// The server that has all slots, if there is one and it is connected.
    pub(super) fn only_shard(&self) -> Option<Rc<Shard>> {
        match &self.places.borrow()[..] {
            [only] if only.server.slots[..] == [(0, SLOTS - 1)] => {
                only.shard.clone().filter(|shard| !shard.broken.get())
            }
            _ => None,
        }
    }

    /// A server by its name, if it is connected.
    pub(super) fn shard_named(&self, name: &str) -> Option<Rc<Shard>> {
        let places = self.places.borrow();
        places.iter().filter_map(|place| place.shard.clone()).find(|shard| shard.name == name && !shard.broken.get())
    }

    /// All connected servers.
    pub(super) fn shards(&self) -> Vec<Rc<Shard>> {
        self.places
            .borrow()
            .iter()
            .filter_map(|place| place.shard.clone())
            .filter(|shard| !shard.broken.get())
            .collect()
    }

    fn is_any_broken(&self) -> bool {
        self.places.borrow().iter().any(|place| place.shard.as_ref().is_some_and(|shard| shard.broken.get()))
    }

    /// The fault of an append to a slot whose server has fewer replicas than must confirm it: nothing is sent.
    pub(super) fn too_few_replicas(&self, slot: u16) -> Option<Fault> {
        let (replicas, wanted) = (self.shard(slot)?.replicas.get(), self.config.replicas_acked);
        (replicas < wanted).then_some(Fault::TooFewReplicas { replicas, wanted })
    }

    /// Why appends cannot be stored as durably as configured.
    pub(super) fn shortage(&self) -> Option<String> {
        let wanted = self.config.replicas_acked;
        let short = self.shards().into_iter().find(|shard| shard.replicas.get() < wanted)?;
        Some(format!("{} of {wanted} replicas of {} confirm what is stored", short.replicas.get(), short.name))
    }

    /// Why a server is not connected.
    pub(super) fn why(&self) -> String {
        self.why.borrow().clone()
    }

    /// The expected servers; notifies of each change.
    pub(super) fn servers(&self) -> watch::Receiver<Vec<Server>> {
        self.servers.subscribe()
    }

    /// Closes and reopens the connections of a server.
    pub(super) fn report_broken(&self, shard: &Shard, reason: &str) {
        if !shard.broken.replace(true) {
            if let Some(times) = self.complaint.due().filter(|_| self.has_lane) {
                log::warn!("connection to the broker broke: server={} reason={reason} times={times}", shard.name);
            }
            *self.why.borrow_mut() = format!("{}: {reason}", shard.name);
            self.attention.notify_one();
        }
    }

    /// Closes and reopens all connections.
    pub(super) fn begin_anew(&self, reason: &str) {
        self.shards().iter().for_each(|shard| self.report_broken(shard, reason));
    }

    /// Looks the servers up again: a slot has moved.
    pub(super) fn report_moved(&self) {
        self.attention.notify_one();
    }

    /// Connects and reconnects until the task is aborted.
    pub(super) async fn keep(self: Rc<Self>) {
        let mut topology = Topology::new(self.config.clone());
        let mut pause = BACKOFF_MIN;
        loop {
            match self.rewire(&mut topology).await {
                Ok(()) => {
                    let (connected_at, interval) = (Instant::now(), topology.interval().unwrap_or(Duration::MAX));
                    // check again in either case
                    let _ = timeout(interval, self.attention.notified()).await;
                    if connected_at.elapsed() >= STEADY {
                        pause = BACKOFF_MIN;
                    }
                    // a server that drops each connection at once must wait for its next one
                    if self.is_any_broken() {
                        pause = self.pause(pause).await;
                    }
                }
                Err(error) => {
                    *self.why.borrow_mut() = error.to_string();
                    if let Some(times) = self.complaint.due().filter(|_| self.has_lane) {
                        log::warn!(
                            "broker is not available, retrying: broker={} reason={error} times={times}",
                            self.config.location
                        );
                    }
                    pause = self.pause(pause).await;
                }
            }
        }
    }

    /// Pauses before another attempt, plus up to half as long at random, so that the nodes of a cluster do not all come
    /// at once. Returns the next pause.
    pub(super) async fn pause(&self, pause: Duration) -> Duration {
        let jitter = self.environment.below(pause.as_millis() as u64 / 2);
        tokio::time::sleep(pause + Duration::from_millis(jitter)).await;
        (pause * 2).min(BACKOFF_MAX)
    }

    /// Discovers the servers and connects those that are not connected. Fails when one of them cannot be connected.
    async fn rewire(&self, topology: &mut Topology) -> RedisResult<()> {
        let known: Vec<ConnectionInfo> = self.places.borrow().iter().map(|place| place.server.info.clone()).collect();
        let servers = topology.discover(&known).await?;
        let connected = self.shards();
        let connect = |server: &Server| {
            let (server, name) = (server.clone(), server.name());
            let shard = connected.iter().find(|shard| shard.name == name).cloned();
            async move {
                match shard {
                    Some(shard) => (server, Ok(shard)),
                    None => {
                        let shard = self.connect(&server).await.map(Rc::new);
                        (server, shard)
                    }
                }
            }
        };
        let outcomes = join_all(servers.iter().map(connect)).await;
        let mut result = Ok(());
        let mut places = Vec::with_capacity(outcomes.len());
        for (server, outcome) in outcomes {
            let shard = outcome.map_err(|error| result = Err(error)).ok();
            places.push(KnownServer { server, shard });
        }
        *self.places.borrow_mut() = places;
        self.servers.send_if_modified(|known| {
            let changed = known.len() != servers.len()
                || known.iter().zip(&servers).any(|(a, b)| a.name() != b.name() || a.slots != b.slots);
            *known = servers;
            changed
        });
        result
    }

    /// Detects that a server restarted, or that another one took its place.
    fn note_identity(&self, server: &Server, identity: &BrokerIdentity) {
        let slot = server.slots.first().map_or(0, |(first, _)| *first);
        let former = self.former.borrow_mut().insert(slot, identity.clone());
        if former.is_some_and(|former| identity.may_have_lost(&former)) {
            self.takeovers.fetch_add(1, Relaxed);
        }
    }

    async fn connect(&self, server: &Server) -> RedisResult<Shard> {
        let client = self.config.client(&server.info)?;
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.config.response_timeout))
            .set_response_timeout(Some(self.config.answer_timeout()))
            .set_pipeline_buffer_size(1024)
            .set_write_backpressure_boundary(256 * 1024);
        let mut lane = client.get_multiplexed_async_connection_with_config(&settings).await?;
        let mut query = match self.has_lane {
            true => client.get_multiplexed_async_connection_with_config(&settings).await?,
            false => lane.clone(),
        };
        // a sentinel may still name a former master, and an address may lead to several servers
        let name = server.name();
        let identity = BrokerIdentity::of_master(&mut lane, &name).await?;
        BrokerIdentity::of_master(&mut query, &name).await?.demand_same(&identity, &name)?;
        self.scripts.load_first().exec_async(&mut lane).await?;
        self.scripts.load().exec_async(&mut lane).await?;
        self.note_identity(server, &identity);
        let replicas = match self.config.replicas_acked {
            1.. if self.has_lane => self.look_for_replicas(&mut query).await?,
            _ => 0,
        };
        BackendStats::add(&self.stats.connects, 1);
        log::info!("connected to the broker: server={name}");
        Ok(Shard { name, lane, query, identity, replicas: Cell::new(replicas), broken: Cell::new(false) })
    }
}
