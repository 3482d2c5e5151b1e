//! Options of the endpoint for clients in rooms.

use crate::config::option::{Kind, Rule};
use crate::config::rules::{count, SOCKETS};
use crate::config::section::section;
use hubwire_protocol::OrgId;

const ORG: Kind = Kind::Text(Rule {
    allowed: "the id of an organisation; or nothing",
    check: |text| text.is_empty() || text.parse::<OrgId>().is_ok(),
});

const ROOM: Kind = Kind::Text(Rule {
    allowed: "the name of a room of at most 64 bytes, or of several such parts with / between them; or nothing",
    check: |text| text.is_empty() || hubwire_protocol::rooms::is_name(text),
});

section! {
    /// An endpoint for clients that speak in events such as `send_message` and `change_room`, beside hubwire's own
    /// (docs/rooms-and-events.md).
    "rooms" Rooms {
        /// Serve them.
        enabled: bool = "false", Kind::Switch;
        /// The path of their WebSockets.
        path: String = "/rooms", SOCKETS;
        /// The organisation whose channels are the rooms: the room `general` is `ch:<org>/general`. Whoever comes in must
        /// be a member of it. Read at start only.
        org: String = "", ORG;
        /// The room a client begins in. Empty: in none, until it says `change_room`. Read at start only.
        first: String = "general", ROOM;
        /// So many of a room's newest messages are told to whoever enters it, who needs the right to `read` there then.
        /// Read at start only.
        recent: u32 = "0", count(0, 1000);
    }
}
