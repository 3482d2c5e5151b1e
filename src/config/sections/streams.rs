//! Options of the logs behind users, organisations, teams and channels.

use crate::config::rules::*;
use crate::config::section::section;

section! {
    /// How much streams keep. A client that was away for longer gets `recovered: false`.
    "streams" Streams {
        /// Maximum number of publications in a user's stream.
        user_count: usize = "1000", count(1, 10_000_000);
        /// How long a user's stream keeps a publication.
        user_age_s: u64 = "604800", seconds(1, DECADE_S);
        /// Maximum size of the publications in a user's stream. Beyond any of the three bounds the oldest
        /// publications are removed.
        user_bytes: usize = "8388608", bytes(1024, PETABYTE);
        /// The share of another user's stream that one sender may fill, in percent of what the stream keeps. A sender
        /// that has recently sent that much cannot push out unread messages of others: a message that would is refused
        /// with `stream_full`. 0: no bound, so anybody who may write to users can erase their unread messages.
        user_sender_percent: u32 = "25", count(0, 50);
        /// The same for all users together that have the same first organisation. It does not protect messages of
        /// members of one organisation from each other.
        user_org_percent: u32 = "50", count(0, 50);
        /// Maximum number of publications in an organisation's stream.
        org_count: usize = "1000", count(1, 10_000_000);
        /// How long an organisation's stream keeps a publication.
        org_age_s: u64 = "86400", seconds(1, DECADE_S);
        /// Maximum size of the publications in an organisation's stream. Beyond any of the three bounds the oldest
        /// publications are removed.
        org_bytes: usize = "16777216", bytes(1024, PETABYTE);
        /// Maximum number of publications in a team's stream.
        team_count: usize = "1000", count(1, 10_000_000);
        /// How long a team's stream keeps a publication.
        team_age_s: u64 = "86400", seconds(1, DECADE_S);
        /// Maximum size of the publications in a team's stream. Beyond any of the three bounds the oldest
        /// publications are removed.
        team_bytes: usize = "16777216", bytes(1024, PETABYTE);
        /// Maximum number of publications in a channel's stream.
        channel_count: usize = "1000", count(1, 10_000_000);
        /// How long a channel's stream keeps a publication.
        channel_age_s: u64 = "86400", seconds(1, DECADE_S);
        /// Maximum size of the publications in a channel's stream. Beyond any of the three bounds the oldest
        /// publications are removed.
        channel_bytes: usize = "16777216", bytes(1024, PETABYTE);
        /// Other bounds for single streams: `ADDRESS PATTERN BOUND…` with `count=`, `age_s=` and `bytes=`, such as
        /// `ch:*/chat/** count=100 age_s=3600`. The first rule that matches an address decides; for bounds that the
        /// rule does not set, those of the stream's kind apply. A changed rule applies to a stream from its next
        /// publication on.
        retention: Vec<String> = "", RETENTION;
        /// How long the cursors of a device are kept after they last moved.
        cursor_ttl_s: u64 = "2592000", seconds(60, DECADE_S);
        /// Maximum number of devices per user whose cursors are kept. Beyond it, the device whose cursors have not
        /// moved for the longest time is removed.
        devices_max: usize = "100", count(1, 100_000);
        /// How long a repeated action is recognized by its id, so that it is stored only once.
        idempotency_window_ms: u64 = "120000", ms(1000, DAY_MS);
        /// Maximum size of the snapshot of a channel (`@@hub/snapshot`), as JSON.
        snapshot_bytes: usize = "65536", bytes(64, 16 << 20);
        /// How long a snapshot is kept after it was stored.
        snapshot_ttl_s: u64 = "604800", seconds(60, DECADE_S);
        /// Maximum number of publications in a `history` answer.
        history_max: usize = "100", count(1, 10_000);
    }
}
