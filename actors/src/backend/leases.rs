//! Leases: which nodes are alive, and what becomes of the routes of one that is not.

use super::reply::Reply;
use hubwire_protocol::Incarnation;
use std::time::Duration;

/// What became of a lease that was to be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// It goes on.
    Extended,
    /// It goes on although it could not be extended:
    /// the broker takes no writes at all, so that nobody can take it away.
    Frozen,
    /// It goes on, at a broker that restarted or took over since it was renewed last: what this incarnation entered or
    /// took out shortly before may be as it was before that.
    Doubtful,
    /// The broker knew nothing of this incarnation. For one that had a lease before: the broker lost its data, and with
    /// it everything this incarnation had entered.
    Created,
    /// The reaper took the incarnation: it must not be used again.
    Reaped,
}

/// What a node says of itself with its lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The node.
    pub node: Incarnation,
    /// Which version of the cluster protocol it speaks.
    pub version: u16,
    /// For how long it renews its lease each time.
    pub lease: Duration,
}

/// Live nodes, and what comes with the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Live {
    /// Incarnations whose lease has not expired.
    pub nodes: Vec<Incarnation>,
    /// What they say of themselves, in the same order; a node of before the first release says nothing.
    pub terms: Vec<Terms>,
    /// The version of the [denylist](super::Denylist).
    pub denylist: u64,
}

/// What a step of reaping removed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reaped {
    /// How many sessions were taken out of the directory.
    pub sessions: usize,
    /// Nothing is left of the incarnation.
    pub done: bool,
    /// Another node is at it, or its lease is alive.
    pub locked: bool,
}

/// How the lease of a node is renewed. Said by its backend.
pub enum Renewal {
    /// By [`Leases::renew_lease`], as a task of the core thread: the broker is in the same process.
    Here,
    /// By what this makes, on a thread of its own. It is called there once, within a `LocalSet`.
    Apart(Box<dyn FnOnce() -> Box<dyn RenewLease> + Send>),
}

/// A connection to the broker that does nothing but renew this node's lease.
pub trait RenewLease {
    /// As [`Leases::renew_lease`].
    fn renew(&self, ttl: Duration) -> Reply<Lease>;
}

/// The leases of nodes.
pub trait Leases {
    /// Takes or extends this incarnation's lease for `ttl` from now, by the broker's clock. The first call enters the
    /// live set; so does a later one when the broker lost its data. With the lease go the node's [`Terms`].
    fn renew_lease(&self, ttl: Duration) -> Reply<Lease>;

    /// How a node is to renew its lease with this backend.
    fn renewal(&self) -> Renewal {
        Renewal::Here
    }

    /// Incarnations whose lease has not expired, by the broker's clock.
    fn live(&self) -> Reply<Live>;

    /// How long each lease that has not expired goes on, by the broker's clock. For operators.
    fn leases(&self) -> Reply<Vec<(Incarnation, Duration)>>;

    /// Incarnations whose lease expired at least `grace` ago and that nobody has removed yet.
    fn expired(&self, grace: Duration) -> Reply<Vec<Incarnation>>;

    /// Removes at most `limit` index entries of an expired incarnation with their directory and channel entries, if no
    /// other node is at it and it is still expired. `left` is put off by `grace`, as by
    /// [`Membership::depart`](super::Membership::depart). `done`: its keys and its place among the nodes are gone. From
    /// the first call on the incarnation cannot renew its lease or write routes.
    /// An incarnation that is alive is `locked`.
    fn reap(&self, expired: Incarnation, live: Vec<Incarnation>, limit: usize, grace: Duration) -> Reply<Reaped>;

    /// Says what people call this node. Kept until the incarnation is reaped; to be said again when the broker may have
    /// lost data.
    fn set_label(&self, label: String) -> Reply<()>;

    /// What people call each of these incarnations, as far as it said so.
    fn labels(&self, incarnations: Vec<Incarnation>) -> Reply<Vec<Option<String>>>;

    /// Ends this incarnation's lease now: a clean stop. It is `expired` at once, so that a reaper removes what it left.
    fn release_lease(&self) -> Reply<()>;
}
