//! What a node needs from the outside: logs, pub/sub, the directory and tickets. One trait, one conformance suite.
//!
//! A backend lives on the node's core thread and is not `Send`; every method starts its work at once, in call order, and
//! returns a future of the outcome. Dropping the future does not undo the work.
//!
//! # Streams
//! A stream is the ordered log of an address. Its positions grow: the first publication of a log that does not exist
//! gets `seq` = the broker's clock in Unix milliseconds, each further one `seq + 1`. A log that expired, or was lost
//! with its broker, therefore goes on above its former positions (unless it had taken more than 1,000 publications per
//! second over its whole life). `prev` links each publication to the one before it.

mod events;
pub mod memory;
pub mod plain;
pub mod redis;
mod renewal;

pub use events::{Delivery, Events};
pub use renewal::{RenewLease, Renewal};

use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use hubwire_protocol::{Address, DeviceId, Incarnation, OrgId, Position, SessionId, UserId};
use std::time::Duration;

/// How long a device's cursors are remembered after they last moved.
pub const CURSOR_TTL: Duration = Duration::from_secs(30 * 24 * 3600);
/// Cursors a device may have. Beyond it those with the lowest `seq` go: as a log starts with the time of its first
/// publication, they belong to the streams that were started longest ago.
pub const CURSORS_MAX: usize = 256;

/// The outcome of a backend call.
pub type Reply<T> = LocalBoxFuture<'static, Result<T, BackendError>>;

/// Why a backend call has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// The broker cannot be reached, did not answer in time or is not ready. What the call asked may have happened.
    #[error("broker unavailable: {reason}")]
    Unavailable {
        /// What was seen; for the log.
        reason: String,
    },
    /// The backend's bounded queue is full. Nothing was done.
    #[error("broker queue is full")]
    Overloaded,
    /// The broker's memory is nearly full. Nothing was done.
    #[error("the broker's memory is nearly full; nothing was stored")]
    Full,
    /// The broker refused (out of memory, read-only, wrong type). Nothing was done.
    #[error("broker refused: {reason}")]
    Refused {
        /// What it said; for the log.
        reason: String,
    },
}

/// How long a stream remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// At most this many publications (the broker may keep somewhat more).
    pub count: usize,
    /// At most this old. The whole log goes when nothing was appended for this long.
    pub age: Duration,
    /// Envelopes of at most so many bytes together (the broker may keep a sixteenth more); the newest is always kept.
    pub bytes: usize,
}

/// The sender's idempotency key: the same key within the window stores once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// `<user>|<device>|<id>`, or what the server API gave.
    pub key: String,
    /// It is remembered for at least this long, and at most twice as long.
    pub window: Duration,
}

/// A publication to a topic stream (channel, team, organisation).
#[derive(Debug, Clone)]
pub struct Append {
    /// The stream.
    pub stream: Address,
    /// The encoded envelope.
    pub envelope: Bytes,
    /// Random part of the position.
    pub nonce: u64,
    /// When given, a repeated call returns the first call's position, stores nothing and notifies nobody. With a key the
    /// backend repeats the call itself after a connection fault; without one it never does.
    pub idempotency: Option<IdempotencyKey>,
    /// What the stream remembers.
    pub retention: Retention,
}

/// What an append did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Where the publication stands.
    pub pos: Position,
    /// The position before it; `0-0` when it is the first of its log.
    pub prev: Position,
    /// The key was known: `pos` is where the first call put it (`prev` is then `0-0`), nobody was notified. The backend's own
    /// repeat of a call is no duplicate: it is told by its nonce.
    pub duplicate: bool,
}

impl Appended {
    /// Whether the publication is the first of its log.
    pub fn began(&self) -> bool {
        !self.duplicate && self.prev == Position::START
    }
}

