//! Who is in a channel, from the actor that knows to the workers that write it.

use hubwire_protocol::event::PresentMember;
use hubwire_protocol::{MemberState, UserId};

/// Who is in a channel, as its members on this node were told.
#[derive(Debug)]
pub struct Present {
    /// The users in order, with what they show of themselves;
    /// absent when there are too many to be named, or they are not known.
    pub users: Option<Vec<(UserId, Option<MemberState>)>>,
    /// How many users.
    pub count: usize,
    /// Grows with each change that is told.
    pub version: u64,
}

/// A user who is there, as members are told.
pub(crate) fn member((user, state): &(UserId, Option<MemberState>)) -> PresentMember<'_> {
    PresentMember { user, state: state.as_ref() }
}
