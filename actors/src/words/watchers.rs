//! All that the keeper of watched users can be told.

use super::answer::Pending;
use super::member::MemberRef;
use super::port::port;
use crate::access::reach::Strangers;
use actix::prelude::*;
use hubwire_protocol::{SessionId, UserId};

/// From a session: it wants to know when these users come online, go offline or change their profiles. Answered with what is so now.
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

/// From a session: it watches these users no more.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Unwatch {
    /// The session that watched.
    pub session: SessionId,
    /// The users.
    pub users: Vec<UserId>,
}

/// From the bridge: a session of a watched user came or went, anywhere in the cluster, or its profile is another.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Stirred {
    /// The user.
    pub user: UserId,
}

/// From the bridge: that something of watched users changed may not have been told.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LookAgain;

port! {
    /// The keeper of watched users.
    WatchersPort: Watch, Unwatch, Stirred, LookAgain
}
