//! Cursors: how far the devices of a user have come.

use super::reply::Reply;
use hubwire_protocol::{Address, DeviceId, Position, UserId};
use std::time::Duration;

/// Cursors a device may have. Beyond it those with the lowest `seq` go: as a log starts with the time of its first
/// publication, they belong to the streams that were started longest ago.
pub const CURSORS_MAX: usize = 256;

/// What is remembered of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CursorLimits {
    /// For how long after a device's cursors last moved.
    pub ttl: Duration,
    /// Devices of one user with cursors. Beyond, those are forgotten whose cursors have not moved for longest.
    pub devices_max: usize,
}

impl Default for CursorLimits {
    fn default() -> Self {
        CursorLimits { ttl: Duration::from_secs(30 * 24 * 3600), devices_max: 100 }
    }
}

/// The cursors of devices.
pub trait Cursors {
    /// Remembers how far a device has come, within these limits and for at most [`CURSORS_MAX`] streams. Never moves a
    /// cursor back to a lower `seq`.
    fn put_cursors(
        &self,
        user: UserId,
        device: DeviceId,
        positions: Vec<(Address, Position)>,
        limits: CursorLimits,
    ) -> Reply<()>;

    /// The cursors of a device.
    fn cursors(&self, user: UserId, device: DeviceId) -> Reply<Vec<(Address, Position)>>;
}
