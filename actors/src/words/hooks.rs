//! What the application is asked before a client joins or publishes, and what it says.

use super::outcome::Refusal;
use hubwire_protocol::Address;
use std::time::Duration;

/// What a client wants to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Join a channel, or read its history.
    Join(Address),
    /// Publish an action of a type.
    Publish {
        /// Where.
        to: Address,
        /// The type.
        kind: Box<str>,
    },
}

/// The application's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Whether it may be done, or why not: for the client.
    pub allowed: Result<(), Refusal>,
    /// For how long the answer holds for this session and question.
    pub keep: Duration,
}
