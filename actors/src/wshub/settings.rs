//! Settings of the hub and its workers.

use bytes::Bytes;
use std::time::Duration;

/// Settings of the WS-HUB endpoint.
#[derive(Debug, Clone)]
pub struct WsHubSettings {
    /// Literal prefix of all channel names.
    pub channel_prefix: Bytes,
    /// What becomes of the connections of one key.
    pub same_key: SameKey,
    /// What a second `groups-new` does.
    pub groups: GroupsMode,
    /// Whether `client-gone` is published when the last connection of a key ends.
    pub client_gone: bool,
    /// A socket that takes nothing for so long while something waits is ended.
    pub write_wait: Duration,
    /// A client that was not heard for so long is ended; it is pinged after nine tenths of it.
    pub pong_wait: Duration,
    /// KiB of client messages that may be on their way to the broker at once; further ones are not read yet.
    pub in_flight_kib_max: u32,
}

/// What becomes of the connections of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SameKey {
    /// All live.
    #[default]
    All,
    /// A new one replaces those before it.
    Newest,
    /// The first one stays; a new one is refused.
    Oldest,
}

/// What a further `groups-new` for the same key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GroupsMode {
    /// The groups before are left.
    #[default]
    Replace,
    /// The groups before stay.
    Add,
}

impl Default for WsHubSettings {
    fn default() -> Self {
        WsHubSettings {
            channel_prefix: Bytes::from_static(b"ws-hub:"),
            same_key: SameKey::All,
            groups: GroupsMode::Replace,
            client_gone: false,
            write_wait: Duration::from_secs(10),
            pong_wait: Duration::from_secs(60),
            in_flight_kib_max: 32 * 1024,
        }
    }
}
