//! Changes of the members of a channel, an organisation or a team.

use actix::prelude::*;
use hubwire_protocol::{MemberState, Profile, UserId};

/// From the bridge: a member's presence state changed, anywhere in the cluster.
#[derive(Message)]
#[rtype(result = "()")]
pub struct StateChanged {
    /// The user.
    pub user: UserId,
    /// The new state.
    pub state: Option<MemberState>,
}

/// From the bridge: the profile of a member changed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ProfileChanged {
    /// The user.
    pub user: UserId,
    /// The new profile; empty when it was removed.
    pub profile: Profile,
}

/// From the bridge: a user's first session joined, or its last one left, anywhere in the cluster.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PresenceChanged {
    /// The user.
    pub user: UserId,
    /// Whether it joined; otherwise it left.
    pub joined: bool,
}
