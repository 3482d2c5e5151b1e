//! Renews the node's lease on a thread and a connection of its own, so that neither the work of the core thread nor a
//! large answer on another connection delays it.

use super::super::*;
use super::command::ms;
use super::command::Command;
use super::config::RedisConfig;
use super::keys::Keys;
use super::reply;
use super::stats::BackendStats;
use super::wires::Wires;
use crate::environment::Environment;
use ::redis::Value;
use hubwire_protocol::cluster::VERSION;
use hubwire_protocol::Incarnation;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// The holder of a lease, and the connections over which it is renewed.
pub(super) struct Tenant {
    wires: Rc<Wires>,
    keys: Keys,
    incarnation: Incarnation,
    /// Whether the lease was taken before: only the first call may enter the live set.
    entered: Cell<bool>,
    /// How often the backend's own connections found a restarted or another server.
    takeovers: Arc<AtomicU64>,
    /// The number of these takeovers before the last renewal.
    renewed_after: Cell<u64>,
    /// The number of these takeovers before the last reconnect.
    reconnected_after: Cell<u64>,
}

/// What a renewal on another thread needs.
pub(super) struct Apart {
    pub config: RedisConfig,
    pub environment: Environment,
    pub incarnation: Incarnation,
    pub takeovers: Arc<AtomicU64>,
    pub stats: Arc<BackendStats>,
}

impl Tenant {
    pub(super) fn new(wires: Rc<Wires>, keys: Keys, incarnation: Incarnation, takeovers: Arc<AtomicU64>) -> Self {
        let (entered, renewed_after, reconnected_after) = (Cell::new(false), Cell::new(0), Cell::new(0));
        Tenant { wires, keys, incarnation, entered, takeovers, renewed_after, reconnected_after }
    }

    pub(super) async fn renew(&self, ttl: Duration) -> Result<Lease, BackendError> {
        let takeovers = self.takeovers.load(Relaxed);
        if self.reconnected_after.replace(takeovers) != takeovers && !self.wires.has_lane {
            // the address may now lead to another server than this connection of the lease's own
            self.wires.begin_anew("another server has taken over");
        }
        let mut lease = match self.extend(ttl, !self.entered.get()).await {
            Err(full @ BackendError::Unwritable { .. }) => self.frozen(full).await?,
            extended => extended?,
        };
        if lease.is_none() && !self.was_fenced().await? {
            // neither alive nor reaped: the broker lost its data
            lease = self.extend(ttl, true).await?;
        }
        self.entered.set(true);
        let doubtful = self.renewed_after.replace(takeovers) != takeovers;
        Ok(match lease.unwrap_or(Lease::Reaped) {
            Lease::Extended if doubtful => Lease::Doubtful,
            lease => lease,
        })
    }

    /// `None`: the incarnation is unknown, and was not to be entered.
    async fn extend(&self, ttl: Duration, enter: bool) -> Result<Option<Lease>, BackendError> {
        let [leases, reaping] = self.keys.of_leases();
        let call = self.wires.scripts.renew.call(&[leases, reaping, self.keys.terms()]);
        let call = call.arg(self.incarnation.to_string()).arg(ms(ttl)).arg(u8::from(enter)).arg(VERSION);
        match reply::value::<i64>("lease", self.query(call).await?)? {
            0 => Ok(Some(Lease::Reaped)),
            1 => Ok(Some(Lease::Extended)),
            2 => Ok(Some(Lease::Created)),
            _ => Ok(None),
        }
    }

    /// A broker that cannot save accepts no writes from any node, so no node can be reaped: a node that has a lease
    /// keeps it. When the broker accepts writes again, reapers first wait for one lease, as after any outage.
    async fn frozen(&self, full: BackendError) -> Result<Option<Lease>, BackendError> {
        let score = Command::on("ZSCORE", &self.keys.leases()).arg(self.incarnation.to_string());
        match self.query(score).await? {
            Value::Nil => Err(full),
            _ => Ok(Some(Lease::Frozen)),
        }
    }

    /// Whether a reaper has fenced this incarnation.
    async fn was_fenced(&self) -> Result<bool, BackendError> {
        let exists = Command::on("EXISTS", &self.keys.fence(self.incarnation));
        reply::flag("flag", self.query(exists).await?)
    }

    async fn query(&self, command: Command) -> Result<Value, BackendError> {
        self.wires.query(&[command]).await?.pop().ok_or_else(|| reply::unexpected("answer to a command"))
    }
}

/// A tenant that has its connections.
struct ConnectedTenant {
    tenant: Rc<Tenant>,
    _keep: JoinSet<()>,
}

impl Apart {
    /// Starts connecting; call it within a `LocalSet`.
    pub(super) fn connect(self) -> Box<dyn RenewLease> {
        let keys = Keys::new(&self.config.key_prefix, self.config.location.database());
        let wires = Rc::new(Wires::without_lane(self.config, self.environment, self.stats));
        let mut keep = JoinSet::new();
        keep.spawn_local(Rc::clone(&wires).keep());
        let tenant = Rc::new(Tenant::new(wires, keys, self.incarnation, self.takeovers));
        Box::new(ConnectedTenant { tenant, _keep: keep })
    }
}

impl RenewLease for ConnectedTenant {
    fn renew(&self, ttl: Duration) -> Reply<Lease> {
        let tenant = Rc::clone(&self.tenant);
        Box::pin(async move { tenant.renew(ttl).await })
    }
}
