//! Settings of the endpoint, from WS-HUB's own YAML file or from a section of the node's configuration.

use crate::auth::origin::AllowedOrigins;
use crate::ws::{ReaderLimits, SocketSettings};
use hubwire_actors::wshub::WsHubSettings;
use std::time::Duration;

/// Most fragments of one message.
const FRAGMENTS_MAX: u32 = 64 * 1024;

/// Settings of the endpoint.
#[derive(Debug, Clone)]
pub struct WsHubConfig {
    /// The path at which clients connect. One trailing slash makes no difference.
    pub path: String,
    /// Name of the query parameter that holds a client's key.
    pub client_key: String,
    /// The key may also be sent in a header of that name, which then takes precedence.
    pub from_header: bool,
    /// Origins of pages that may connect; absent: all. Clients that are not browsers always may.
    pub allowed_origins: Option<AllowedOrigins>,
    /// Longest message from a client, in bytes; 0 = no limit.
    pub message_bytes_max: usize,
    /// Most bytes queued for one client. Messages are shared between the clients of a group, so a stalled client costs
    /// little more than pointers, while a limit that is too small disconnects clients that are merely slow.
    pub outbox_bytes_max: usize,
    /// Settings of the hub itself.
    pub hub: WsHubSettings,
}

impl Default for WsHubConfig {
    fn default() -> Self {
        WsHubConfig {
            path: "/wshub".into(),
            client_key: "session_key".into(),
            from_header: false,
            allowed_origins: None,
            message_bytes_max: 128,
            outbox_bytes_max: 64 * 1024 * 1024,
            hub: WsHubSettings::default(),
        }
    }
}

impl WsHubConfig {
    /// Settings of the endpoint's sockets.
    pub(super) fn socket_settings(&self) -> SocketSettings {
        let message_bytes_max = if self.message_bytes_max == 0 { usize::MAX } else { self.message_bytes_max };
        SocketSettings {
            limits: ReaderLimits { message_bytes_max, fragments_max: FRAGMENTS_MAX },
            outbox_bytes_max: self.outbox_bytes_max,
            unacknowledged_timeout: self.hub.pong_wait.max(Duration::from_secs(1)),
            ..SocketSettings::default()
        }
    }
}
