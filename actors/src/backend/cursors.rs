//! Cursors: how far the devices of a user have come.

use super::reply::Reply;
use hubwire_protocol::{Address, DeviceId, Position, UserId};
use std::time::Duration;

/// How long a device's cursors are remembered after they last moved.
pub const CURSOR_TTL: Duration = Duration::from_secs(30 * 24 * 3600);

/// Cursors a device may have. Beyond it those with the lowest `seq` go: as a log starts with the time of its first
/// publication, they belong to the streams that were started longest ago.
pub const CURSORS_MAX: usize = 256;

/// The cursors of devices.
pub trait Cursors {
    /// Remembers how far a device has come, for [`CURSOR_TTL`] and at most [`CURSORS_MAX`] streams. Never moves a cursor back
    /// to a lower `seq`.
    fn put_cursors(&self, user: UserId, device: DeviceId, positions: Vec<(Address, Position)>) -> Reply<()>;

    /// The cursors of a device.
    fn cursors(&self, user: UserId, device: DeviceId) -> Reply<Vec<(Address, Position)>>;
}
