//! Options of the endpoint for Centrifuge clients.

use crate::config::option::{Kind, Rule};
use crate::config::rules::{ms, SOCKETS};
use crate::config::section::section;

const PROXY: Kind = Kind::Text(Rule {
    allowed: "a URL that begins with https:// or http://, without a user; or nothing",
    check: |text| text.is_empty() || crate::application::route::http_url(text).is_some(),
});

const HEADERS: Kind = Kind::List(Rule {
    allowed: "names of headers, such as cookie",
    check: |text| hyper::header::HeaderName::from_bytes(text.as_bytes()).is_ok(),
});

/// Mistakes in a namespace are reported when the whole configuration is checked.
const NAMESPACES: Kind =
    Kind::List(Rule { allowed: "namespaces such as `chat acme subscribe publish recover`", check: |_| true });

section! {
    /// An endpoint for the clients of Centrifugo, beside hubwire's own (docs/moving-from-centrifugo.md).
    "centrifuge" Centrifuge {
        /// Serve them, and Centrifugo's server API (`/api/…`) on the internal listener.
        enabled: bool = "false", Kind::Switch;
        /// Serve that API on the public listener as well, as Centrifugo does without an internal port. Anybody who
        /// reaches that listener can then try keys.
        public_api: bool = "false", Kind::Switch;
        /// The path of their WebSockets, for JSON and protobuf.
        path: String = "/connection/websocket", SOCKETS;
        /// The namespaces of their channels: `NAME ORGANISATION OPTION…`, with `*` as the name for channels without a
        /// namespace. The channel `chat:room` of a namespace `chat acme` is `ch:acme/chat/room`. Options: `subscribe`
        /// (without a subscription token), `publish`, `presence`, `join_leave`, `history`, `recover` (missed
        /// publications are recovered), `cache` (only the newest publication is recovered), `position` (after a gap the
        /// subscription ends, and the client resubscribes), `delta` (clients that ask for it get differences between
        /// publications), `subscribe_proxy` and `publish_proxy` (if the proxy allows it). Every client that connects is
        /// a member of the organisations named here. A channel whose prefix is not a namespace belongs to the
        /// organisation of that name, by the node's access rules. Read at startup only.
        namespaces: Vec<String> = "", NAMESPACES;
        /// Subscribe each connection of a user to the channel `#<user>`, which is the user's own stream.
        personal_channel: bool = "false", Kind::Switch;
        /// Let clients connect without a token. Each such connection is a separate user, whose name is empty for other
        /// clients.
        anonymous: bool = "false", Kind::Switch;
        /// The proxy that identifies clients without a token. Like all of these URLs, it is called in the format of
        /// Centrifugo's proxies and within the bounds of `application`. Empty: none.
        proxy_connect_url: String = "", PROXY;
        /// The proxy that renews connections that the connect proxy accepted for a limited time. Empty: they end, and
        /// clients reconnect.
        proxy_refresh_url: String = "", PROXY;
        /// The proxy that is called before a client subscribes without a token, in namespaces with `subscribe_proxy`.
        proxy_subscribe_url: String = "", PROXY;
        /// The proxy that renews subscriptions that the subscribe proxy allowed for a limited time. Empty: their
        /// connection is closed, and the client reconnects.
        proxy_sub_refresh_url: String = "", PROXY;
        /// The proxy that is called before a client publishes, in namespaces with `publish_proxy`.
        proxy_publish_url: String = "", PROXY;
        /// The proxy that answers the rpcs of these clients, instead of `rpc.methods`.
        proxy_rpc_url: String = "", PROXY;
        /// Headers of the handshake that are passed to the proxies. If `cookie` is among them, `auth.allowed_origins`
        /// must not be `*`, or any page could connect on behalf of its visitors.
        proxy_headers: Vec<String> = "", HEADERS;
        /// How long the node waits for an answer of a proxy.
        proxy_timeout_ms: u64 = "1000", ms(50, 60_000);
    }
}

impl Centrifuge {
    /// The URLs of all proxies, with those that are empty.
    pub fn proxy_urls(&self) -> [&str; 6] {
        [
            &self.proxy_connect_url,
            &self.proxy_refresh_url,
            &self.proxy_subscribe_url,
            &self.proxy_sub_refresh_url,
            &self.proxy_publish_url,
            &self.proxy_rpc_url,
        ]
    }
}
