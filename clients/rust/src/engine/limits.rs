//! Limits of a node: its *welcome* states them; these are the defaults.

use hubwire_protocol::Limits as FrameLimits;
use serde::Deserialize;
use std::time::Duration;

/// See the module documentation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Longest frame, in bytes.
    pub frame_bytes_max: usize,
    /// Most actions in a frame.
    pub actions_per_frame_max: usize,
    /// Most unacknowledged actions.
    pub in_flight_max: usize,
    /// Most publications in a page of history.
    pub history_max: u32,
    /// Actions per second; 0 = no limit.
    pub actions_per_second: u32,
    /// Actions in a burst.
    pub actions_burst: u32,
    /// Longest `type`, in bytes.
    pub type_bytes_max: usize,
    /// Longest `id`, in bytes.
    pub id_bytes_max: usize,
    /// How long the node remembers ids, in milliseconds.
    pub idempotency_window_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        let frame = FrameLimits::default();
        Limits {
            frame_bytes_max: frame.frame_bytes_max,
            actions_per_frame_max: frame.actions_max,
            in_flight_max: 256,
            history_max: 100,
            actions_per_second: 0,
            actions_burst: 0,
            type_bytes_max: frame.type_bytes_max,
            id_bytes_max: frame.id_bytes_max,
            idempotency_window_ms: 120_000,
        }
    }
}

impl Limits {
    /// The limits for the node's own decoder.
    pub fn of_frames(&self) -> FrameLimits {
        FrameLimits {
            frame_bytes_max: self.frame_bytes_max,
            actions_max: self.actions_per_frame_max,
            type_bytes_max: self.type_bytes_max,
            id_bytes_max: self.id_bytes_max,
            ..FrameLimits::default()
        }
    }

    /// How long an action may be retried with its id.
    pub fn repeat_for(&self) -> Duration {
        const MARGIN: Duration = Duration::from_secs(10);
        Duration::from_millis(self.idempotency_window_ms).saturating_sub(MARGIN)
    }
}
