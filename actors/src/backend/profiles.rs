//! Profiles of users, for all channels and nodes.

use super::reply::Reply;
use hubwire_protocol::{Profile, UserId};
use std::time::Duration;

/// The profiles of users.
pub trait Profiles {
    /// Replaces the profile of a user and keeps it for a time, which starts anew whenever a session of the user joins a
    /// channel (see [`Joining::profiles_kept`](super::Joining::profiles_kept)). An empty profile removes the former
    /// one. It is announced on the topic of each channel that the user is in, if the channel has another one.
    ///
    /// Of several calls for one user the last one counts everywhere, in whatever order they complete. A call that fails
    /// may have been announced in some of the channels; repeating it announces it in the others.
    /// Nodes that watch the user are notified, as [`Watching`](super::Watching) says, if the profile changed.
    fn set_profile(&self, user: UserId, profile: Profile, keep: Duration) -> Reply<()>;

    /// The profiles of users, in the same order; empty where there is none.
    fn profiles(&self, users: Vec<UserId>) -> Reply<Vec<Profile>>;
}
