//! Options of the endpoint for Centrifuge clients.

use crate::config::option::{Kind, Rule};
use crate::config::section::section;

const PATH: Kind = Kind::Text(Rule {
    allowed: "a path that begins with / and is not that of hubwire's own sockets",
    check: |text| text.starts_with('/') && text.trim_end_matches('/') != crate::socket_path::SOCKET_PATH,
});

/// What is wrong with a namespace is said when the whole configuration is checked.
const NAMESPACES: Kind =
    Kind::List(Rule { allowed: "namespaces such as `chat acme subscribe publish recover`", check: |_| true });

section! {
    /// An endpoint for the clients of Centrifugo, beside hubwire's own (docs/moving-from-centrifugo.md).
    "centrifuge" Centrifuge {
        /// Serve them, and Centrifugo's server API (`/api/…`) on the internal listener.
        enabled: bool = "false", Kind::Switch;
        /// The path of their WebSockets, for JSON and protobuf.
        path: String = "/connection/websocket", PATH;
        /// The namespaces of their channels: `NAME ORGANISATION OPTION…`, with `*` as the name for channels without a
        /// namespace. The channel `chat:room` of a namespace `chat acme` is `ch:acme/chat/room`. Options: `subscribe`
        /// (without a subscription token), `publish`, `presence`, `join_leave`, `history`, `recover`. Who connects is a
        /// member of the organisations named here. A channel whose prefix is no namespace is one of the organisation of
        /// that name, by the node's access rules. Read at start only.
        namespaces: Vec<String> = "", NAMESPACES;
        /// Subscribe each connection of a user to the channel `#<user>`, which is the user's own stream.
        personal_channel: bool = "false", Kind::Switch;
        /// Let clients connect without a token. Each such connection is a user of its own, whose name other clients see
        /// as empty.
        anonymous: bool = "false", Kind::Switch;
    }
}