/// A direct message: one append to the sender's own stream, one to the receiver's.
#[derive(Debug, Clone)]
pub struct AppendDirect {
    /// Who sends; `None` for the server API, which has no stream of its own. Equal to `to`: one append only.
    pub from: Option<UserId>,
    /// Who receives.
    pub to: UserId,
    /// The encoded envelope; the same bytes go to both streams.
    pub envelope: Bytes,
    /// Random part of both positions.
    pub nonce: u64,
    /// As in [`Append::idempotency`], for both streams.
    pub idempotency: Option<IdempotencyKey>,
    /// What user streams remember.
    pub retention: Retention,
}

/// What a direct append did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectAppended {
    /// The copy in the sender's own stream and the sender's sessions; `None` when there is no second stream.
    pub copy: Option<DirectPart>,
    /// The publication in the receiver's stream and the receiver's sessions.
    pub receiver: DirectPart,
    /// Whether the broker has published what was stored now to the other nodes that own one of these sessions. Where it has
    /// not, that is the caller's.
    pub told: bool,
}

/// One side of a direct append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectPart {
    /// As for any append.
    pub appended: Appended,
    /// The user's sessions in the directory at that moment, those of dead incarnations included.
    pub sessions: Vec<SessionId>,
}

/// Whose bytes are counted over the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A user.
    User(UserId),
    /// An organisation.
    Org(OrgId),
}

/// What the broker is to be told of an account: so many bytes more.
#[derive(Debug, Clone, PartialEq)]
pub struct Deposit {
    /// Whose.
    pub holder: Holder,
    /// The bytes.
    pub bytes: u64,
    /// The bucket's leak, in bytes per second.
    pub per_second: f64,
    /// When an untouched account may be forgotten.
    pub ttl: Duration,
}

/// An entry of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its position.
    pub pos: Position,
    /// The position before it, as recorded when it was appended.
    pub prev: Position,
    /// The encoded envelope.
    pub envelope: Bytes,
}

/// A part of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// Whether the position asked for is the log's top or still in the log (`0-0`: nothing was trimmed yet, so the first
    /// entry's `prev` is `0-0`; or the log does not exist). If not, `entries` is empty.
    pub intact: bool,
    /// The publications after the position, oldest first, bounded by the call's `limit` and `bytes_max`.
    pub entries: Vec<Entry>,
    /// The last position of the log at that moment; `0-0` when it does not exist.
    pub top: Position,
}

/// A session as the directory knows it. Its incarnation is part of its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// The session.
    pub session: SessionId,
    /// Its device.
    pub device: Option<DeviceId>,
    /// When it was attached, Unix milliseconds by the broker's clock.
    pub since_ms: u64,
}

/// How many sessions a user may have, and who goes when there are more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionPolicy {
    /// 0 = as many as they like.
    pub max_sessions: usize,
    /// Over the limit: `true` closes the oldest, `false` refuses the new one.
    pub close_oldest: bool,
}

/// A session enters the directory.
#[derive(Debug, Clone)]
pub struct Attach {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// Its device.
    pub device: Option<DeviceId>,
    /// Decided within the same atomic step, counting sessions of live incarnations only. Not applied to a session that is in
    /// the directory already: a repeated attach changes nothing but the device.
    pub policy: SessionPolicy,
    /// The incarnations whose sessions count, for a broker that does not know within that step who lives.
    pub live: Vec<Incarnation>,
}

/// What an attach did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attached {
    /// The session is in the directory.
    Entered {
        /// Last position of the user's stream at that moment.
        top: Position,
        /// Sessions the policy took out of the directory; their nodes are to close them (4409).
        replaced: Vec<SessionId>,
        /// Whether the user had no session on a live incarnation before.
        first: bool,
    },
    /// The policy refuses it (4413); nothing changed.
    Refused,
}

/// A user in a channel, cluster-wide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The session that joined.
    pub session: SessionId,
    /// Its user.
    pub user: UserId,
}

/// A session of this incarnation as the broker has it: in the directory, or in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The channel; absent: the directory.
    pub channel: Option<Address>,
    /// The session.
    pub member: Member,
}

/// Who is in a channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Members {
    /// Its sessions, those of dead incarnations included.
    pub sessions: Vec<Member>,
    /// Users whose `left` is put off.
    pub leaving: Vec<UserId>,
}

