//! Messages to presence about persistent memberships.

use actix::prelude::*;
use hubwire_protocol::{Address, SessionId, UserId};

/// From a session that is open: it joins the persistent channels of its user, by `Placed`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Rejoin {
    /// The session.
    pub session: SessionId,
}

/// From a session whose client left a channel: ends a persistent membership.
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
