//! The application's own servers, as sessions see them. The binary implements this, because it speaks HTTP.

use crate::identity::Identity;
use crate::mail;
use crate::words::answer::Pending;
use crate::words::hooks::{HookQuestion, Verdict};
use crate::words::member::Permit;
use crate::words::outcome::Refusal;
use crate::words::rpc::RpcOutcome;
use crate::words::session::Judged;
use hubwire_protocol::event::Json;
use hubwire_protocol::{ErrorCode, SessionId};
use std::time::Duration;

/// Calls the application. No method waits: outcomes arrive as messages.
pub trait Application: Send + Sync {
    /// Calls the application for an rpc of a client. The outcome arrives as a message to the asker.
    fn rpc(&self, asked: RpcAsked);

    /// Whether a hook is configured for this question.
    fn asks(&self, question: &HookQuestion) -> bool;

    /// Asks the hook. The verdict arrives as a message to the asker.
    fn judge(&self, asked: JudgeAsked);
}

/// An rpc of a client for the application.
pub struct RpcAsked {
    /// The user that asks.
    pub identity: Identity,
    /// The session that asks.
    pub session: SessionId,
    /// The id of the action; a late answer refers to it.
    pub id: Box<str>,
    /// The method.
    pub method: String,
    /// The arguments.
    pub params: Option<Json>,
    /// Receives the outcome.
    pub answer: RpcAnswer,
}

/// The receiver of an rpc's outcome. If it is dropped without one, the client gets `internal`.
pub struct RpcAnswer(Pending);

impl RpcAnswer {
    pub(crate) fn new(pending: Pending) -> Self {
        RpcAnswer(pending)
    }

    /// Passes the outcome on.
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
    /// The action that the client wants to do.
    pub question: HookQuestion,
    /// Receives the answer.
    pub answer: JudgeAnswer,
}

/// The receiver of a verdict. If it is dropped without one, the action is refused.
pub struct JudgeAnswer(Option<(Permit, HookQuestion)>);

impl JudgeAnswer {
    pub(crate) fn new(permit: Permit, question: HookQuestion) -> Self {
        JudgeAnswer(Some((permit, question)))
    }

    /// Passes the verdict on.
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