/// What a backend tells the bridge by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackendEvent {
    /// A message on this node's channel or on a topic it subscribed to: an encoded cluster message.
    Message {
        /// The bytes.
        payload: Bytes,
    },
    /// Messages may have been lost (reconnected, or this queue was full): every local stream is behind.
    Lossy,
}

/// The broker as one node sees it.
pub trait Backend {
    // -- logs ---------------------------------------------------------------------------------------------------

    /// Appends to a topic stream and notifies the stream's topic with `ClusterMessage::Publication`, atomically.
    /// Calls for one stream take effect in call order.
    fn append(&self, append: Append) -> Reply<Appended>;

    /// Appends a direct message to both users' streams, atomically where one server has both. Otherwise a crash in between
    /// leaves a mark with the sender's stream that [`Backend::finish_outbox`] completes. With `tell` a broker that can do so in
    /// the same step publishes to the owning nodes, this one excepted.
    fn append_direct(&self, append: AppendDirect, tell: bool) -> Reply<DirectAppended>;

    /// Completes direct messages of `user` whose second append a crash prevented (some seconds ago, so that no live sender
    /// is still at it). Returns what was appended now.
    fn finish_outbox(&self, user: UserId) -> Reply<Vec<(UserId, DirectPart, Entry)>>;

    /// Reads after a position, at most `limit` entries and about `bytes_max` bytes (always at least one entry).
    fn read(&self, stream: Address, after: Position, limit: usize, bytes_max: usize) -> Reply<Range>;

    /// Reads backwards: the newest `limit` entries older than `before` (absent: of all), newest first.
    fn history(&self, stream: Address, before: Option<Position>, limit: usize) -> Reply<Vec<Entry>>;

    /// The last position of each stream, in order; `0-0` for one that does not exist.
    fn tops(&self, streams: Vec<Address>) -> Reply<Vec<Position>>;

    /// Adds to what all nodes together know of an account, and says what it holds then; `None` where there are no others.
    fn deposit(&self, _deposit: Deposit) -> Reply<Option<u64>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    // -- pub/sub ------------------------------------------------------------------------------------------------

    /// Starts delivery of a topic (a stream's address) as [`BackendEvent::Message`]. Resolves when the broker confirmed:
    /// what is published after that arrives, until [`BackendEvent::Lossy`]. Idempotent, kept across reconnects.
    fn subscribe(&self, topic: Address) -> Reply<()>;

    /// Ends delivery of a topic.
    fn unsubscribe(&self, topic: Address) -> Reply<()>;

    /// Publishes an encoded cluster message on a topic without a log.
    fn publish_topic(&self, topic: Address, message: Bytes) -> Reply<()>;

    /// Publishes an encoded cluster message on a node's channel (one's own included: it comes back as an event).
    /// Resolves with whether anybody listens. Calls take effect in call order.
    fn publish_node(&self, node: Incarnation, message: Bytes) -> Reply<bool>;

    // -- directory ----------------------------------------------------------------------------------------------

    /// Enters a session. The inverted index (incarnation -> user, session) is written before the directory entry. `Refused`
    /// as an error when the session's incarnation was reaped. Calls for one session take effect in call order, those for
    /// its channels included.
    fn attach(&self, attach: Attach) -> Reply<Attached>;

    /// Removes a session; `true` when the user has no session left on a live incarnation. Directory entry first, then index.
    fn detach(&self, user: UserId, session: SessionId, live: Vec<Incarnation>) -> Reply<bool>;

    /// The sessions of a user, those of dead incarnations included.
    fn sessions(&self, user: UserId) -> Reply<Vec<DirectoryEntry>>;

    // -- channel membership -------------------------------------------------------------------------------------

    /// Enters a session into a channel (or fails as [`Backend::attach`] does); `true` when its user's coming is to be told:
    /// it is the first one there on a live incarnation, and `left` is not put off.
    fn join(&self, channel: Address, member: Member, live: Vec<Incarnation>) -> Reply<bool>;

