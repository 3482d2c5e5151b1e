//! Options of what one session may ask of the node.

use crate::config::rules::*;
use crate::config::section::section;

section! {
    /// What one session may do. An action beyond is refused with an error; the session stays.
    "limits" Limits {
        /// Actions per second on average. 0: no limit.
        actions_per_second: u32 = "0", count(0, 1_000_000);
        /// Actions at once; at least `actions_per_second` counts.
        actions_burst: u32 = "0", count(0, 1_000_000);
        /// Channels it may be in.
        channels_max: usize = "100", count(1, 100_000);
        /// Actions that wait for the broker at once.
        in_flight_max: usize = "256", count(1, 100_000);
        /// Nesting of arrays and objects in a frame.
        depth_max: usize = "32", count(4, 128);
        /// Actions in one frame.
        actions_per_frame_max: usize = "64", count(1, 10_000);
        /// Length of an action's `type`.
        type_bytes_max: usize = "128", bytes(8, 4096);
        /// Length of an action's `id`.
        id_bytes_max: usize = "64", bytes(8, 1024);
        /// Frames that are no actions before the socket is closed with 4400.
        bad_frames_max: u32 = "20", count(1, 1_000_000);
    }
}
