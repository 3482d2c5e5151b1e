//! Opens a backend by the URL of its broker: the only place that knows all backends.

use super::memory::{MemoryCluster, MemoryPlainBus};
use super::plain::PlainBus;
use super::redis::plain::{RedisPlainBus, RedisPlainConfig};
use super::redis::{RedisBackend, RedisConfig};
use super::{Backend, BackendEvent, ServerEventSettings};
use crate::environment::Environment;
use hubwire_protocol::Incarnation;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

pub use super::redis::plain::BadServer;
pub use super::redis::{BackendStats, Location, LocationError, Login, Password, TlsFiles};

/// The default bound of streams in memory, in bytes.
pub const MEMORY_BYTES: u64 = 1 << 30;

/// A broker and the options of the connection. The broker in memory ignores most of them.
#[derive(Debug, Clone)]
pub struct BrokerOptions<'a> {
    /// The URL; empty: the memory of this process.
    pub url: &'a str,
    /// Certificates, if the URL asks for TLS.
    pub tls: TlsFiles,
    /// Credentials that are not part of the URL.
    pub login: Login,
    /// Every key and channel name begins with this, so that several deployments may share a broker.
    pub key_prefix: &'a str,
    /// A connection attempt or an answer that takes longer is a fault; the node then reconnects.
    pub response_timeout: Duration,
    /// Calls that may wait for the broker at once; further ones fail with `Overloaded`.
    pub queue_max: usize,
    /// Bytes of waiting calls that store or publish something; further ones fail with `Overloaded`.
    pub queue_bytes_max: usize,
    /// An append has to survive a crash of the broker.
    pub synced: bool,
    /// Replicas that must confirm an append before it counts; 0: none.
    pub replicas_acked: usize,
    /// How long to wait for them.
    pub wait_timeout: Duration,
    /// Bytes that the streams in memory, or a server, may take; 0: [`MEMORY_BYTES`] in memory, `maxmemory` for a
    /// server.
    pub memory_bytes_max: u64,
    /// The node stops appending when a server has used this percentage.
    pub memory_watermark_percent: u64,
    /// Which server events to write; absent: none.
    pub server_events: Option<ServerEventSettings>,
    /// Whether to record when the last session of each user ended.
    pub last_seen: bool,
}

/// A backend that was opened.
pub struct Opened {
    /// The backend.
    pub backend: Rc<dyn Backend>,
    /// Counters of the connection to the broker; absent without a connection.
    pub stats: Option<Arc<BackendStats>>,
}

/// Opens the backend of a node. It connects in the background and retries without end. Its events go to `events`, whose
/// capacity must be at least 2. Call it within a `LocalSet` (an actix system is one) on the thread that will use it.
///
/// # Errors
/// If the URL does not describe a broker.
pub fn backend(
    broker: &BrokerOptions<'_>,
    incarnation: Incarnation,
    environment: &Environment,
    events: mpsc::Sender<BackendEvent>,
) -> Result<Opened, LocationError> {
    if broker.url.is_empty() {
        let bytes_max = if broker.memory_bytes_max == 0 { MEMORY_BYTES } else { broker.memory_bytes_max };
        let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
        let cluster = MemoryCluster::bounded(environment.clone(), bytes_max);
        if let Some(settings) = &broker.server_events {
            cluster.write_server_events(settings.clone());
        }
        if broker.last_seen {
            cluster.note_last_seen();
        }
        let backend = cluster.node(incarnation, events);
        return Ok(Opened { backend, stats: None });
    }
    let config = RedisConfig {
        tls: broker.tls.clone(),
        login: broker.login.clone(),
        key_prefix: broker.key_prefix.into(),
        response_timeout: broker.response_timeout,
        queue_max: broker.queue_max,
        queue_bytes_max: broker.queue_bytes_max,
        synced: broker.synced,
        replicas_acked: broker.replicas_acked,
        wait_timeout: broker.wait_timeout,
        memory_bytes_max: broker.memory_bytes_max,
        memory_watermark_percent: broker.memory_watermark_percent,
        server_events: broker.server_events.clone(),
        last_seen: broker.last_seen,
        ..RedisConfig::new(broker.url)?
    };
    let backend = RedisBackend::connect(config, incarnation, environment.clone(), events);
    let stats = Some(backend.stats());
    Ok(Opened { backend, stats })
}

/// Opens the plain bus of a WS-HUB endpoint; an empty URL opens the one in memory. `login` are credentials that are not
/// part of the URL. Like [`backend`], call it on the thread that will use it.
///
/// # Errors
/// If the URL does not describe a single server.
pub fn plain_bus(url: &str, login: Login, tls: TlsFiles) -> Result<Rc<dyn PlainBus>, BadServer> {
    match url.is_empty() {
        true => Ok(Rc::new(MemoryPlainBus::default())),
        false => {
            let config = RedisPlainConfig { login, tls, ..RedisPlainConfig::new(url)? };
            Ok(Rc::new(RedisPlainBus::start(config)))
        }
    }
}

/// Opens the plain bus at the Redis server with this host and port. Like [`backend`], call it on the thread that will
/// use it.
///
/// # Errors
/// If they are not an address.
pub fn plain_bus_at(host: String, port: u16) -> Result<Rc<dyn PlainBus>, BadServer> {
    Ok(Rc::new(RedisPlainBus::start(RedisPlainConfig::new((host, port))?)))
}
