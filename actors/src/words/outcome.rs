//! What became of what somebody asked for.

use crate::backend::{BackendError, ChannelSnapshot, Entry, Shown};
use hubwire_protocol::event::PresentUser;
use hubwire_protocol::people::ContactState;
use hubwire_protocol::{Address, CloseCode, ErrorCode, Position, Profile, SessionId, UserId};

/// A broker whose memory is nearly full gains room only as what it holds expires.
const FULL_RETRY_MS: u64 = 5000;

/// What both a user out of reach and one that does not exist are answered with.
pub(crate) const OUT_OF_REACH: &str = "that user is out of reach, or there is none";

/// Why the node did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// Stable code.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
    /// When to try again, where that is known.
    pub retry_after_ms: Option<u64>,
}

impl Refusal {
    /// A refusal that does not say when to try again.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Refusal { code, message: message.into(), retry_after_ms: None }
    }

    /// The refusal while the node's own lease is not valid.
    pub(crate) fn no_lease() -> Self {
        Refusal::new(
            ErrorCode::BrokerUnavailable,
            "the node lost contact with the broker; nothing was stored, try again",
        )
    }

    /// The refusal when the mailbox of an actor of the core thread is full.
    pub(crate) fn overloaded() -> Self {
        Refusal::new(ErrorCode::Overloaded, "the node is busy; nothing was done, try again")
    }
}

/// When an action that was refused for want of something may be tried again. The same for everybody: what is short is
/// short for all, and clients spread their attempts by themselves.
pub(crate) fn default_retry_after_ms(code: ErrorCode) -> Option<u64> {
    matches!(code, ErrorCode::BrokerUnavailable | ErrorCode::Overloaded).then_some(1000)
}

/// What becomes of a session that cannot be entered into a stream:
/// the code it is closed with, and the error that is sent before.
pub(crate) fn turned_away(stream: &Address, error: BackendError) -> (CloseCode, Option<(Address, Refusal)>) {
    match error {
        // somebody must mend that first: to try other nodes is in vain
        BackendError::WrongType { .. } => (CloseCode::Internal, Some((stream.clone(), error.into()))),
        BackendError::Overloaded => (CloseCode::Overloaded, None),
        _ => (CloseCode::BrokerUnavailable, None),
    }
}

impl From<BackendError> for Refusal {
    fn from(error: BackendError) -> Self {
        // what the broker said, and where it is, is for the log
        let (code, message) = match &error {
            BackendError::Unavailable { .. } => (
                ErrorCode::BrokerUnavailable,
                "the broker did not answer; try again, with the same id if there is one: it may have been stored",
            ),
            BackendError::Unwritable { .. } => {
                (ErrorCode::BrokerUnavailable, "the broker takes nothing that is stored; nothing was done, try later")
            }
            BackendError::Overloaded => {
                (ErrorCode::Overloaded, "the node asks as much of the broker as it may; nothing was done, try again")
            }
            BackendError::OutOfReach => (ErrorCode::Forbidden, OUT_OF_REACH),
            BackendError::ShareTaken => (
                ErrorCode::StreamFull,
                "as much as one sender may have waits for that user; nothing was stored, \
                 try again when the user has been there",
            ),
            BackendError::IdConflict => (
                ErrorCode::IdConflict,
                "this id was used for another content within the window; nothing was stored, \
                 send it with an id of its own",
            ),
            BackendError::Full => {
                (ErrorCode::Overloaded, "the broker's memory is nearly full; nothing was stored, try later")
            }
            BackendError::Refused { .. } | BackendError::WrongType { .. } => {
                (ErrorCode::Internal, "the broker refused it; nothing was done, the log of the node says why")
            }
        };
        let is_full = matches!(error, BackendError::Full | BackendError::Unwritable { .. });
        Refusal { retry_after_ms: is_full.then_some(FULL_RETRY_MS), ..Refusal::new(code, message) }
    }
}

/// A user who is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupant {
    /// The user.
    pub user: UserId,
    /// With how many sessions.
    pub sessions: usize,
    /// Which they are, in a channel.
    pub ids: Vec<SessionId>,
    /// What is shown of it: its profile, and in a channel its state there.
    pub shown: Shown,
    /// Of who is not there, when it was there last, where that is known.
    pub last_seen: Option<u64>,
    /// Whether it is online is said, too: it may not be.
    pub says_online: bool,
}

impl Occupant {
    /// A user who is there.
    pub fn there(user: UserId, sessions: usize) -> Self {
        Occupant { user, sessions, ids: Vec::new(), shown: Shown::default(), last_seen: None, says_online: false }
    }

