//! Options of the WS-HUB endpoint.

use crate::auth::origin::AllowedOrigins;
use crate::config::broker_url::BrokerUrl;
use crate::config::option::Kind;
use crate::config::rules::*;
use crate::config::section::section;
use crate::config::value::choice;

section! {
    /// An endpoint for clients, listeners and services of WS-HUB, besides hubwire's own.
    "wshub" WsHub {
        /// Serve them.
        enabled: bool = "false", Kind::Switch;
        /// The path of their WebSockets.
        path: String = "/wshub", SOCKETS;
        /// The query parameter that holds a client's key.
        client_key: String = "session_key", ANY_TEXT;
        /// Accept the key also in a header of that name, which then takes precedence.
        from_header: bool = "false", Kind::Switch;
        /// The Redis of the listeners and services. Empty: that of `broker.url`, which then must be a single server;
        /// with the broker in memory the channels are in memory, too, and are reached by the server API.
        redis_url: BrokerUrl = "", BROKER_URL;
        /// The prefix of all channels.
        channel_prefix: String = "ws-hub:", ANY_TEXT;
        /// Pages that may open sockets, by origin. Empty: all, as in WS-HUB.
        allowed_origins: AllowedOrigins = "", ORIGINS;
        /// Which connections with the same key stay open: all, or only the newest or the oldest on this node.
        same_key: WsHubSameKey = "all", Kind::Choice(WsHubSameKey::WORDS);
        /// What a further `groups-new` for a key does: replace its groups or add to them.
        groups: WsHubGroups = "replace", Kind::Choice(WsHubGroups::WORDS);
        /// Publish `client-gone` when the last connection of a key ends.
        client_gone: bool = "false", Kind::Switch;
        /// Maximum size of a message from a client. A longer one closes the socket with 1009. 0: any length.
        max_message_bytes: usize = "128", bytes(0, 1 << 30);
        /// The node disconnects a client that has sent nothing for this long, and pings it after nine tenths of that.
        pong_wait_ms: u64 = "60000", ms(100, HOUR_MS);
        /// The node disconnects a client that accepts no bytes for this long while some are waiting.
        write_wait_ms: u64 = "10000", ms(100, HOUR_MS);
        /// Bytes that may wait for one client; beyond that the node disconnects it. Clients of a group share the bytes
        /// of a message.
        outbox_bytes: usize = "67108864", bytes(4096, 1 << 30);
    }
}

choice! {
    /// What becomes of connections with one key.
    WsHubSameKey {
        /// All live.
        All = "all",
        /// A new one replaces those before it.
        Newest = "newest",
        /// The first one stays.
        Oldest = "oldest",
    }
}

choice! {
    /// What a further `groups-new` does.
    WsHubGroups {
        /// Replaces the groups.
        Replace = "replace",
        /// Adds to them.
        Add = "add",
    }
}
