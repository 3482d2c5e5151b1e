//! Why a command of the server API is not done.

use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::centrifuge::channels::NoChannel;
use hubwire_protocol::centrifuge::codes::{self, Error};
use serde::Serialize;
use serde_json::value::{to_raw_value, RawValue};

/// A number of the protocol's table, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ApiError {
    pub code: u32,
    pub message: String,
}

/// What becomes of a command: the JSON of its result.
pub(super) type Outcome = Result<Box<RawValue>, ApiError>;

impl ApiError {
    /// One of the table, and what is wrong here.
    pub fn new(error: Error, reason: impl AsRef<str>) -> Self {
        ApiError { code: error.code, message: format!("{}: {}", error.message, reason.as_ref()) }
    }

    /// The command is wrong by itself.
    pub fn bad(reason: impl AsRef<str>) -> Self {
        ApiError::new(codes::BAD_REQUEST, reason)
    }

    /// This server does not have that.
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

/// The result of a command that says no more than that it is done.
pub(super) fn done() -> Outcome {
    result(&serde_json::Map::new())
}
