//! What became of what somebody asked for.

use crate::backend::{BackendError, Entry};
use hubwire_protocol::{ErrorCode, UserId};

/// Why the node did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// Stable code.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
}

impl Refusal {
    /// The refusal while the node's own lease is not valid.
    pub(crate) fn no_lease() -> Self {
        Refusal {
            code: ErrorCode::BrokerUnavailable,
            message: "the node lost contact with the broker; nothing was stored, try again".into(),
        }
    }

    /// The refusal when the mailbox of an actor of the core thread is full.
    pub(crate) fn overloaded() -> Self {
        Refusal { code: ErrorCode::Overloaded, message: "the node is busy; nothing was done, try again".into() }
    }
}

impl From<BackendError> for Refusal {
    fn from(error: BackendError) -> Self {
        let code = match error {
            BackendError::Unavailable { .. } => ErrorCode::BrokerUnavailable,
            BackendError::Overloaded => ErrorCode::Overloaded,
            BackendError::Refused { .. } => ErrorCode::Internal,
        };
        Refusal { code, message: error.to_string() }
    }
}

/// What was asked for.
#[derive(Debug, Clone)]
pub enum Found {
    /// Users with their number of sessions.
    Users(Vec<(UserId, usize)>),
    /// Publications, newest first.
    History {
        /// At most as many as asked for.
        entries: Vec<Entry>,
        /// Whether there are older ones.
        more: bool,
    },
}
