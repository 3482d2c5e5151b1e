//! The invitation of a user to a channel: a publication in the user's own stream, so that it reaches a user who is
//! offline later.

use crate::Address;

/// The payload of an invitation, as JSON.
pub fn invitation(channel: &Address) -> String {
    format!(r#"{{"channel":"{channel}"}}"#)
}
