//! Cursors: how far the devices of a user have read each stream.

use super::reply::Reply;
use hubwire_protocol::{Address, DeviceId, Position, UserId};
use std::time::Duration;

/// Cursors per device. Beyond it those with the lowest `seq` are dropped: as a log starts with the time of its first
/// publication, they belong to the streams that were started longest ago.
pub const CURSORS_MAX: usize = 256;

/// Limits on the stored cursors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CursorLimits {
    /// How long cursors are kept after the last one of the device moved.
    pub ttl: Duration,
    /// Devices of one user with cursors. Beyond it the devices whose cursors moved longest ago are dropped.
    pub devices_max: usize,
}

impl Default for CursorLimits {
    fn default() -> Self {
        CursorLimits { ttl: Duration::from_secs(30 * 24 * 3600), devices_max: 100 }
    }
}

/// The cursors of devices.
pub trait Cursors {
    /// Stores how far a device has read, within these limits and for at most [`CURSORS_MAX`] streams. Never moves a
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
