//! Messages to presence about contacts and conversations.

use super::answer::Answer;
use super::payer::Payer;
use actix::prelude::*;
use hubwire_protocol::conversations::ReadUpTo;
use hubwire_protocol::people::ContactAct;
use hubwire_protocol::UserId;

/// From a session: its user acts towards another user.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ChangeContact {
    /// The user that acts.
    pub user: UserId,
    /// The other user.
    pub other: UserId,
    /// The act.
    pub act: ContactAct,
    /// The account that pays.
    pub payer: Payer,
    /// Receives the outcome.
    pub answer: Answer,
}

/// From a session: its user has read a conversation up to a position.
#[derive(Message)]
#[rtype(result = "()")]
pub struct MarkRead {
    /// The other user.
    pub user: UserId,
    /// The conversation and the position.
    pub read: ReadUpTo,
    /// The account that pays.
    pub payer: Payer,
    /// Receives the outcome.
    pub answer: Answer,
}
