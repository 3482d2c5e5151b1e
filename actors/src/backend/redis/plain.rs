//! The plain bus of a cluster: classic `PUBLISH`, `SUBSCRIBE` and `PSUBSCRIBE` on one Redis server.
//!
//! It speaks RESP2 and uses no command younger than Redis 2.8, so that it serves wherever the foreign services do. All
//! publishes go through one connection (`lane`), in order; each listener has a connection of its own (`link`).

mod lane;
mod link;

use super::TlsFiles;
use crate::backend::plain::{PlainBus, PlainEvents, PlainPublish, Subscription};
use crate::backend::{BackendError, Reply};
use futures_util::future::FutureExt;
use lane::{Job, Lane};
use link::Link;
use redis::{Client, ConnectionInfo, IntoConnectionInfo, RedisError, RedisResult};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, Notify};
use tokio::task::AbortHandle;

/// The text of a server is no URL of one server, or none this build can connect to.
#[derive(Debug, thiserror::Error)]
#[error("no usable Redis server: {0}")]
pub struct BadServer(#[from] RedisError);

/// How to reach the server.
#[derive(Debug, Clone)]
pub struct RedisPlainConfig {
    /// The server.
    pub server: ConnectionInfo,
    /// Certificates, where the server's URL asks for TLS.
    pub tls: TlsFiles,
    /// A connection or an answer that takes longer counts as a fault; the connection is then made anew.
    pub response_timeout: Duration,
    /// A connection on which nothing happens is probed this often.
    pub probe_interval: Duration,
    /// Publishes that may wait at once; more are `Overloaded`.
    pub queue_max: usize,
}

impl RedisPlainConfig {
    /// The defaults for a server: a `redis://` or `rediss://` URL or a host and a port.
    ///
    /// # Errors
    /// When the text is no URL of one server.
    pub fn new(server: impl IntoConnectionInfo) -> Result<Self, BadServer> {
        Ok(RedisPlainConfig {
            server: server.into_connection_info()?,
            tls: TlsFiles::default(),
            response_timeout: Duration::from_secs(2),
            probe_interval: Duration::from_secs(2),
            queue_max: 128 * 1024,
        })
    }

    fn client(&self) -> RedisResult<Client> {
        self.tls.client(self.server.clone())
    }
}

/// See the module. Dropping it ends the lane; listeners end with their receivers.
pub struct RedisPlainBus {
    config: RedisPlainConfig,
    jobs: mpsc::Sender<Job>,
    /// A link broke: the lane's connection is to be looked at before it is used.
    suspicion: Rc<Notify>,
    lane: AbortHandle,
}

impl RedisPlainBus {
    /// Starts the lane, which connects by itself. To be called within the `LocalSet` of the core thread.
    ///
    /// # Errors
    /// When the server's address is not usable.
    pub fn start(config: RedisPlainConfig) -> Result<Self, BadServer> {
        config.client()?;
        let (jobs, queue) = mpsc::channel(config.queue_max);
        let suspicion = Rc::new(Notify::new());
        let lane = Lane::new(config.clone(), queue, suspicion.clone());
        let lane = tokio::task::spawn_local(lane.keep()).abort_handle();
        Ok(RedisPlainBus { config, jobs, suspicion, lane })
    }
}

impl PlainBus for RedisPlainBus {
    fn publish(&self, publish: PlainPublish) -> Reply<u64> {
        let (answer, outcome) = oneshot::channel();
        let queued = self.jobs.try_send(Job { publish, answer });
        async move {
            queued.map_err(|_| BackendError::Overloaded)?;
            outcome.await.map_err(|_| BackendError::Unavailable { reason: "the node stops".into() })?
        }
        .boxed_local()
    }

    fn listen(&self, subscriptions: Vec<Subscription>, events: PlainEvents) {
        let suspicion = self.suspicion.clone();
        let link = Link::new(self.config.clone(), subscriptions, events, suspicion);
        tokio::task::spawn_local(link.keep());
    }
}

impl Drop for RedisPlainBus {
    fn drop(&mut self) {
        self.lane.abort();
    }
}

/// The pause before the next attempt to connect.
struct Pause(Duration);

impl Pause {
    const MIN: Duration = Duration::from_millis(50);
    const MAX: Duration = Duration::from_secs(1);

    fn new() -> Self {
        Pause(Self::MIN)
    }

    fn reset(&mut self) {
        self.0 = Self::MIN;
    }

    async fn wait(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 2).min(Self::MAX);
    }
}
