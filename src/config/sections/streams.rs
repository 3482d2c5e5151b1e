//! Options of the logs behind users, organisations, teams and channels.

use crate::config::rules::*;
use crate::config::section::section;

section! {
    /// What streams remember. A client that was away for longer gets `recovered: false`.
    "streams" Streams {
        /// Publications a user's stream keeps.
        user_count: usize = "1000", count(1, 10_000_000);
        /// Age up to which a user's stream keeps them.
        user_age_s: u64 = "604800", seconds(1, DECADE_S);
        /// Bytes that a user's stream keeps of them; beyond, the oldest go, as beyond the other bounds.
        user_bytes: usize = "8388608", bytes(1024, PETABYTE);
        /// How much of another user's stream one sender may take up, in percent of what it keeps. Who has sent that
        /// much of late pushes nothing out that others sent and that user has not read: what would is refused with
        /// `stream_full`. 0: no bound, so that anybody who may write to users can erase what waits for them.
        user_sender_percent: u32 = "25", count(0, 50);
        /// The same for all users together whose first organisation is the same one. What members of one organisation
        /// sent is not protected from each other by this.
        user_org_percent: u32 = "50", count(0, 50);
        /// Publications an organisation's stream keeps.
        org_count: usize = "1000", count(1, 10_000_000);
        /// Age up to which an organisation's stream keeps them.
        org_age_s: u64 = "86400", seconds(1, DECADE_S);
        /// Bytes that an organisation's stream keeps of them; beyond, the oldest go, as beyond the other bounds.
        org_bytes: usize = "16777216", bytes(1024, PETABYTE);
        /// Publications a team's stream keeps.
        team_count: usize = "1000", count(1, 10_000_000);
        /// Age up to which a team's stream keeps them.
        team_age_s: u64 = "86400", seconds(1, DECADE_S);
        /// Bytes that a team's stream keeps of them; beyond, the oldest go, as beyond the other bounds.
        team_bytes: usize = "16777216", bytes(1024, PETABYTE);
        /// Publications a channel's stream keeps.
        channel_count: usize = "1000", count(1, 10_000_000);
        /// Age up to which a channel's stream keeps them.
        channel_age_s: u64 = "86400", seconds(1, DECADE_S);
        /// Bytes that a channel's stream keeps of them; beyond, the oldest go, as beyond the other bounds.
        channel_bytes: usize = "16777216", bytes(1024, PETABYTE);
        /// What single streams keep, instead of what their kind does: `ADDRESS PATTERN BOUND…` with `count=`, `age_s=`
        /// and `bytes=`, such as `ch:*/chat/** count=100 age_s=3600`. The first rule that fits an address decides; a
        /// bound that it does not name is the one of the kind. A stream takes what it keeps from its next publication
        /// on.
        retention: Vec<String> = "", RETENTION;
        /// How long a device's cursors are remembered after they last moved.
        cursor_ttl_s: u64 = "2592000", seconds(60, DECADE_S);
        /// Devices of one user with cursors. Beyond, those are forgotten whose cursors have not moved for longest.
        devices_max: usize = "100", count(1, 100_000);
        /// An action sent again with the same id within this time is stored once.
        idempotency_window_ms: u64 = "120000", ms(1000, DAY_MS);
        /// Longest snapshot of a channel (`@@hub/snapshot`), as JSON.
        snapshot_bytes: usize = "65536", bytes(64, 16 << 20);
        /// How long a snapshot is kept after it was stored.
        snapshot_ttl_s: u64 = "604800", seconds(60, DECADE_S);
        /// Publications a `history` answer holds at most.
        history_max: usize = "100", count(1, 10_000);
    }
}
