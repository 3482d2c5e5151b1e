//! What nodes ask each other about the session its user is at.

use actix::prelude::*;
use hubwire_protocol::{Incarnation, SessionId, UserId};

/// From the bridge, on another node's behalf: which session here of a user was heard of last.
#[derive(Message)]
#[rtype(result = "()")]
pub struct TellLastHeard {
    /// The user.
    pub user: UserId,
    /// The node that asks.
    pub node: Incarnation,
    /// Its number for the question.
    pub search: u64,
}

/// From the bridge: the answer of another node.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LastHeard {
    /// To which of this node's questions.
    pub search: u64,
    /// The session, and when its client said something; `None`: the user has none there.
    pub latest: Option<(u64, SessionId)>,
}
