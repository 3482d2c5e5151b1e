//! What the endpoint is told, by the YAML file of its own or by the section of the node's configuration.

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
    /// Pages that may open sockets; empty or `*`: all.
    pub allowed_origins: Vec<String>,
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
            allowed_origins: Vec::new(),
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

    /// Whether a page may open sockets. Clients that are no browsers send no `Origin`.
    pub(super) fn permits(&self, origin: Option<&str>) -> bool {
        let is_listed = |origin: &str| {
            self.allowed_origins.iter().any(|listed| listed == "*" || listed.eq_ignore_ascii_case(origin))
        };
        self.allowed_origins.is_empty() || origin.is_none_or(is_listed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_page_may_open_sockets_unless_pages_are_listed() {
        let mut config = WsHubConfig::default();
        assert!(config.permits(Some("https://evil.example")) && config.permits(None));
        config.allowed_origins = vec!["https://app.example".into()];
        assert!(config.permits(Some("https://App.example")) && config.permits(None));
        assert!(!config.permits(Some("https://evil.example")) && !config.permits(Some("null")));
        config.allowed_origins.push("*".into());
        assert!(config.permits(Some("null")));
    }
}
