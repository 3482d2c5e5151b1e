//! The errors of this library.

use hubwire_protocol::dialect::DecodeError;
use hubwire_protocol::ErrorCode;
use serde::Deserialize;
use std::fmt;
use std::time::Duration;

/// An action, a request or the connection failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubError {
    /// The kind of failure.
    pub code: Code,
    /// A description for people.
    pub message: String,
    /// Whether the same request, unchanged, may succeed later.
    pub retry: bool,
    /// How long to wait before a retry, if the node said so.
    pub retry_after: Option<Duration>,
    /// The id of the action at fault.
    pub id: Option<String>,
    /// Location of the fault in the payload as a JSON Pointer (RFC 6901); with the code `schema_mismatch`.
    pub path: Option<String>,
    /// Whether the action may have been executed in spite of the error.
    pub outcome: Outcome,
}

/// The outcome of a failed action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was not executed.
    NotDone,
    /// It was sent but not answered: it may have been executed.
    Unknown,
}

/// The kind of a failure: a code of the node or one of this library.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Code {
    /// The node replied with this code.
    Node(ErrorCode),
    /// The node replied with a code that this version does not know.
    Other(String),
    /// The queue of sends, or of requests, is full.
    QueueFull,
    /// The action waited too long for a connection.
    Expired,
    /// There was no answer in time.
    Timeout,
    /// The client was closed.
    Closed,
    /// The action was cancelled before it was sent.
    Cancelled,
    /// There is no connection, and the action was not to be queued.
    NotConnected,
    /// The connection ended before the answer arrived.
    Disconnected,
    /// The client has given up, see its state.
    Failed,
    /// A newer session of the user replaced this one, which must not reconnect.
    Replaced,
    /// The user has as many sessions as allowed.
    SessionLimit,
    /// The provider of credentials failed.
    ProviderFailed,
    /// A handler of the application panicked.
    HandlerFailed,
}

impl Code {
    /// The code as text, as in the protocol's tables and the other libraries.
    pub fn as_str(&self) -> &str {
        match self {
            Code::Node(code) => code.as_str(),
            Code::Other(code) => code,
            Code::QueueFull => "queue_full",
            Code::Expired => "expired",
            Code::Timeout => "timeout",
            Code::Closed => "closed",
            Code::Cancelled => "cancelled",
            Code::NotConnected => "not_connected",
            Code::Disconnected => "disconnected",
            Code::Failed => "failed",
            Code::Replaced => "replaced",
            Code::SessionLimit => "session_limit",
            Code::ProviderFailed => "provider_failed",
            Code::HandlerFailed => "handler_failed",
        }
    }

    fn of_node(code: &str) -> Self {
        let known = ErrorCode::ALL.iter().find(|known| known.as_str() == code);
        known.map_or_else(|| Code::Other(code.to_owned()), |known| Code::Node(*known))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Payload of `@@hub/error`, and of `error` for one stream in `@@hub/resumed`.
#[derive(Debug, Clone, Deserialize)]
pub struct Refusal {
    /// Stable code.
    pub code: String,
    /// The node's description.
    #[serde(default)]
    pub message: String,
    /// Whether the same request may succeed later.
    #[serde(default)]
    pub retry: bool,
    /// How long to wait before a retry.
    #[serde(default)]
    pub retry_after_ms: Option<u64>,
    /// Ids of the other actions of the same frame, which were not executed either.
    #[serde(default)]
    pub not_done: Vec<String>,
    /// Location of the fault in the payload.
    #[serde(default)]
    pub path: Option<String>,
}

impl HubError {
    /// A failure without effects.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        let message = message.into();
        HubError { code, message, retry: false, retry_after: None, id: None, path: None, outcome: Outcome::NotDone }
    }

    /// An error that the node replied with.
    pub(crate) fn refused(refusal: &Refusal, id: Option<&str>) -> Self {
        HubError {
            code: Code::of_node(&refusal.code),
            message: refusal.message.clone(),
            retry: refusal.retry,
            retry_after: refusal.retry_after_ms.map(Duration::from_millis),
            id: id.map(str::to_owned),
            path: refusal.path.clone(),
            outcome: Outcome::NotDone,
        }
    }

    pub(crate) fn disconnected() -> Self {
        HubError { retry: true, ..HubError::new(Code::Disconnected, "the connection ended before the answer") }
    }

    pub(crate) fn of_id(self, id: &str) -> Self {
        HubError { id: Some(id.to_owned()), ..self }
    }
}

impl From<DecodeError> for HubError {
    /// The error that the node would reply to a frame with, detected before it is sent.
    fn from(error: DecodeError) -> Self {
        HubError { id: error.re, ..HubError::new(Code::Node(error.code), error.message) }
    }
}

impl fmt::Display for HubError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.is_empty() {
            true => write!(f, "{}", self.code),
            false => write!(f, "{}: {}", self.code, self.message),
        }
    }
}

impl std::error::Error for HubError {}
