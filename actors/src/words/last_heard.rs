//! Messages about the session of a user that was active last.

use actix::prelude::*;
use hubwire_protocol::{Incarnation, SessionId, UserId};

/// From the bridge, on another node's behalf: find the session here of a user that was active last.
#[derive(Message)]
#[rtype(result = "()")]
pub struct TellLastHeard {
    /// The user.
    pub user: UserId,
    /// The node that asks.
    pub node: Incarnation,
    /// Its id of the question.
    pub search: u64,
}

/// From the bridge: the answer of another node.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LastHeard {
    /// This node's id of the question.
    pub search: u64,
    /// The session, and when its client was active; `None`: the user has none there.
    pub latest: Option<(u64, SessionId)>,
}
