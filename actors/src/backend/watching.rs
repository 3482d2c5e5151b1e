//! Watched users: notifications for nodes with sessions that watch users come online and go offline.

use super::reply::Reply;
use hubwire_protocol::UserId;
use std::time::Duration;

/// How long a watch lasts unless it is renewed, because a node that dies cannot end it.
pub const WATCH_TTL: Duration = Duration::from_secs(180);

/// Watching users. A notification only says that something changed; the directory has the result.
pub trait Watching {
    /// Once this resolves, and until [`WATCH_TTL`] is over, the node is notified of each session of these users that
    /// enters or leaves the directory, and of each change of their profiles, by
    /// [`Stirred`](hubwire_protocol::cluster::ClusterMessage::Stirred). Kept across reconnects. Users that no
    /// node watches cause no notifications.
    fn watch(&self, users: Vec<UserId>) -> Reply<()>;

    /// Ends the watch of this node.
    fn unwatch(&self, users: Vec<UserId>) -> Reply<()>;
}
