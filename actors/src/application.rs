//! The application's own servers, as sessions see them. Implemented by the binary, which speaks HTTP.

use crate::identity::Identity;
use crate::words::answer::Pending;
use crate::words::outcome::Refusal;
use crate::words::rpc::RpcOutcome;
use hubwire_protocol::control::Json;
use hubwire_protocol::SessionId;

/// Asks the application. No method waits: what is asked is answered by a message.
pub trait Application: Send + Sync {
    /// Asks for an rpc of a client; its outcome is told to the asker.
    fn rpc(&self, asked: RpcAsked);
}

/// An rpc of a client for the application.
pub struct RpcAsked {
    /// Who asks.
    pub identity: Identity,
    /// The session that asks.
    pub session: SessionId,
    /// The id of its action: a late answer names it.
    pub id: Box<str>,
    /// What is to be done.
    pub method: String,
    /// The arguments.
    pub params: Option<Json>,
    /// Receives the outcome.
    pub answer: RpcAnswer,
}

/// The receiver of an rpc's outcome; dropped without one it says `internal`.
pub struct RpcAnswer(Pending);

impl RpcAnswer {
    pub(crate) fn new(pending: Pending) -> Self {
        RpcAnswer(pending)
    }

    /// Tells the outcome.
    pub fn give(self, outcome: Result<RpcOutcome, Refusal>) {
        self.0.replied(outcome);
    }
}
