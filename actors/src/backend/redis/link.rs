//! One server's connection for subscriptions.
//!
//! Messages arrive as RESP3 pushes and go straight into the node's event queue. A connection that only listens would
//! not notice that it is dead, lacks rights, or leads to a server on which nobody publishes any more. So the node
//! verifies it: it publishes on a channel of its own over each command connection, and that message must come back. If
//! it does not, the link and the command connections are closed and opened again. A new link subscribes to everything,
//! waits for every confirmation and then reports that messages may have been lost.

use super::super::{Events, QueueOutcome};
use super::echo::Echo;
use super::hearing::heard;
use super::identity::BrokerIdentity;
use super::pubsub::{SubscriptionChange, Subscriptions};
use super::stats::BackendStats;
use super::topology::Server;
use super::trouble;
use super::wires::{Wire, BACKOFF_MIN, STEADY};
use bytes::Bytes;
use futures_util::future::join_all;
use hubwire_protocol::Incarnation;
use redis::aio::{MultiplexedConnection, SendError};
use redis::{AsyncConnectionConfig, ProtocolVersion, PushInfo, PushKind, RedisError, RedisResult, Value};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep_until, Instant, MissedTickBehavior};

/// Changes of subscriptions that are sent in one pipeline.
const CHANGES_MAX: usize = 512;
/// The command connections, each of which has to publish where this link listens.
const PUBLISHERS: [Wire; 2] = [Wire::Lane, Wire::Query];

/// The link to one server.
pub(super) struct Link {
    subscriptions: Rc<Subscriptions>,
    server: Server,
    name: String,
    /// The channel of its probes.
    probe_channel: String,
}

/// One connection of a link.
struct LinkConnection {
    redis: MultiplexedConnection,
    identity: BrokerIdentity,
    broken: Arc<Notify>,
    echo: Arc<Echo>,
}

impl Link {
    pub(super) fn new(subscriptions: Rc<Subscriptions>, server: Server) -> Self {
        let probe_channel = subscriptions.probe_channel(&server);
        Link { subscriptions, name: server.name(), server, probe_channel }
    }

    /// Connects and reconnects until the task is aborted. Every connection but the `first` one follows a gap.
    pub(super) async fn keep(self, mut first: bool) {
        let mut pause = BACKOFF_MIN;
        loop {
            let mut subscribed_at = None;
            if let Err(error) = self.live(first, &mut subscribed_at).await {
                self.doubt(&error);
                if let Some(at) = subscribed_at {
                    first = false;
                    log::debug!("subscriptions broke off: server={} reason={error}", self.name);
                    // a connection that broke at once must not reset the backoff
                    if at.elapsed() >= STEADY {
                        pause = BACKOFF_MIN;
                    }
                }
            }
            pause = self.subscriptions.wires.pause(pause).await;
        }
    }

    /// The life of one connection; ends with an error.
    async fn live(&self, first: bool, subscribed_at: &mut Option<Instant>) -> RedisResult<()> {
        let mut connection = self.connect().await?;
        let subscriptions = &self.subscriptions;
        let mut wanted: Vec<SubscriptionChange> =
            subscriptions.begin(&self.name).into_iter().map(SubscriptionChange::Subscribe).collect();
        let probed = SubscriptionChange::Subscribe(self.probe_channel.clone());
        if !wanted.contains(&probed) {
            wanted.push(probed);
        }
        for changes in wanted.chunks(CHANGES_MAX) {
            self.apply(&mut connection.redis, changes).await?;
        }
        if !first {
            subscriptions.lost();
        }
        *subscribed_at = Some(Instant::now());
        BackendStats::add(&subscriptions.wires.stats.connects, 1);
        let mut probe = tokio::time::interval(subscriptions.wires.config.probe_interval);
        probe.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut expected: Option<Instant> = None;
        loop {
            // registered before the queue is read, so that no change is missed
            let changed = subscriptions.changed.notified();
            let changes = subscriptions.take(&self.name, CHANGES_MAX);
            if !changes.is_empty() {
                self.apply(&mut connection.redis, &changes).await?;
                continue;
            }
            tokio::select! {
                () = changed => {}
                () = connection.broken.notified() => {
                    return Err((redis::ErrorKind::Io, "connection closed").into());
                }
                () = connection.echo.heard() => {
                    expected = None;
                    subscriptions.proven(&self.name);
                }
                () = until(expected) => return Err(self.unheard()),
                _ = probe.tick(), if expected.is_none() => expected = self.probe(&mut connection).await?,
            }
        }
    }

