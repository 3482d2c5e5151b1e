//! The plain bus of a cluster: classic `PUBLISH`, `SUBSCRIBE` and `PSUBSCRIBE` on one Redis server.
//!
//! It speaks RESP2 and uses no command newer than Redis 2.8, so that it works wherever the foreign services do. All
//! publishes go through one connection (`lane`), in order; each listener has a connection of its own (`link`).

mod lane;
mod link;

use super::login::Login;
use super::TlsFiles;
use crate::backend::plain::{PlainBus, PlainEvents, PlainPublish, Subscription};
use crate::backend::{BackendError, Reply};
use crate::complaint::Complaint;
use futures_util::future::FutureExt;
use lane::{Job, PlainLane};
use link::PlainLink;
use redis::{Client, ConnectionInfo, IntoConnectionInfo, RedisError, RedisResult};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, Notify};
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// The text is not the URL of a single server, or needs a kind of connection that this build lacks.
#[derive(Debug, thiserror::Error)]
#[error("no usable Redis server: {0}")]
pub struct BadServer(#[from] RedisError);

/// How to reach the server.
#[derive(Debug, Clone)]
pub struct RedisPlainConfig {
    /// The server.
    pub server: ConnectionInfo,
    /// Certificates, if the server's URL asks for TLS.
    pub tls: TlsFiles,
    /// Credentials that are not part of the URL.
    pub login: Login,
    /// A connection attempt or an answer that takes longer is a fault; the bus then reconnects.
    pub response_timeout: Duration,
    /// How often an idle connection is probed.
    pub probe_interval: Duration,
    /// Publishes that may wait at once; further ones fail with `Overloaded`.
    pub queue_max: usize,
}

impl RedisPlainConfig {
    /// The defaults for a server: a `redis://` or `rediss://` URL or a host and a port.
    ///
    /// # Errors
    /// If the text is not the URL of a single server.
    pub fn new(server: impl IntoConnectionInfo) -> Result<Self, BadServer> {
        Ok(RedisPlainConfig {
            server: server.into_connection_info()?,
            tls: TlsFiles::default(),
            login: Login::default(),
            response_timeout: Duration::from_secs(2),
            probe_interval: Duration::from_secs(2),
            queue_max: 128 * 1024,
        })
    }

    /// A client with the present credentials and certificates.
    fn client(&self) -> RedisResult<Client> {
        self.tls.client(self.login.at_server(&self.server))
    }
}

/// The plain bus; see the module. Dropping it ends the lane; listeners end with their receivers.
pub struct RedisPlainBus {
    config: RedisPlainConfig,
    jobs: mpsc::Sender<Job>,
    /// Notified when a link broke: the lane then checks its connection before it uses it.
    suspicion: Rc<Notify>,
    lane: AbortHandle,
}

impl RedisPlainBus {
    /// Starts the lane, which connects by itself. Call it within the `LocalSet` of the core thread.
    pub fn start(config: RedisPlainConfig) -> Self {
        let (jobs, queue) = mpsc::channel(config.queue_max);
        let suspicion = Rc::new(Notify::new());
        let lane = PlainLane::new(config.clone(), queue, suspicion.clone());
        let lane = tokio::task::spawn_local(lane.keep()).abort_handle();
        RedisPlainBus { config, jobs, suspicion, lane }
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
        let link = PlainLink::new(self.config.clone(), subscriptions, events, suspicion);
        tokio::task::spawn_local(link.keep());
    }
}

impl Drop for RedisPlainBus {
    fn drop(&mut self) {
        self.lane.abort();
    }
}

/// The pauses between attempts to connect, and an occasional log line while they fail.
struct Attempt {
    pause: Duration,
    /// When the latest connection was established.
    connected_at: Option<Instant>,
    complaint: Complaint,
}

impl Attempt {
    const MIN: Duration = Duration::from_millis(50);
    const MAX: Duration = Duration::from_secs(1);
    /// A connection that lived this long resets the pauses.
    const STEADY: Duration = Duration::from_secs(5);

    fn new() -> Self {
        Attempt { pause: Self::MIN, connected_at: None, complaint: Complaint::default() }
    }

    fn succeeded(&mut self) {
        self.connected_at = Some(Instant::now());
    }

    /// Waits before the next attempt. The pauses also grow for a server that drops each connection at once.
    async fn failed(&mut self, what: &str, server: &impl std::fmt::Display, reason: &impl std::fmt::Display) {
        if self.connected_at.take().is_some_and(|at| at.elapsed() >= Self::STEADY) {
            self.pause = Self::MIN;
        }
        if let Some(times) = self.complaint.due() {
            log::warn!("{what}: server={server} reason={reason} times={times}");
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(Self::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pauses after this many failures in a row of connections that lived for this time.
    async fn pauses<const N: usize>(attempt: &mut Attempt, lived: Duration) -> [Duration; N] {
        let mut pauses = [Duration::ZERO; N];
        for pause in &mut pauses {
            attempt.succeeded();
            tokio::time::advance(lived).await;
            let begun = Instant::now();
            attempt.failed("it broke", &"a:1", &"reset").await;
            *pause = begun.elapsed();
        }
        pauses
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_while_connections_break_at_once_and_begin_anew_after_a_steady_one() {
        let mut attempt = Attempt::new();
        let [first, second, third, ..] = pauses::<8>(&mut attempt, Duration::ZERO).await;
        assert!(first < second && second < third, "{first:?} {second:?} {third:?}");
        assert_eq!(attempt.pause, Attempt::MAX);
        let [steady, next] = pauses::<2>(&mut attempt, Attempt::STEADY).await;
        assert_eq!((steady, next), (first, first));
    }
}
