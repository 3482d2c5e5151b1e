//! The channels of the whole cluster that somebody is in, as sessions ask for them. Implemented by the binary, whose
//! nodes ask each other.

use crate::words::answer::Asker;
use crate::words::status::ChannelFilter;

/// Lists channels. The method does not wait: the list arrives as a message to the asker.
pub trait LiveChannels: Send + Sync {
    /// Lists them. Called on the core thread.
    fn list(&self, asked: ChannelsAsked);
}

/// What a session asks. Dropped without an answer it says `internal`.
pub struct ChannelsAsked {
    /// Which channels.
    pub filter: ChannelFilter,
    /// Receives [`Found::Channels`](crate::words::outcome::Found::Channels).
    pub asker: Asker,
}
