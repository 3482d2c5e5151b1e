//! Questions to the application before a client joins or publishes, and the answers.

use super::outcome::Refusal;
use hubwire_protocol::Address;
use std::time::Duration;

/// The action that a client wants to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookQuestion {
    /// Join a channel, or read its history.
    Join(Address),
    /// Publish an action of a type.
    Publish {
        /// The address.
        to: Address,
        /// The type.
        kind: Box<str>,
    },
}

/// The application's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Whether it is allowed, or the refusal for the client.
    pub allowed: Result<(), Refusal>,
    /// How long to cache the answer for this session and question.
    pub keep: Duration,
}
