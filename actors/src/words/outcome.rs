//! Outcomes of requests.

use crate::backend::{BackendError, ChannelSnapshot, Entry, Shown};
use hubwire_protocol::event::PresentUser;
use hubwire_protocol::people::ContactState;
use hubwire_protocol::{Address, CloseCode, ErrorCode, MemberState, Position, Profile, SessionId, UserId};

/// A broker whose memory is nearly full gets room only as stored data expires.
const FULL_RETRY_MS: u64 = 5000;

/// The answer for a user out of reach, and for one that does not exist.
pub(crate) const OUT_OF_REACH: &str = "that user is out of reach or does not exist";

/// Why the node did not carry out a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// The stable code.
    pub code: ErrorCode,
    /// A message for people.
    pub message: String,
    /// When to try again, if known.
    pub retry_after_ms: Option<u64>,
}

impl Refusal {
    /// A refusal without a time to try again.
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

/// When an action that was refused for lack of capacity may be tried again. The same for all clients: the shortage
/// concerns all of them, and clients spread their attempts by themselves.
pub(crate) fn default_retry_after_ms(code: ErrorCode) -> Option<u64> {
    matches!(code, ErrorCode::BrokerUnavailable | ErrorCode::Overloaded).then_some(1000)
}

/// The close code of a session that cannot be entered into a stream, and the error before the close.
pub(crate) fn turned_away(stream: &Address, error: BackendError) -> (CloseCode, Option<(Address, Refusal)>) {
    match error {
        // an operator must repair that first: other nodes would fail as well
        BackendError::WrongType { .. } => (CloseCode::Internal, Some((stream.clone(), error.into()))),
        BackendError::Overloaded => (CloseCode::Overloaded, None),
        _ => (CloseCode::BrokerUnavailable, None),
    }
}

impl From<BackendError> for Refusal {
    fn from(error: BackendError) -> Self {
        // the broker's message and its address are only for the log
        let (code, message) = match &error {
            BackendError::Unavailable { .. } => (
                ErrorCode::BrokerUnavailable,
                "the broker did not answer; try again, a publication with the same id: it may have been stored",
            ),
            BackendError::Unwritable { .. } => {
                (ErrorCode::BrokerUnavailable, "the broker stores nothing at present; nothing was done, try later")
            }
            BackendError::Overloaded => {
                (ErrorCode::Overloaded, "the queue to the broker is full; nothing was done, try again")
            }
            BackendError::OutOfReach => (ErrorCode::Forbidden, OUT_OF_REACH),
            BackendError::ShareTaken => (
                ErrorCode::StreamFull,
                "the unread messages from one sender or organisation have reached their limit; nothing was stored, \
                 try again when the user has been there",
            ),
            BackendError::IdConflict => (
                ErrorCode::IdConflict,
                "this id was used for different content within the window; nothing was stored, \
                 send it with an id of its own",
            ),
            BackendError::Full => {
                (ErrorCode::Overloaded, "the broker's memory is nearly full; nothing was stored, try later")
            }
            BackendError::Refused { .. } | BackendError::WrongType { .. } => {
                (ErrorCode::Internal, "the broker refused it; nothing was done, the log of the node has the reason")
            }
        };
        let is_full = matches!(error, BackendError::Full | BackendError::Unwritable { .. });
        Refusal { retry_after_ms: is_full.then_some(FULL_RETRY_MS), ..Refusal::new(code, message) }
    }
}

/// A user and its sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupant {
    /// The user.
    pub user: UserId,
    /// The number of its sessions.
    pub sessions: usize,
    /// Their ids, for a channel.
    pub ids: Vec<SessionId>,
    /// The states of those that have one.
    pub states: Vec<(SessionId, MemberState)>,
    /// Its profile, and for a channel its state there.
    pub shown: Shown,
    /// For an offline user, the end of its last session, if known.
    pub last_seen: Option<u64>,
    /// Whether the answer states for each user if it is online, since it may be offline.
    pub says_online: bool,
}

