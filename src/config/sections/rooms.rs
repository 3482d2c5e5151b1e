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
        /// Serve these clients.
        enabled: bool = "false", Kind::Switch;
        /// The path of their WebSockets.
        path: String = "/rooms", SOCKETS;
        /// The organisation whose channels are the rooms: the room `general` is `ch:<org>/general`. Users must be
        /// members of it. Read at startup only.
        org: String = "", ORG;
        /// The room that a client enters first. Empty: none, until it sends `change_room`. Read at startup only.
        first: String = "general", ROOM;
        /// How many of the newest messages a client gets when it enters a room; its user then needs the right to `read`
        /// there. Read at startup only.
        recent: u32 = "0", count(0, 1000);
    }
}
