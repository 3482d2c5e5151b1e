//! All messages to the watchers actor.

use super::answer::Pending;
use super::member::MemberRef;
use super::port::port;
use crate::access::reach::Strangers;
use actix::prelude::*;
use hubwire_protocol::{SessionId, UserId};

/// From a session: start to watch these users. Answered with what is known of them now.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Watch {
    /// The session that watches.
    pub member: MemberRef,
    /// The users.
    pub users: Vec<UserId>,
    /// Only if these are within reach.
    pub strangers: Option<Strangers>,
    /// Receives the answer.
    pub pending: Pending,
}

/// From a session: stop watching these users.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Unwatch {
    /// The session that watched.
    pub session: SessionId,
    /// The users.
    pub users: Vec<UserId>,
}

/// From the bridge: a session of a watched user was attached or detached, anywhere in the cluster, or
/// its profile changed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Stirred {
    /// The user.
    pub user: UserId,
}

/// From the bridge: reports about watched users may have been lost.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LookAgain;

port! {
    /// The watchers actor.
    WatchersPort: Watch, Unwatch, Stirred, LookAgain
}
