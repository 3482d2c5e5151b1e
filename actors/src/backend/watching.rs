//! Users whose coming and going some node wants to know.

use super::reply::Reply;
use hubwire_protocol::UserId;
use std::time::Duration;

/// How long the broker tells of a user unless it is watched again meanwhile: for the node that dies and cannot end it.
pub const WATCH_TTL: Duration = Duration::from_secs(180);

/// Watching users. What is told is only that something changed; the directory knows what.
pub trait Watching {
    /// From when this resolves, until [`WATCH_TTL`] is over, each session of these users that enters or leaves the
    /// directory, and each change of their profiles, is told to this node, as [`Stirred`](hubwire_protocol::cluster::ClusterMessage::Stirred). Kept across
    /// reconnects. Of a user whom no node watches nothing is told.
    fn watch(&self, users: Vec<UserId>) -> Reply<()>;

    /// Ends it for this node.
    fn unwatch(&self, users: Vec<UserId>) -> Reply<()>;
}
