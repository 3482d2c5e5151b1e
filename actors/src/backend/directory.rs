//! The directory: which sessions a user has, and on which nodes.

use super::membership::Placement;
use super::reply::Reply;
use crate::session_list::OfSession;
use hubwire_protocol::{DeviceId, Incarnation, Position, SessionId, UserId};
use std::time::Duration;

/// How long the time of a user's last session is kept, if it is recorded.
pub const LAST_SEEN_TTL: Duration = Duration::from_secs(90 * 24 * 3600);

/// A session in the directory. Its incarnation is part of its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// The session.
    pub session: SessionId,
    /// Its device.
    pub device: Option<DeviceId>,
    /// When it was attached, Unix milliseconds by the broker's clock.
    pub since_ms: u64,
}

impl OfSession for DirectoryEntry {
    fn session(&self) -> SessionId {
        self.session
    }
}

/// How many sessions a user may have, and which one is closed when there are more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionPolicy {
    /// 0: unlimited.
    pub max_sessions: usize,
    /// At the limit: `true` closes the oldest, `false` refuses the new one.
    pub close_oldest: bool,
}

/// A session to be entered into the directory.
#[derive(Debug, Clone)]
pub struct Attach {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// Its device.
    pub device: Option<DeviceId>,
    /// Decided within the same atomic step, counting only sessions of live incarnations. Not applied to a session that
    /// is in the directory already: a repeated attach changes nothing but the device.
    pub policy: SessionPolicy,
    /// The incarnations whose sessions count, for a broker that cannot look them up within that step.
    pub live: Vec<Incarnation>,
}

/// What an attach did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttachOutcome {
    /// The session is in the directory.
    Entered {
        /// Last position of the user's stream at that moment.
        top: Position,
        /// Sessions that the policy removed from the directory; their nodes close them (4409).
        replaced: Vec<SessionId>,
    },
    /// The policy refuses the session (4413); nothing changed.
    Refused,
}

/// The directory of sessions.
pub trait Directory {
    /// Enters a session. The inverted index (incarnation -> user, session) is written before the directory entry. Fails
    /// with `Refused` when the session's incarnation was reaped. Calls for one session, and for its channels, take
    /// effect in call order.
    fn attach(&self, attach: Attach) -> Reply<AttachOutcome>;

    /// Removes a session, first the directory entry, then the index entry.
    fn detach(&self, user: UserId, session: SessionId) -> Reply<()>;

    /// The sessions of a user, those of dead incarnations included.
    fn sessions(&self, user: UserId) -> Reply<Vec<DirectoryEntry>>;

    /// When the last session of each of these users left the directory, in the same order: Unix milliseconds by the
    /// broker's clock. `None` if that was not recorded, or is longer ago than [`LAST_SEEN_TTL`]. A user that is online
    /// may have a time, too.
    fn last_seen(&self, users: Vec<UserId>) -> Reply<Vec<Option<u64>>>;

    /// All entries of this incarnation in the directory and in channels, according to its index.
    fn placed(&self) -> Reply<Vec<Placement>>;
}
