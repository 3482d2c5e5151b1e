//! Settings of the endpoint, from a YAML file of its own or the section of the node's configuration.

use crate::auth::origin::AllowedOrigins;
use crate::ws::{ReaderLimits, SocketSettings};
use hubwire_actors::wshub::WsHubSettings;
use std::time::Duration;

/// Most fragments of one message.
const FRAGMENTS_MAX: u32 = 64 * 1024;

/// Settings of the endpoint.
#[derive(Debug, Clone)]
pub struct WsHubConfig {
    /// Where sockets open. One trailing slash makes no difference.
    pub path: String,
    /// Name of the query parameter that holds a client's key.
    pub client_key: String,
    /// The key may also stand in a header of that name, which then comes first.
    pub from_header: bool,
    /// Pages that may open sockets; absent: all. Clients that are no browsers always may.
    pub allowed_origins: Option<AllowedOrigins>,
    /// Longest message of a client in bytes; 0 = any length.
    pub message_bytes_max: usize,
    /// Most bytes that wait for one client. They are shared between the clients of a group, so a stalled one costs
    /// little more than pointers; a bound that is too small cuts off readers that are merely late.
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
    /// Settings of its sockets.
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
