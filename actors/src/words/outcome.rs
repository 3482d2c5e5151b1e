//! What became of what somebody asked for.

use crate::backend::{BackendError, Entry};
use hubwire_protocol::{ErrorCode, UserId};

/// A broker whose memory is nearly full gains room only as what it holds expires.
const FULL_RETRY_MS: u64 = 5000;

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

impl From<BackendError> for Refusal {
    fn from(error: BackendError) -> Self {
        let code = match &error {
            BackendError::Unavailable { .. } => ErrorCode::BrokerUnavailable,
            BackendError::Overloaded | BackendError::Full => ErrorCode::Overloaded,
            BackendError::Refused { .. } => ErrorCode::Internal,
        };
        let retry_after_ms = (error == BackendError::Full).then_some(FULL_RETRY_MS);
        Refusal { retry_after_ms, ..Refusal::new(code, error.to_string()) }
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
