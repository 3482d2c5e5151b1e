//! One server's connection for subscriptions.
//!
//! Messages arrive as RESP3 pushes and go straight into the node's event queue. A dead connection is noticed by a probe
//! (a subscriber that only listens would stay deaf for ever); a new one subscribes everything, waits for every
//! confirmation and then says that messages may have been lost.

use super::super::{Delivery, Events};
use super::pubsub::{Change, Subscriptions};
use super::stats::BackendStats;
use super::topology::Server;
use super::wires::BACKOFF_MIN;
use bytes::Bytes;
use redis::aio::{MultiplexedConnection, SendError};
use redis::{AsyncConnectionConfig, Client, ProtocolVersion, PushInfo, PushKind, RedisResult, Value};
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::Notify;

/// Channels subscribed or given up in one pipeline.
const CHANGES_MAX: usize = 512;

/// The link to one server.
pub(super) struct Link {
    subscriptions: Rc<Subscriptions>,
    server: Server,
    name: String,
}

impl Link {
    pub(super) fn new(subscriptions: Rc<Subscriptions>, server: Server) -> Self {
        Link { subscriptions, name: server.name(), server }
    }

    /// Connects, and connects anew, until the task is aborted. Every connection but the `first` one follows a gap.
    pub(super) async fn keep(self, mut first: bool) {
        let mut pause = BACKOFF_MIN;
        loop {
            let mut connected = false;
            if let Err(error) = self.live(first, &mut connected).await {
                if connected {
                    first = false;
                    pause = BACKOFF_MIN;
                    log::warn!("subscriptions broke off: server={} reason={error}", self.name);
                }
            }
            pause = self.subscriptions.wires.pause(pause).await;
        }
    }

    /// One life of the connection; ends with an error.
    async fn live(&self, first: bool, connected: &mut bool) -> RedisResult<()> {
        let broken = Arc::new(Notify::new());
        let mut connection = self.connect(&broken).await?;
        let subscriptions = &self.subscriptions;
        let wanted: Vec<Change> = subscriptions.begin(&self.name).into_iter().map(Change::Subscribe).collect();
        for changes in wanted.chunks(CHANGES_MAX) {
            self.apply(&mut connection, changes).await?;
        }
        if !first {
            subscriptions.lost();
        }
        *connected = true;
        BackendStats::add(&subscriptions.wires.stats.connects, 1);
        let mut probe = tokio::time::interval(subscriptions.wires.config.probe_interval);
        loop {
            // registered before the queue is looked at, so that no change is slept through
            let changed = subscriptions.changed.notified();
            let changes = subscriptions.take(&self.name, CHANGES_MAX);
            if !changes.is_empty() {
                self.apply(&mut connection, &changes).await?;
                continue;
            }
            tokio::select! {
                () = changed => {}
                () = broken.notified() => {
                    return Err((redis::ErrorKind::Io, "connection closed").into());
                }
                _ = probe.tick() => {
                    redis::cmd("PING").exec_async(&mut connection).await?;
                }
            }
        }
    }

    async fn connect(&self, broken: &Arc<Notify>) -> RedisResult<MultiplexedConnection> {
        let wires = &self.subscriptions.wires;
        let redis = self.server.info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(self.server.info.clone().set_redis_settings(redis))?;
        let push = Push {
            events: self.subscriptions.events.clone(),
            stats: Arc::clone(&wires.stats),
            broken: Arc::clone(broken),
        };
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(wires.config.response_timeout))
            .set_response_timeout(Some(wires.config.response_timeout))
            .set_pipeline_buffer_size(1024)
            .set_push_sender(move |info| push.take(info));
        client.get_multiplexed_async_connection_with_config(&settings).await
    }

    /// Sends changes in order and waits for each one's confirmation.
    async fn apply(&self, connection: &mut MultiplexedConnection, changes: &[Change]) -> RedisResult<()> {
        let sharded = self.subscriptions.wires.config.location.is_cluster();
        let mut pipeline = redis::Pipeline::with_capacity(changes.len());
        for change in changes {
            match (change, sharded) {
                (Change::Subscribe(channel), false) => pipeline.cmd("SUBSCRIBE").arg(channel),
                (Change::Subscribe(channel), true) => pipeline.cmd("SSUBSCRIBE").arg(channel),
                (Change::Unsubscribe(channel), false) => pipeline.cmd("UNSUBSCRIBE").arg(channel),
                (Change::Unsubscribe(channel), true) => pipeline.cmd("SUNSUBSCRIBE").arg(channel),
            };
        }
        let _: Vec<Value> = pipeline.query_async(connection).await.inspect_err(|error| {
            if error.is_cluster_error() {
                self.subscriptions.wires.report_moved();
            }
        })?;
        for change in changes {
            if let Change::Subscribe(channel) = change {
                self.subscriptions.confirm(channel);
            }
        }
        Ok(())
    }
}

/// Takes pushes; runs within the connection's own task, which a `LocalSet`'s runtime keeps on the node's core thread.
struct Push {
    events: Events,
    stats: Arc<BackendStats>,
    broken: Arc<Notify>,
}

impl Push {
    fn take(&self, mut info: PushInfo) -> Result<(), SendError> {
        match info.kind {
            PushKind::Message | PushKind::SMessage => {
                if let Some(Value::BulkString(payload)) = info.data.pop() {
                    if self.events.message(Bytes::from(payload)) == Delivery::Lost {
                        BackendStats::add(&self.stats.lossy, 1);
                    }
                }
            }
            PushKind::Disconnection => self.broken.notify_one(),
            _ => {}
        }
        Ok(())
    }
}
