//! What a user is told that somebody invites to a channel: a publication in the user's own stream, so that it waits for
//! who is offline.

use crate::Address;

/// Its payload, as JSON.
pub fn invitation(channel: &Address) -> String {
    format!(r#"{{"channel":"{channel}"}}"#)
}