    /// One of several users asked for, who is there or not.
    pub fn online(user: UserId, sessions: usize) -> Self {
        Occupant { says_online: true, ..Occupant::there(user, sessions) }
    }

    /// In the form for clients.
    pub fn shown(&self) -> PresentUser<'_> {
        let online = self.says_online.then_some(self.sessions > 0);
        let Shown { state, profile } = &self.shown;
        PresentUser {
            user: &self.user,
            online,
            sessions: self.sessions,
            ids: &self.ids,
            state: state.as_ref(),
            profile: profile.shown(),
            last_seen: self.last_seen,
        }
    }
}

/// Another user, as a user knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Acquaintance {
    /// The user.
    pub user: UserId,
    /// How it stands to the user.
    pub state: ContactState,
    /// What it is called, where that was asked for.
    pub profile: Profile,
}

/// A conversation of a user.
#[derive(Debug, Clone)]
pub struct Talk {
    /// With whom.
    pub user: UserId,
    /// Messages that the user neither read nor answered.
    pub unread: usize,
    /// Whether the user wrote one of the messages.
    pub answered: bool,
    /// The newest message.
    pub last: Entry,
}

/// So many users of a list count as one action more.
pub const USERS_PER_ACTION: usize = 100;
/// So many bytes of an answer count as one action more.
pub const BYTES_PER_ACTION: usize = 16 * 1024;

/// What was asked for.
#[derive(Debug, Clone)]
pub enum Found {
    /// Users with their number of sessions.
    Users(Vec<Occupant>),
    /// Users in a channel, in order.
    Members {
        /// At most as many as asked for.
        users: Vec<Occupant>,
        /// How many there are, those not asked for included.
        count: usize,
        /// Whether there are more behind the last one.
        more: bool,
    },
    /// People of a user, in order.
    People {
        /// At most as many as asked for.
        people: Vec<Acquaintance>,
        /// Whether there are more behind the last one.
        more: bool,
    },
    /// Conversations of a user, the one with the newest message first.
    Conversations {
        /// At most as many as asked for.
        talks: Vec<Talk>,
        /// Whether there may be more.
        more: bool,
        /// What was read for that.
        bytes: usize,
    },
    /// Channels of an organisation with their number of users, in order.
    Channels {
        /// At most as many as asked for.
        channels: Vec<(Address, usize)>,
        /// Whether there are more behind the last one.
        more: bool,
    },
    /// What comes with the answer to a join.
    Beginning {
        /// The newest publications, oldest first.
        entries: Vec<Entry>,
        /// The snapshot, if there is one and it was asked for.
        snapshot: Option<ChannelSnapshot>,
    },
    /// Publications, from where the page begins on.
    History {
        /// At most as many as asked for.
        entries: Vec<Entry>,
        /// Whether there are more of them in the page's direction.
        more: bool,
        /// Whether the oldest is the first.
        oldest_first: bool,
        /// Where the log stood before, where that was asked.
        top: Option<Position>,
    },
    /// One publication by its id.
    Publication {
        /// `None`: none of the newest has it.
        entry: Option<Entry>,
        /// What was read for that.
        bytes: usize,
    },
}

/// A page of the users in a channel, in order.
#[derive(Debug, Clone, Default)]
pub struct MembersPage {
    /// At most as many as asked for.
    pub users: Vec<Occupant>,
    /// How many there are, those not asked for included.
    pub count: usize,
    /// Whether there are more behind the last one.
    pub more: bool,
}

impl Found {
    /// The same, with where the log stands.
    pub(crate) fn standing_at(mut self, at: Option<Position>) -> Found {
        if let Found::History { top, .. } = &mut self {
            *top = at;
        }
        self
    }

    /// As how many actions more than one the answer counts.
    pub fn cost(&self) -> usize {
        match self {
            Found::Users(_) => 0, // counted by how many were asked for
            Found::Members { users, .. } => users.len() / USERS_PER_ACTION,
            Found::People { people, .. } => people.len() / USERS_PER_ACTION,
            Found::Conversations { bytes, .. } | Found::Publication { bytes, .. } => bytes / BYTES_PER_ACTION,
            Found::Channels { channels, .. } => channels.len() / USERS_PER_ACTION,
            Found::Beginning { entries, .. } | Found::History { entries, .. } => {
                entries.iter().map(|entry| entry.envelope.len()).sum::<usize>() / BYTES_PER_ACTION
            }
        }
    }
}
