//! Configuration of the Redis backend.

use super::super::ServerEventSettings;
use super::location::{Location, LocationError};
use super::login::Login;
use super::tls::TlsFiles;
use redis::{Client, ConnectionInfo, RedisResult};
use std::time::Duration;

/// Settings of the connection to the broker.
#[derive(Debug, Clone)]
pub struct RedisConfig {
    /// The address of the broker.
    pub location: Location,
    /// Certificates, if the location asks for TLS.
    pub tls: TlsFiles,
    /// Credentials that are not part of the URL.
    pub login: Login,
    /// Every key and channel name begins with this, so that several deployments may share a broker.
    pub key_prefix: String,
    /// A connection attempt or an answer that takes longer is a fault; the node then reconnects. An append waits no
    /// longer than this, including repeats after faults.
    pub response_timeout: Duration,
    /// Calls that may wait for the broker at once, separately in the append lane and outside of it; further ones fail
    /// with `Overloaded`.
    pub queue_max: usize,
    /// Bytes of the calls that may wait in the append lane; further ones fail with `Overloaded`.
    pub queue_bytes_max: usize,
    /// Calls of the append lane that are sent in one pipeline.
    pub batch_max: usize,
    /// An append has to survive a crash of the broker. Only advice depends on it; the broker's own settings decide.
    pub synced: bool,
    /// Replicas that must confirm an append before it counts; 0: none.
    pub replicas_acked: usize,
    /// How long to wait for them.
    pub wait_timeout: Duration,
    /// Memory that a server may use, in bytes; 0: its own `maxmemory`.
    pub memory_bytes_max: u64,
    /// Appends are refused when a server has used this percentage.
    pub memory_watermark_percent: u64,
    /// Which server events to write; absent: none. Not with a Redis Cluster.
    pub server_events: Option<ServerEventSettings>,
    /// Whether to record when the last session of each user ended.
    pub last_seen: bool,
    /// How often the connection of the subscriptions is probed.
    pub probe_interval: Duration,
}

impl RedisConfig {
    /// The defaults for a broker at `url`: `redis://`, `unix://`, `redis+sentinel://host:port,…/service?db=0` or
    /// `redis+cluster://host:port,…`; with `rediss` instead of `redis` over TLS.
    pub fn new(url: &str) -> Result<Self, LocationError> {
        Ok(RedisConfig {
            location: Location::parse(url)?,
            tls: TlsFiles::default(),
            login: Login::default(),
            key_prefix: "hubwire:".into(),
            response_timeout: Duration::from_secs(2),
            queue_max: 16 * 1024,
            queue_bytes_max: 64 << 20,
            batch_max: 512,
            synced: false,
            replicas_acked: 0,
            wait_timeout: Duration::from_secs(1),
            memory_bytes_max: 0,
            memory_watermark_percent: 90,
            server_events: None,
            last_seen: false,
            probe_interval: Duration::from_secs(2),
        })
    }

    /// A server's address with the present name and password.
    pub(super) fn login(&self, info: &ConnectionInfo) -> ConnectionInfo {
        self.login.at_server(info)
    }

    /// The same for a sentinel.
    pub(super) fn login_at_sentinel(&self, info: &ConnectionInfo) -> ConnectionInfo {
        self.login.at_sentinel(info)
    }

    /// A client of a server, with the present credentials and certificates.
    pub(super) fn client(&self, info: &ConnectionInfo) -> RedisResult<Client> {
        self.tls.client(self.login(info))
    }

    /// How long the client waits for an answer: the broker itself may wait for replicas first.
    pub(super) fn answer_timeout(&self) -> Duration {
        match self.replicas_acked {
            0 => self.response_timeout,
            _ => self.response_timeout + self.wait_timeout,
        }
    }
}
