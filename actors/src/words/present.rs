//! Who is in a channel, from the actor that knows to the workers that write it.

use crate::backend::Shown;
use hubwire_protocol::event::PresentMember;
use hubwire_protocol::UserId;

/// Who is in a channel, as its members on this node were told.
#[derive(Debug)]
pub struct Present {
    /// The users in order, with what is shown of them;
    /// absent when there are too many to be named, or they are not known.
    pub users: Option<Vec<(UserId, Shown)>>,
    /// How many users.
    pub count: usize,
    /// Grows with each change that is told.
    pub version: u64,
}

/// A user who is there, as members are told.
pub(crate) fn member<'a>(user: &'a UserId, shown: &'a Shown) -> PresentMember<'a> {
    PresentMember { user, state: shown.state.as_ref(), profile: shown.profile.shown() }
}
