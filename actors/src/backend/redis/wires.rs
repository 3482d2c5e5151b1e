//! The connections to the servers, kept up for ever in the background.
//!
//! Each server has two: one for the append lane and one for everything else, so that a large read does not stand before
//! an append. A command whose server is not connected fails at once; the keeper connects, with growing pauses.

use super::config::RedisConfig;
use super::keys::SLOTS;
use super::scripts::Scripts;
use super::stats::BackendStats;
use super::topology::{Server, Topology};
use crate::environment::Environment;
use futures_util::future::join_all;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ConnectionInfo, RedisError, RedisResult};
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
/// A broker that stays away is complained about this often.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(10);

/// A connected master.
pub(super) struct Shard {
    pub name: String,
    pub lane: MultiplexedConnection,
    pub query: MultiplexedConnection,
    broken: Cell<bool>,
}

/// Which of a server's connections to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    /// The append lane's.
    Lane,
    /// Everything else's.
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

/// A server that ought to be there, and its connections if it is.
#[derive(Clone)]
struct Place {
    server: Server,
    shard: Option<Rc<Shard>>,
}

/// All connections of one backend.
pub(super) struct Wires {
    pub config: RedisConfig,
    pub scripts: Scripts,
    pub stats: Arc<BackendStats>,
    pub environment: Environment,
    places: RefCell<Vec<Place>>,
    why: RefCell<String>,
    attention: Notify,
    servers: watch::Sender<Vec<Server>>,
    /// Whether appends have a connection of their own.
    has_lane: bool,
    /// By first slot: which run of which server was connected last.
    runs: RefCell<HashMap<u16, String>>,
    /// How often another one was connected after that: it may not have all that the former one had.
    pub takeovers: Arc<AtomicU64>,
}

impl Wires {
    pub(super) fn new(config: RedisConfig, environment: Environment) -> Self {
        Wires {
            why: RefCell::new(format!("not connected to {} yet", config.location)),
            config,
            environment,
            scripts: Scripts::new(),
            stats: Arc::default(),
            places: RefCell::default(),
            attention: Notify::new(),
            servers: watch::Sender::new(Vec::new()),
            runs: RefCell::default(),
            takeovers: Arc::default(),
            has_lane: true,
        }
    }

    /// Connections for questions only: one to each server.
    pub(super) fn without_lane(config: RedisConfig, environment: Environment, stats: Arc<BackendStats>) -> Self {
        Wires { has_lane: false, stats, ..Wires::new(config, environment) }
    }

    /// The server of a slot, if it is connected.
    pub(super) fn shard(&self, slot: u16) -> Option<Rc<Shard>> {
        let places = self.places.borrow();
        let has = |place: &&Place| place.server.slots.iter().any(|(first, last)| (*first..=*last).contains(&slot));
        places.iter().find(has)?.shard.clone().filter(|shard| !shard.broken.get())
    }

    /// The server that has all slots, if there is such a one and it is connected.
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

    /// Why a server is not connected.
    pub(super) fn why(&self) -> String {
        self.why.borrow().clone()
    }

    /// The servers that ought to be there, whenever they change.
    pub(super) fn servers(&self) -> watch::Receiver<Vec<Server>> {
        self.servers.subscribe()
    }

    /// Has a server's connections made anew.
    pub(super) fn report_broken(&self, shard: &Shard, reason: &str) {
        if !shard.broken.replace(true) {
            log::warn!("connection to the broker broke: server={} reason={reason}", shard.name);
            *self.why.borrow_mut() = format!("{}: {reason}", shard.name);
            self.attention.notify_one();
        }
    }

    /// Has the servers looked up anew: a slot has moved.
    pub(super) fn report_moved(&self) {
        self.attention.notify_one();
    }

    /// Connects, and connects anew, until the task is aborted.
    pub(super) async fn keep(self: Rc<Self>) {
        let mut topology = Topology::new(self.config.clone());
        let mut pause = BACKOFF_MIN;
        let mut complained: Option<Instant> = None;
        loop {
            match self.rewire(&mut topology).await {
                Ok(()) => {
                    pause = BACKOFF_MIN;
                    complained = None;
                    let interval = topology.interval().unwrap_or(Duration::MAX);
                    // either way: look again
                    let _ = timeout(interval, self.attention.notified()).await;
                }
                Err(error) => {
                    *self.why.borrow_mut() = error.to_string();
                    if complained.is_none_or(|at| at.elapsed() >= COMPLAINT_INTERVAL) {
                        complained = Some(Instant::now());
                        log::warn!(
                            "broker is not available, trying on: broker={} reason={error}",
                            self.config.location
                        );
                    }
                    pause = self.pause(pause).await;
                }
            }
        }
    }

    /// Pauses before another attempt, for up to half as long again, so that the nodes of a cluster do not come all at
    /// once. Returns the next pause.
    pub(super) async fn pause(&self, pause: Duration) -> Duration {
        let jitter = self.environment.below(pause.as_millis() as u64 / 2);
        tokio::time::sleep(pause + Duration::from_millis(jitter)).await;
        (pause * 2).min(BACKOFF_MAX)
    }

    /// Looks the servers up and connects those that are not connected. An error when one of them cannot be.
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
            let shard = match outcome {
                Ok(shard) => Some(shard),
                Err(error) => {
                    result = Err(error);
                    None
                }
            };
            places.push(Place { server, shard });
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

    /// Notices that a server restarted, or that another one took its place.
    async fn note_run(&self, server: &Server, connection: &mut MultiplexedConnection) {
        // a server that does not tell (by its ACL) is taken for the same
        let info: String = redis::cmd("INFO").arg("server").query_async(connection).await.unwrap_or_default();
        let run = info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap_or_default();
        let slot = server.slots.first().map_or(0, |(first, _)| *first);
        let former = self.runs.borrow_mut().insert(slot, run.to_owned());
        if former.is_some_and(|former| former != run) {
            self.takeovers.fetch_add(1, Relaxed);
        }
    }

    async fn connect(&self, server: &Server) -> RedisResult<Shard> {
        let client = Client::open(server.info.clone())?;
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.config.response_timeout))
            .set_response_timeout(Some(self.config.answer_timeout()))
            .set_pipeline_buffer_size(1024)
            .set_write_backpressure_boundary(256 * 1024);
        let mut lane = client.get_multiplexed_async_connection_with_config(&settings).await?;
        let query = match self.has_lane {
            true => client.get_multiplexed_async_connection_with_config(&settings).await?,
            false => lane.clone(),
        };
        // a sentinel may still name a master that has stepped down
        let role: Vec<redis::Value> = redis::cmd("ROLE").query_async(&mut lane).await?;
        let role = role.into_iter().next().and_then(|role| redis::from_redis_value::<String>(role).ok());
        if role.as_deref() != Some("master") {
            let detail = format!("{} is {}", server.name(), role.unwrap_or_default());
            return Err(RedisError::from((redis::ErrorKind::Client, "server is not a master", detail)));
        }
        self.scripts.load().exec_async(&mut lane).await?;
        self.note_run(server, &mut lane).await;
        BackendStats::add(&self.stats.connects, 1);
        log::info!("connected to the broker: server={}", server.name());
        Ok(Shard { name: server.name(), lane, query, broken: Cell::new(false) })
    }
}
