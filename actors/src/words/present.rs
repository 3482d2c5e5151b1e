//! Members of a channel, as the channel actor passes them to the workers.

use crate::backend::Shown;
use hubwire_protocol::event::PresentMember;
use hubwire_protocol::UserId;
use std::sync::Arc;

/// Users in order, with what is shown of them.
pub type Users = Arc<[(UserId, Shown)]>;

/// Members of a channel, as announced to its members on this node.
#[derive(Debug)]
pub struct Present {
    /// The users; absent when there are too many to be named, or they are not known.
    pub users: Option<Users>,
    /// How many users.
    pub count: usize,
    /// Grows with each announced change.
    pub version: u64,
}

/// A user as it is announced to members.
pub(crate) fn member<'a>(user: &'a UserId, shown: &'a Shown) -> PresentMember<'a> {
    PresentMember { user, state: shown.state.as_ref(), profile: shown.profile.shown() }
}
