//! The error of a command of the server API.

use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::centrifuge::channels::NoChannel;
use hubwire_protocol::centrifuge::codes::{self, Error};
use serde::Serialize;
use serde_json::value::{to_raw_value, RawValue};

/// A number of the protocol's table, and a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ApiError {
    pub code: u32,
    pub message: String,
}

/// The outcome of a command: the JSON of its result, or an error.
pub(super) type Outcome = Result<Box<RawValue>, ApiError>;

impl ApiError {
    /// An error of the table, with details.
    pub fn new(error: Error, reason: impl AsRef<str>) -> Self {
        ApiError { code: error.code, message: format!("{}: {}", error.message, reason.as_ref()) }
    }

    /// The command itself is invalid.
    pub fn bad(reason: impl AsRef<str>) -> Self {
        ApiError::new(codes::BAD_REQUEST, reason)
    }

    /// This server does not support that.
    pub fn not_available(reason: impl AsRef<str>) -> Self {
        ApiError::new(codes::NOT_AVAILABLE, reason)
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        ApiError::new(Error::of(refusal.code), refusal.message)
    }
}

impl From<NoChannel> for ApiError {
    fn from(error: NoChannel) -> Self {
        match error {
            NoChannel::Malformed => ApiError::bad("no channel can have that name"),
            NoChannel::Unknown => ApiError::new(codes::UNKNOWN_CHANNEL, "no namespace or organisation has it"),
        }
    }
}

/// The JSON of a result.
pub(super) fn result(value: &impl Serialize) -> Outcome {
    to_raw_value(value).map_err(|error| ApiError::new(codes::INTERNAL, error.to_string()))
}

/// The empty result of a command that only has to succeed.
pub(super) fn done() -> Outcome {
    result(&serde_json::Map::new())
}
