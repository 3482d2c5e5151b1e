//! Messages to presence about the channels that a user is in for good.

use actix::prelude::*;
use hubwire_protocol::{Address, SessionId, UserId};

/// From a session that is open: it joins the channels that the server has its user be in for good, by `Placed`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Rejoin {
    /// Which.
    pub session: SessionId,
}

/// From a session whose client left a channel: its user is not in it for good any more.
#[derive(Message)]
#[rtype(result = "()")]
pub struct EndMembership {
    /// The session that left.
    pub session: SessionId,
    /// Its user.
    pub user: UserId,
    /// The channel.
    pub channel: Address,
}
