//! The application's own servers, as sessions see them. Implemented by the binary, which speaks HTTP.

use crate::identity::Identity;
use crate::mail;
use crate::words::answer::Pending;
use crate::words::hooks::{Question, Verdict};
use crate::words::member::Permit;
use crate::words::outcome::Refusal;
use crate::words::rpc::RpcOutcome;
use crate::words::session::Judged;
use hubwire_protocol::event::Json;
use hubwire_protocol::{ErrorCode, SessionId};
use std::time::Duration;

/// Asks the application. No method waits: what is asked is answered by a message.
pub trait Application: Send + Sync {
    /// Calls the application for an rpc of a client. The outcome arrives as a message to the asker.
    fn rpc(&self, asked: RpcAsked);

    /// Whether the application is asked before a client does that.
    fn asks(&self, question: &Question) -> bool;

    /// Asks it. The verdict arrives as a message to the asker.
    fn judge(&self, asked: JudgeAsked);
}

/// An rpc of a client for the application.
pub struct RpcAsked {
    /// The user that asks.
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

/// A question for the application.
pub struct JudgeAsked {
    /// The user that asks.
    pub identity: Identity,
    /// The session that asks.
    pub session: SessionId,
    /// What it wants.
    pub question: Question,
    /// Receives the answer.
    pub answer: JudgeAnswer,
}

/// The receiver of a verdict. Dropped without one it says that nothing may be done.
pub struct JudgeAnswer(Option<(Permit, Question)>);

impl JudgeAnswer {
    pub(crate) fn new(permit: Permit, question: Question) -> Self {
        JudgeAnswer(Some((permit, question)))
    }

    /// Tells the verdict.
    pub fn give(mut self, verdict: Verdict) {
        self.tell(verdict);
    }

    fn tell(&mut self, verdict: Verdict) {
        if let Some((permit, question)) = self.0.take() {
            let session = permit.session();
            mail::insist(&session, Judged { permit, question, verdict });
        }
    }
}

impl Drop for JudgeAnswer {
    fn drop(&mut self) {
        let refusal = Refusal::new(ErrorCode::Internal, "the node lost the question to the application");
        self.tell(Verdict { allowed: Err(refusal), keep: Duration::ZERO });
    }
}
