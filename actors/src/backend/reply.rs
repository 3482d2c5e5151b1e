//! The future that a call of a backend returns.

use futures_util::future::LocalBoxFuture;

/// The outcome of a backend call.
pub type Reply<T> = LocalBoxFuture<'static, Result<T, BackendError>>;

/// Why a backend call has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// The broker cannot be reached, did not answer in time or is not ready. The call may have been executed.
    #[error("broker unavailable: {reason}")]
    Unavailable {
        /// The observed fault, for the log.
        reason: String,
    },
    /// The backend's bounded queue is full. Nothing was done.
    #[error("broker queue is full")]
    Overloaded,
    /// The idempotency key was used for another content. Nothing was done.
    #[error("the idempotency key was used for another content")]
    IdConflict,
    /// The receiver is out of the sender's reach, or unknown. Nothing was done.
    #[error("the receiver is out of the sender's reach")]
    OutOfReach,
    /// The sender, or its organisation, has reached its share of the receiver's stream. Nothing was done.
    #[error("the sender has reached its share of the receiver's stream")]
    ShareTaken,
    /// The broker's memory is nearly full. Nothing was done.
    #[error("the broker's memory is nearly full; nothing was stored")]
    Full,
    /// The broker has no memory left or cannot save, and stores nothing until that is over. Nothing was done.
    #[error("broker accepts no writes: {reason}")]
    Unwritable {
        /// The broker's message, for the log.
        reason: String,
    },
    /// The key holds a value that no node puts there: another program wrote it. Nothing was done, and nothing will be
    /// until somebody removes the key.
    #[error("a key of the broker holds a value of another kind: {reason}")]
    WrongType {
        /// The broker's message, for the log.
        reason: String,
    },
    /// The broker refused (no permission, an unknown command). Nothing was done.
    #[error("broker refused: {reason}")]
    Refused {
        /// The broker's message, for the log.
        reason: String,
    },
}