    /// Removes it. When it was its user's last one there on a live incarnation, `left` is put off by `grace`, and a join until
    /// then makes it void; without a grace `left` is told at once.
    fn depart(&self, channel: Address, member: Member, live: Vec<Incarnation>, grace: Duration) -> Reply<()>;

    /// Tells on the channel's topic that a user joined: before whatever [`Backend::depart`] and [`Backend::tell_left`] of later
    /// calls tell there.
    fn tell_joined(&self, channel: Address, user: UserId) -> Reply<()>;

    /// Tells `left`, on the channels' topics, of at most `limit` users for whom it was put off until now and who are not back
    /// on a live incarnation. Whatever node calls this, and however often: once for each. Returns how many were looked at.
    fn tell_left(&self, live: Vec<Incarnation>, limit: usize) -> Reply<usize>;

    /// Everybody in a channel.
    fn members(&self, channel: Address) -> Reply<Members>;

    // -- cursors ------------------------------------------------------------------------------------------------

    /// Remembers how far a device has come, for [`CURSOR_TTL`] and at most [`CURSORS_MAX`] streams. Never moves a cursor back
    /// to a lower `seq`.
    fn put_cursors(&self, user: UserId, device: DeviceId, positions: Vec<(Address, Position)>) -> Reply<()>;

    /// The cursors of a device.
    fn cursors(&self, user: UserId, device: DeviceId) -> Reply<Vec<(Address, Position)>>;

    // -- tickets ------------------------------------------------------------------------------------------------

    /// Stores a ticket's content under the digest of the ticket, for `ttl`. `Refused` when there is one.
    fn put_ticket(&self, digest: String, content: Bytes, ttl: Duration) -> Reply<()>;

    /// Takes a ticket's content: exactly one caller in the cluster gets it.
    fn take_ticket(&self, digest: String) -> Reply<Option<Bytes>>;

    // -- nodes --------------------------------------------------------------------------------------------------

    /// Takes or extends this incarnation's lease for `ttl` from now, by the broker's clock. The first call enters the live
    /// set; so does a later one when the broker lost its data.
    fn renew_lease(&self, ttl: Duration) -> Reply<Lease>;

    /// How a node is to renew its lease with this backend.
    fn renewal(&self) -> Renewal {
        Renewal::Here
    }

    /// Incarnations whose lease has not expired, by the broker's clock.
    fn live(&self) -> Reply<Vec<Incarnation>>;

    /// Incarnations whose lease expired at least `grace` ago and that nobody has removed yet.
    fn expired(&self, grace: Duration) -> Reply<Vec<Incarnation>>;

    /// Removes at most `limit` index entries of an expired incarnation with their directory and channel entries, if no
    /// other node is at it and it is still expired. `left` is put off by `grace`, as by [`Backend::depart`]. `done`: its keys and its place among the nodes are gone. From the first
    /// call on the incarnation cannot renew its lease or write routes. An incarnation that is alive is `locked`.
    fn reap(&self, expired: Incarnation, live: Vec<Incarnation>, limit: usize, grace: Duration) -> Reply<Reaped>;

    /// Everything this incarnation has in the directory and in channels, according to its index.
    fn placed(&self) -> Reply<Vec<Placed>>;

    /// Ends this incarnation's lease now: a clean stop. It is `expired` at once, so that a reaper removes what it left.
    fn release_lease(&self) -> Reply<()>;

    /// One round trip that proves the broker takes writes.
    fn ping(&self) -> Reply<()>;

    /// What the connected broker does not meet of what is configured (eviction policy, persistence, version, replicas):
    /// one sentence each, for the log at start.
    fn advice(&self) -> Reply<Vec<String>>;
}

/// What became of a lease that was to be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// It goes on.
    Extended,
    /// It goes on, at a broker that restarted or took over since it was renewed last: what this incarnation entered or took
    /// out shortly before may be as it was before that.
    Doubtful,
    /// The broker knew nothing of this incarnation. For one that had a lease before: the broker lost its data, and with
    /// it everything this incarnation had entered.
    Created,
    /// The reaper took the incarnation: it must not be used again.
    Reaped,
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
