//! Leases: they determine which nodes are alive, and when the routes of a dead node are removed.

use super::reply::Reply;
use hubwire_protocol::Incarnation;
use std::time::Duration;

/// The outcome of a renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// The lease is extended.
    Extended,
    /// The lease holds although it could not be extended: the broker accepts no writes at all, so no other node can
    /// reap it.
    Frozen,
    /// The lease holds, but the broker restarted or was replaced since the last renewal: entries that this incarnation
    /// wrote or removed shortly before may have been rolled back.
    Doubtful,
    /// The broker did not know this incarnation. If it had a lease before, the broker lost its data, and with it all
    /// entries of this incarnation.
    Created,
    /// A reaper removed the incarnation: it must not be used again.
    Reaped,
}

/// What a node publishes with its lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The incarnation.
    pub node: Incarnation,
    /// Its version of the cluster protocol.
    pub version: u16,
    /// The duration of each renewal.
    pub lease: Duration,
}

/// The live nodes, and further data of the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Live {
    /// Incarnations whose lease has not expired.
    pub nodes: Vec<Incarnation>,
    /// Their terms, in the same order. Nodes older than the first release have none.
    pub terms: Vec<Terms>,
    /// The version of the [denylist](super::Denylist).
    pub denylist: u64,
}

/// What one step of reaping removed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reaped {
    /// How many sessions were removed from the directory.
    pub sessions: usize,
    /// Whether nothing is left of the incarnation.
    pub done: bool,
    /// Whether another node is reaping it, or its lease is alive.
    pub locked: bool,
}

/// How the backend wants the lease of a node renewed.
pub enum Renewal {
    /// With [`Leases::renew_lease`], as a task of the core thread: the broker is in the same process.
    Here,
    /// With the value that this function makes, on a thread of its own. It is called there once, within a `LocalSet`.
    Apart(Box<dyn FnOnce() -> Box<dyn RenewLease> + Send>),
}

/// A connection to the broker that does nothing but renew this node's lease.
pub trait RenewLease {
    /// As [`Leases::renew_lease`].
    fn renew(&self, ttl: Duration) -> Reply<Lease>;
}

/// The leases of nodes.
pub trait Leases {
    /// Takes or extends this incarnation's lease for `ttl` from now, by the broker's clock, and stores the node's
    /// [`Terms`]. The first call enters the live set; so does a later one after the broker lost its data.
    fn renew_lease(&self, ttl: Duration) -> Reply<Lease>;

    /// How a node is to renew its lease with this backend.
    fn renewal(&self) -> Renewal {
        Renewal::Here
    }

    /// Incarnations whose lease has not expired, by the broker's clock.
    fn live(&self) -> Reply<Live>;

    /// The remaining time of each lease that has not expired, by the broker's clock. For operators.
    fn leases(&self) -> Reply<Vec<(Incarnation, Duration)>>;

    /// Incarnations whose lease expired at least `grace` ago and that were not removed yet.
    fn expired(&self, grace: Duration) -> Reply<Vec<Incarnation>>;

    /// Removes at most `limit` index entries of an expired incarnation with their directory and channel entries, if no
    /// other node is reaping it and it is still expired. `left` is delayed by `grace`, as in
    /// [`ChannelMembership::depart`](super::ChannelMembership::depart). `done`: its keys and its entry among the nodes
    /// are removed.
    /// From the first call on the incarnation cannot renew its lease or write routes. For an incarnation that is alive
    /// the answer is `locked`.
    fn reap(&self, expired: Incarnation, live: Vec<Incarnation>, limit: usize, grace: Duration) -> Reply<Reaped>;

    /// Sets the label of this node. Kept until the incarnation is reaped; the node sets it again when the broker may
    /// have lost data.
    fn set_label(&self, label: String) -> Reply<()>;

    /// The labels of these incarnations, as far as they have one.
    fn labels(&self, incarnations: Vec<Incarnation>) -> Reply<Vec<Option<String>>>;

    /// Ends this incarnation's lease at once, for a clean stop. It is `expired` from then on, so that a reaper removes
    /// its entries.
    fn release_lease(&self) -> Reply<()>;
}