impl Occupant {
    /// A user that is online.
    pub fn there(user: UserId, sessions: usize) -> Self {
        Occupant {
            user,
            sessions,
            ids: Vec::new(),
            states: Vec::new(),
            shown: Shown::default(),
            last_seen: None,
            says_online: false,
        }
    }

    /// One of several requested users, online or not.
    pub fn online(user: UserId, sessions: usize) -> Self {
        Occupant { says_online: true, ..Occupant::there(user, sessions) }
    }

    /// The bytes of its profile and its state in an answer; the rest of an entry is short.
    pub(crate) fn bytes(&self) -> usize {
        let Shown { state, profile } = &self.shown;
        state.as_ref().map_or(0, |state| state.as_str().len()) + profile.bytes()
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
            states: &self.states,
            state: state.as_ref(),
            profile: profile.shown(),
            last_seen: self.last_seen,
        }
    }
}

/// Another user in the list of a user's people.
#[derive(Debug, Clone, PartialEq)]
pub struct Acquaintance {
    /// The user.
    pub user: UserId,
    /// Its relation to the user.
    pub state: ContactState,
    /// Its profile, if requested.
    pub profile: Profile,
}

/// A conversation of a user.
#[derive(Debug, Clone)]
pub struct Talk {
    /// The other user.
    pub user: UserId,
    /// Messages that the user neither read nor answered.
    pub unread: usize,
    /// Whether the user wrote one of the messages.
    pub answered: bool,
    /// The newest message.
    pub last: Entry,
}

/// Every full number of this many users in a list counts as one more action.
pub const USERS_PER_ACTION: usize = 100;
/// Every full number of this many bytes of an answer counts as one more action.
pub const BYTES_PER_ACTION: usize = 16 * 1024;

/// Answers to questions.
#[derive(Debug, Clone)]
pub enum Found {
    /// Users with their number of sessions.
    Users(Vec<Occupant>),
    /// Users in a channel, in order.
    Members {
        /// At most as many as requested.
        users: Vec<Occupant>,
        /// Their total number.
        count: usize,
        /// Whether there are more after the last one.
        more: bool,
    },
    /// People of a user, in order.
    People {
        /// At most as many as requested.
        people: Vec<Acquaintance>,
        /// Whether there are more after the last one.
        more: bool,
    },
    /// Conversations of a user, the one with the newest message first.
    Conversations {
        /// At most as many as requested.
        talks: Vec<Talk>,
        /// Whether there may be more.
        more: bool,
        /// Bytes that were read for it.
        bytes: usize,
    },
    /// Channels of an organisation with their number of users, in order.
    Channels {
        /// At most as many as requested.
        channels: Vec<(Address, usize)>,
        /// Whether there are more after the last one.
        more: bool,
    },
    /// The past of a channel for the answer to a join.
    Beginning {
        /// The newest publications, oldest first.
        entries: Vec<Entry>,
        /// The snapshot, if there is one and it was requested.
        snapshot: Option<ChannelSnapshot>,
    },
    /// Publications, from the start of the page on.
    History {
        /// At most as many as requested.
        entries: Vec<Entry>,
        /// Whether there are more of them in the page's direction.
        more: bool,
        /// Whether the oldest comes first.
        oldest_first: bool,
        /// The top of the log before the read, if requested.
        top: Option<Position>,
    },
    /// One publication by its id.
    Publication {
        /// `None`: none of the newest has the id.
        entry: Option<Entry>,
        /// Bytes that were read for it.
        bytes: usize,
    },
}

/// A page of the users in a channel, in order.
#[derive(Debug, Clone, Default)]
pub struct MembersPage {
    /// At most as many as requested.
    pub users: Vec<Occupant>,
    /// Their total number.
    pub count: usize,
    /// Whether there are more after the last one.
    pub more: bool,
}

impl Found {
    /// The same with the top of the log.
    pub(crate) fn standing_at(mut self, at: Option<Position>) -> Found {
        if let Found::History { top, .. } = &mut self {
            *top = at;
        }
        self
    }

    /// The number of further actions that the answer counts as.
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
