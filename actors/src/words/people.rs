//! What presence is told of contacts.

use super::answer::Answer;
use super::payer::Payer;
use actix::prelude::*;
use hubwire_protocol::people::ContactAct;
use hubwire_protocol::UserId;

/// From a session: its user's step towards another user.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ChangeContact {
    /// Whose step.
    pub user: UserId,
    /// Towards whom.
    pub other: UserId,
    /// What it does.
    pub act: ContactAct,
    /// The account that pays.
    pub payer: Payer,
    /// Receives the outcome.
    pub answer: Answer,
}
