//! Options of the logs behind users, organisations, teams and channels.

use crate::config::rules::*;
use crate::config::section::section;

section! {
    /// How much streams keep. A client that was away for longer gets `recovered: false`.
    "streams" Streams {
        /// Most publications that a user's stream keeps.
        user_count: usize = "1000", count(1, 10_000_000);
        /// How long a user's stream keeps a publication.
        user_age_s: u64 = "604800", seconds(1, DECADE_S);
        /// Most bytes of publications that a user's stream keeps. Beyond any of the three bounds the oldest
        /// publications go.
        user_bytes: usize = "8388608", bytes(1024, PETABYTE);
        /// How much of another user's stream one sender may take up, in percent of what it keeps. Who has sent that
        /// much of late pushes nothing out that others sent and that user has not read: what would is refused with
        /// `stream_full`. 0: no bound, so that anybody who may write to users can erase what waits for them.
        user_sender_percent: u32 = "25", count(0, 50);
        /// The same for all users together whose first organisation is the same one. What members of one organisation
        /// sent is not protected from each other by this.
        user_org_percent: u32 = "50", count(0, 50);
        /// Most publications that an organisation's stream keeps.
        org_count: usize = "1000", count(1, 10_000_000);
        /// How long an organisation's stream keeps a publication.
        org_age_s: u64 = "86400", seconds(1, DECADE_S);
        /// Most bytes of publications that an organisation's stream keeps. Beyond any of the three bounds the oldest
        /// publications go.
        org_bytes: usize = "16777216", bytes(1024, PETABYTE);
        /// Most publications that a team's stream keeps.
        team_count: usize = "1000", count(1, 10_000_000);
        /// How long a team's stream keeps a publication.
        team_age_s: u64 = "86400", seconds(1, DECADE_S);
        /// Most bytes of publications that a team's stream keeps. Beyond any of the three bounds the oldest
        /// publications go.
        team_bytes: usize = "16777216", bytes(1024, PETABYTE);
        /// Most publications that a channel's stream keeps.
        channel_count: usize = "1000", count(1, 10_000_000);
        /// How long a channel's stream keeps a publication.
        channel_age_s: u64 = "86400", seconds(1, DECADE_S);
        /// Most bytes of publications that a channel's stream keeps. Beyond any of the three bounds the oldest
        /// publications go.
        channel_bytes: usize = "16777216", bytes(1024, PETABYTE);
        /// Other bounds for single streams: `ADDRESS PATTERN BOUND…` with `count=`, `age_s=` and `bytes=`, such as
        /// `ch:*/chat/** count=100 age_s=3600`. The first rule that fits an address decides; a bound that the rule does
        /// not name is that of the stream's kind. A changed rule applies to a stream from its next publication on.
        retention: Vec<String> = "", RETENTION;
        /// How long the cursors of a device are kept after they last moved.
        cursor_ttl_s: u64 = "2592000", seconds(60, DECADE_S);
        /// Devices of one user whose cursors are kept. Beyond it the device goes whose cursors have not moved for
        /// longest.
        devices_max: usize = "100", count(1, 100_000);
        /// For how long a repeated action is recognized by its id, so that it is stored once.
        idempotency_window_ms: u64 = "120000", ms(1000, DAY_MS);
        /// Longest snapshot of a channel (`@@hub/snapshot`), as JSON.
        snapshot_bytes: usize = "65536", bytes(64, 16 << 20);
        /// How long a snapshot is kept after it was stored.
        snapshot_ttl_s: u64 = "604800", seconds(60, DECADE_S);
        /// Most publications in a `history` answer.
        history_max: usize = "100", count(1, 10_000);
    }
}
