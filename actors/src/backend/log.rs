//! Logs: the publications of a stream, in order.

use super::reply::Reply;
use crate::access::within::Within;
use crate::retention::{Retention, Shares, StreamRetention};
use crate::words::action_class::ActionClass;
use crate::words::network::Network;
use bytes::Bytes;
use hubwire_protocol::{Address, OrgId, Position, SessionId, UserId};
use smallvec::SmallVec;
use std::time::Duration;

/// The sender's idempotency key: the same key within the window stores once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// The sender and its id, see `idempotency::key`.
    pub key: String,
    /// The broker remembers it for at least this long, and at most twice as long.
    pub window: Duration,
    /// A digest of the content. A call with a known key and another digest stores nothing and fails with
    /// [`BackendError::IdConflict`](super::BackendError::IdConflict). `None` matches any digest.
    pub digest: Option<u64>,
    /// When the node accepted the publication, Unix ms. A duplicate is acknowledged with the time of the first call.
    pub ts: u64,
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
    /// With a key, a repeated call returns the first call's position, stores nothing and notifies nobody; the backend
    /// also repeats the call itself after a connection fault. Without a key it never does.
    pub idempotency: Option<IdempotencyKey>,
    /// How much the stream retains.
    pub retention: Retention,
}

/// What an append did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The position of the publication.
    pub pos: Position,
    /// The position before it; `0-0` for the first publication of its log.
    pub prev: Position,
    /// The key was known: `pos` is the position of the first call (`prev` is then `0-0`), and nobody was notified. When
    /// the backend repeats its own call, the answer is not a duplicate: it recognizes its nonce.
    pub duplicate: bool,
    /// For a duplicate, the [`IdempotencyKey::ts`] of the first call. `None` if an older version stored it.
    pub first_ts: Option<u64>,
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
    /// The sender; `None` for the server API, which has no stream of its own. Equal to `to`: one append only.
    pub from: Option<UserId>,
    /// The receiver.
    pub to: UserId,
    /// The encoded envelope; the same bytes go to both streams.
    pub envelope: Bytes,
    /// Random part of both positions.
    pub nonce: u64,
    /// As in [`Append::idempotency`], for both streams.
    pub idempotency: Option<IdempotencyKey>,
    /// Stored only if the receiver is within these bounds, else the call fails with
    /// [`BackendError::OutOfReach`](super::BackendError).
    pub within: Option<Within>,
    /// Stored only if the sender keeps within its share of the receiver's stream, else the call fails with
    /// [`BackendError::ShareTaken`](super::BackendError). A user's own stream has no shares.
    pub share: Option<Share>,
    /// How much the receiver's stream retains.
    pub retention: Retention,
    /// How much the sender's own stream retains.
    pub own_retention: Retention,
}

/// How much of the receiver's stream one sender may occupy. A sender at its share cannot push out publications of
/// others that the receiver has not read. A user has read the publications up to the cursor of its most advanced
/// device; a user without cursors has read everything while it is connected, and nothing while it is offline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The first organisation of the sender, whose members share a second limit.
    pub org: Option<OrgId>,
    /// The limits.
    pub of: Shares,
}

/// What a direct append did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectAppended {
    /// The copy in the sender's own stream and the sender's sessions; `None` when there is no second stream.
    pub copy: Option<DirectPart>,
    /// The publication in the receiver's stream and the receiver's sessions.
    pub receiver: DirectPart,
    /// Whether the broker has published the new entries to the other nodes that own one of these sessions. If not, the
    /// caller has to.
    pub told: bool,
}

/// One side of a direct append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectPart {
    /// The result of the append.
    pub appended: Appended,
    /// The user's sessions in the directory at that moment, those of dead incarnations included.
    pub sessions: SmallVec<[SessionId; 2]>,
}

/// An account whose bytes or actions are counted over the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A user.
    User(UserId),
    /// An organisation.
    Org(OrgId),
    /// The actions of a user, of one class.
    UserActions(UserId, ActionClass),
    /// The actions in an organisation, of one class.
    OrgActions(OrgId, ActionClass),
    /// The actions of all clients at an address, of one class.
    AddressActions(Network, ActionClass),
}

/// A report to an account at the broker: further bytes or actions.
#[derive(Debug, Clone, PartialEq)]
pub struct Deposit {
    /// The account.
    pub holder: Holder,
    /// The bytes, or the number of actions.
    pub bytes: u64,
    /// The bucket's leak per second.
    pub per_second: f64,
    /// When an account without reports may be forgotten.
    pub ttl: Duration,
}

/// An entry of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The position.
    pub pos: Position,
    /// The position before it, as recorded when it was appended.
    pub prev: Position,
    /// The encoded envelope.
    pub envelope: Bytes,
}

/// A part of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// Whether nothing after the requested position is missing: it is the log's top, still in the log, or the position
    /// before the oldest entry (`0-0`: nothing was trimmed yet; or the log does not exist). If not, `entries` is empty.
    pub intact: bool,
    /// The publications after the position, oldest first, bounded by the call's `limit` and `bytes_max`.
    pub entries: Vec<Entry>,
    /// The last position of the log at that moment; `0-0` when it does not exist.
    pub top: Position,
    /// If not intact: the log holds everything after this position; `top` when it holds nothing.
    pub oldest: Position,
}

/// The logs of streams.
pub trait Log {
    /// Appends to a topic stream and notifies the stream's topic with `ClusterMessage::Publication`, atomically.
    /// Calls for one stream take effect in call order.
    fn append(&self, append: Append) -> Reply<Appended>;

    /// Appends a direct message to both users' streams, atomically if one server has both. Otherwise a crash in between
    /// leaves a mark with the sender's stream that [`Log::finish_outbox`] completes. With `tell`, a broker that can do
    /// so in the same step publishes to the owning nodes, except this one.
    fn append_direct(&self, append: AppendDirect, tell: bool) -> Reply<DirectAppended>;

    /// Completes direct messages of `user` whose second append was prevented by a crash (some seconds ago, so that no
    /// live sender is still doing it). Returns the new entries; `keep` is the retention of the receivers' streams.
    fn finish_outbox(&self, user: UserId, keep: StreamRetention) -> Reply<Vec<(UserId, DirectPart, Entry)>>;

    /// Reads after a position, at most `limit` entries and about `bytes_max` bytes (always at least one entry).
    fn read(&self, stream: Address, after: Position, limit: usize, bytes_max: usize) -> Reply<Range>;

    /// Reads backwards: the newest `limit` entries older than `before` (or of the whole log), newest first. Stops with
    /// the entry that exceeds `bytes_max`.
    fn history(&self, stream: Address, before: Option<Position>, limit: usize, bytes_max: usize) -> Reply<Vec<Entry>>;

    /// Reads forwards: the oldest `limit` entries newer than `after`, which need not be in the log, oldest first. Stops
    /// with the entry that exceeds `bytes_max`.
    fn history_after(&self, stream: Address, after: Position, limit: usize, bytes_max: usize) -> Reply<Vec<Entry>>;

    /// How many publications a log holds, including expired ones that were not removed yet. For operators.
    fn length(&self, stream: Address) -> Reply<usize>;

    /// The last position of each stream, in the same order; `0-0` for one that does not exist.
    fn tops(&self, streams: Vec<Address>) -> Reply<Vec<Position>>;

    /// Adds to the level that all nodes together have in an account, and returns the new level; `None` if there are no
    /// other nodes.
    fn deposit(&self, _deposit: Deposit) -> Reply<Option<u64>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}
