//! Errors, as the caller sees them.

use hubwire_protocol::dialect::DecodeError;
use hubwire_protocol::ErrorCode;
use serde::Deserialize;
use std::fmt;
use std::time::Duration;

/// An action, a question or the connection failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubError {
    /// What kind of failure it is.
    pub code: Code,
    /// The same in words.
    pub message: String,
    /// Whether the same, unchanged, may succeed later.
    pub retry: bool,
    /// How long the node asks to wait.
    pub retry_after: Option<Duration>,
    /// The id of the action at fault.
    pub id: Option<String>,
    /// Where in the payload the fault is, a JSON Pointer (RFC 6901); with the code `schema_mismatch`.
    pub path: Option<String>,
    /// Whether the action may have been done all the same.
    pub outcome: Outcome,
}

/// What became of an action that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was not done.
    NotDone,
    /// It was sent, and no answer came: nobody knows.
    Unknown,
}

/// The kind of a failure: a code of the node, or one of this library.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Code {
    /// A node answered with it.
    Node(ErrorCode),
    /// A node answered with a code that this version does not know.
    Other(String),
    /// The queue of sends, or of questions, is full.
    QueueFull,
    /// It waited for a connection longer than it may.
    Expired,
    /// No answer came in time.
    Timeout,
    /// The client was closed.
    Closed,
    /// It was taken back before it was sent.
    Cancelled,
    /// There is no connection, and it was not to be queued.
    NotConnected,
    /// The connection ended before the answer.
    Disconnected,
    /// The client gave up, and says so in its state.
    Failed,
    /// A newer session of the user took the place of this one, and this one is not to come back.
    Replaced,
    /// The user has as many sessions as are allowed.
    SessionLimit,
    /// The provider of credentials failed.
    ProviderFailed,
    /// A handler of the application panicked.
    HandlerFailed,
}

impl Code {
    /// The code as a text, as the protocol's tables and the other libraries have it.
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

/// Payload of `@@hub/error`, and of the `error` of one stream in `@@hub/resumed`.
#[derive(Debug, Clone, Deserialize)]
pub struct Refusal {
    /// Stable code.
    pub code: String,
    /// The node's words.
    #[serde(default)]
    pub message: String,
    /// Whether the same may succeed later.
    #[serde(default)]
    pub retry: bool,
    /// How long to wait before.
    #[serde(default)]
    pub retry_after_ms: Option<u64>,
    /// Ids of other actions of the same frame that were not done either.
    #[serde(default)]
    pub not_done: Vec<String>,
    /// Where in the payload the fault is.
    #[serde(default)]
    pub path: Option<String>,
}

impl HubError {
    /// A failure that did nothing.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        let message = message.into();
        HubError { code, message, retry: false, retry_after: None, id: None, path: None, outcome: Outcome::NotDone }
    }

    /// What a node answered.
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
    /// What a node would answer to a frame, found before it is sent.
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