    async fn connect(&self) -> RedisResult<LinkConnection> {
        let wires = &self.subscriptions.wires;
        let (broken, echo) = (Arc::new(Notify::new()), Arc::new(Echo::default()));
        let info = self.server.info.clone();
        let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = wires.config.client(&info.set_redis_settings(redis))?;
        let push = Push {
            events: self.subscriptions.events.clone(),
            incarnation: self.subscriptions.incarnation,
            stats: Arc::clone(&wires.stats),
            broken: Arc::clone(&broken),
            echo: Arc::clone(&echo),
        };
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(wires.config.response_timeout))
            .set_response_timeout(Some(wires.config.response_timeout))
            .set_pipeline_buffer_size(1024)
            .set_push_sender(move |info| push.take(info));
        let mut redis = client.get_multiplexed_async_connection_with_config(&settings).await?;
        let identity = BrokerIdentity::of_master(&mut redis, &self.name).await?;
        Ok(LinkConnection { redis, identity, broken, echo })
    }

    /// Sends changes in order and waits for the confirmation of each.
    async fn apply(&self, connection: &mut MultiplexedConnection, changes: &[SubscriptionChange]) -> RedisResult<()> {
        let sharded = self.subscriptions.wires.config.location.is_cluster();
        let mut pipeline = redis::Pipeline::with_capacity(changes.len());
        for change in changes {
            match (change, sharded) {
                (SubscriptionChange::Subscribe(channel), false) => pipeline.cmd("SUBSCRIBE").arg(channel),
                (SubscriptionChange::Subscribe(channel), true) => pipeline.cmd("SSUBSCRIBE").arg(channel),
                (SubscriptionChange::Unsubscribe(channel), false) => pipeline.cmd("UNSUBSCRIBE").arg(channel),
                (SubscriptionChange::Unsubscribe(channel), true) => pipeline.cmd("SUNSUBSCRIBE").arg(channel),
            };
        }
        let _: Vec<Value> = pipeline.query_async(connection).await.inspect_err(|error| {
            if error.is_cluster_error() {
                self.subscriptions.wires.report_moved();
            }
        })?;
        for change in changes {
            if let SubscriptionChange::Subscribe(channel) = change {
                self.subscriptions.confirm(channel);
            }
        }
        Ok(())
    }

    /// Publishes a probe over every command connection. Returns the deadline for its arrival; `None` if nothing could
    /// be published.
    async fn probe(&self, connection: &mut LinkConnection) -> RedisResult<Option<Instant>> {
        let wires = &self.subscriptions.wires;
        let Some(shard) = wires.shard_named(&self.name) else { return Ok(None) };
        let same = BrokerIdentity::still_master(&mut connection.redis, &self.name).await;
        if let Err(error) = same.and_then(|()| connection.identity.demand_same(&shard.identity, &self.name)) {
            wires.report_broken(&shard, &error.to_string());
            return Err(error);
        }
        let message = connection.echo.begin(wires.environment.nonce(), PUBLISHERS.len());
        let command = if wires.config.location.is_cluster() { "SPUBLISH" } else { "PUBLISH" };
        let published = join_all(PUBLISHERS.map(|wire| {
            let (mut publisher, message) = (shard.wire(wire), &message);
            async move { redis::cmd(command).arg(&self.probe_channel).arg(message).exec_async(&mut publisher).await }
        }));
        match published.await.into_iter().find_map(Result::err) {
            None => Ok(Some(Instant::now() + self.patience())),
            Some(error) if trouble::is_forbidden(&error) => {
                self.doubt(&error);
                Ok(None)
            }
            Some(error) => {
                wires.report_broken(&shard, &error.to_string());
                Err(error)
            }
        }
    }

    /// How long a probe may take, as it queues behind other messages.
    fn patience(&self) -> Duration {
        2 * self.subscriptions.wires.config.response_timeout
    }

    /// A probe did not come back: whatever the reason, all connections to the server are made anew.
    fn unheard(&self) -> RedisError {
        let wires = &self.subscriptions.wires;
        BackendStats::add(&wires.stats.probes_lost, 1);
        let reason = format!("what this node published did not come back within {:?}", self.patience());
        if let Some(shard) = wires.shard_named(&self.name) {
            wires.report_broken(&shard, &reason);
        }
        RedisError::from((redis::ErrorKind::Io, "subscriptions are deaf", reason))
    }

    fn doubt(&self, error: &RedisError) {
        let wires = &self.subscriptions.wires;
        self.subscriptions.doubt(&self.name, trouble::explain(error, &wires.config.key_prefix));
    }
}

/// Resolves at a moment; never, without one.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Receives pushes. Runs within the connection's own task, which a `LocalSet`'s runtime keeps on the node's core
/// thread.
struct Push {
    events: Events,
    incarnation: Incarnation,
    stats: Arc<BackendStats>,
    broken: Arc<Notify>,
    echo: Arc<Echo>,
}

impl Push {
    fn take(&self, mut info: PushInfo) -> Result<(), SendError> {
        match info.kind {
            PushKind::Message | PushKind::SMessage => {
                if let Some(Value::BulkString(payload)) = info.data.pop() {
                    if !self.echo.take(&payload) {
                        self.hear(Bytes::from(payload));
                    }
                }
            }
            PushKind::Disconnection => self.broken.notify_one(),
            _ => {}
        }
        Ok(())
    }

    fn hear(&self, payload: Bytes) {
        let Some(message) = heard(self.incarnation, payload) else { return };
        if self.events.message(message) == QueueOutcome::Lost {
            BackendStats::add(&self.stats.lossy, 1);
        }
    }
}
