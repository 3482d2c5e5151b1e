//! A node as the binary sees it: what the HTTP API, the upgrade and the CLI ask of the actors.
//!
//! Everything here is a message to an actor of the core thread and its answer; the caller is never an actor.

use crate::backend::{BackendError, DirectoryEntry};
use bytes::Bytes;
use hubwire_protocol::control::Ack;
use hubwire_protocol::{Address, CloseCode, ErrorCode, UserId};
use std::time::Duration;

/// A publication by the server API. `payload` and `meta` are JSON texts; `meta` is an object without `hub`.
#[derive(Debug, Clone)]
pub struct ServerPublish {
    /// Where it goes; any address.
    pub to: Address,
    /// In whose name; absent: in nobody's.
    pub from: Option<UserId>,
    /// `type`; must not start with `@@hub/`.
    pub kind: String,
    /// `payload`.
    pub payload: Option<String>,
    /// `error`.
    pub error: Option<bool>,
    /// The rest of `meta`.
    pub meta: Option<String>,
    /// Idempotency id.
    pub id: Option<String>,
    /// Skip the log.
    pub ephemeral: bool,
}

/// Why the node did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// Stable code.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
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
