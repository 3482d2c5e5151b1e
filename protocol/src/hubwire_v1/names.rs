//! The names of the protocol's own actions.

use crate::event::Event;

/// Prefix of the types that belong to the protocol.
pub const RESERVED_PREFIX: &str = "@@hub/";
/// The type of an invitation: a publication with a reserved type, which no client can send.
pub const INVITED: &str = "@@hub/invited";

/// The types that only the server sends.
pub(super) const SERVER_NAMES: &[&str] =
    &["welcome", "joined", "left", "changed", "resumed", "orgs", "lag", "ack", "error", "expiring", "bye", "invited"];

/// The type of the action for an event.
pub(super) fn kind(event: &Event<'_>) -> &'static str {
    match event {
        Event::Welcome(_) => "@@hub/welcome",
        Event::Joined(_) => "@@hub/joined",
        Event::Left(_) => "@@hub/left",
        Event::Changed(_) => "@@hub/changed",
        Event::Presence(_) => "@@hub/presence",
        Event::People(_) => "@@hub/people",
        Event::Conversations(_) => "@@hub/conversations",
        Event::Channels(_) => "@@hub/channels",
        Event::History(_) => "@@hub/history",
        Event::Resumed(_) => "@@hub/resumed",
        Event::Orgs(_) => "@@hub/orgs",
        Event::Lag(_) => "@@hub/lag",
        Event::Rpc(_) => "@@hub/rpc",
        Event::Reply(_) => "@@hub/reply",
        Event::Ack(_) => "@@hub/ack",
        Event::Error(_) => "@@hub/error",
        Event::Ping {} => "@@hub/ping",
        Event::Expiring(_) => "@@hub/expiring",
        Event::Bye(_) => "@@hub/bye",
    }
}
