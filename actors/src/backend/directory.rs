//! The directory: which sessions a user has, and on which nodes.

use super::membership::Placed;
use super::reply::Reply;
use crate::session_list::OfSession;
use hubwire_protocol::{DeviceId, Incarnation, Position, SessionId, UserId};
use std::time::Duration;

/// How long it is remembered when a user was there last, where that is noted.
pub const LAST_SEEN_TTL: Duration = Duration::from_secs(90 * 24 * 3600);

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

impl OfSession for DirectoryEntry {
    fn session(&self) -> SessionId {
        self.session
    }
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
    /// Decided within the same atomic step, counting sessions of live incarnations only. Not applied to a session that
    /// is in the directory already: a repeated attach changes nothing but the device.
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
    },
    /// The policy refuses it (4413); nothing changed.
    Refused,
}

/// The directory of sessions.
pub trait Directory {
    /// Enters a session. The inverted index (incarnation -> user, session) is written before the directory entry.
    /// `Refused` as an error when the session's incarnation was reaped. Calls for one session take effect in call
    /// order, those for its channels included.
    fn attach(&self, attach: Attach) -> Reply<Attached>;

    /// Removes a session. Directory entry first, then index.
    fn detach(&self, user: UserId, session: SessionId) -> Reply<()>;

    /// The sessions of a user, those of dead incarnations included.
    fn sessions(&self, user: UserId) -> Reply<Vec<DirectoryEntry>>;

    /// When each of these users was there last, Unix milliseconds by the broker's clock, in the same order: when its
    /// last session
    /// left the directory. `None` where that was not noted, or longer ago than [`LAST_SEEN_TTL`]. A user who is there
    /// may have
    /// a time, too.
    fn last_seen(&self, users: Vec<UserId>) -> Reply<Vec<Option<u64>>>;

    /// Everything this incarnation has in the directory and in channels, according to its index.
    fn placed(&self) -> Reply<Vec<Placed>>;
}
