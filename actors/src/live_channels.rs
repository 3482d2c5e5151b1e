//! The channels of the whole cluster that have members, for sessions that ask. The binary implements this, because its
//! nodes question each other.

use crate::words::answer::Asker;
use crate::words::status::ChannelFilter;

/// Lists channels. The method does not wait: the list arrives as a message to the asker.
pub trait LiveChannels: Send + Sync {
    /// Lists them. Called on the core thread.
    fn list(&self, asked: ChannelsAsked);
}

/// The question of a session. Dropped without an answer, it is answered with `internal`.
pub struct ChannelsAsked {
    /// The channels to list.
    pub filter: ChannelFilter,
    /// Receives [`Found::Channels`](crate::words::outcome::Found::Channels).
    pub asker: Asker,
}
