//! What changes of who is in a channel, an organisation or a team.

use actix::prelude::*;
use hubwire_protocol::{MemberState, Profile, UserId};

/// From the bridge: what a user shows of itself changed, anywhere in the cluster.
#[derive(Message)]
#[rtype(result = "()")]
pub struct StateChanged {
    /// The user.
    pub user: UserId,
    /// What it shows now.
    pub state: Option<MemberState>,
}

/// From the bridge: the profile of a user who is there changed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ProfileChanged {
    /// The user.
    pub user: UserId,
    /// Its profile now; empty when it has none any more.
    pub profile: Profile,
}

/// From the bridge: a user's first session joined, or its last one left, anywhere in the cluster.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PresenceChanged {
    /// The user.
    pub user: UserId,
    /// Joined or left.
    pub joined: bool,
}
