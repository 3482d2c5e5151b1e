//! Settings of the hub and its workers.

use bytes::Bytes;
use std::time::Duration;

/// Settings of the WS-HUB endpoint.
#[derive(Debug, Clone)]
pub struct WsHubSettings {
    /// Literal prefix of all channel names.
    pub channel_prefix: Bytes,
    /// What happens to several connections with the same key.
    pub same_key: SameKey,
    /// What a second `groups-new` does.
    pub groups: GroupsMode,
    /// Whether `client-gone` is published when the last connection of a key ends.
    pub client_gone: bool,
    /// A connection whose socket accepts nothing for this long while its outbox is not empty is ended.
    pub write_wait: Duration,
    /// A client that is silent for this long is ended; it is pinged after nine tenths of it.
    pub pong_wait: Duration,
    /// KiB of client messages that may be in flight to the broker at once; further ones are not read yet
    /// (backpressure).
    pub in_flight_kib_max: u32,
}

/// What happens to several connections with the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SameKey {
    /// All of them stay.
    #[default]
    All,
    /// A new one replaces the former ones.
    Newest,
    /// The first one stays; a new one is refused.
    Oldest,
}

/// What a further `groups-new` for the same key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GroupsMode {
    /// It replaces the former groups.
    #[default]
    Replace,
    /// It adds to the former groups.
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
