//! Rooms and events: a small chat protocol. Every message is an event, `{"type": …, "payload": …}`; a client is in one
//! room at a time, sends `send_message` there, receives `new_message`, and moves with `change_room`.
//!
//!  A room is a channel of one organisation, and the room of a client is the view of its session. So this module only
//!  translates from and to the requests and events that all protocols share.

mod dialect;
mod read;
mod table;
mod time;
mod write;

pub use dialect::Events;
pub use read::{entrance, NEW_MESSAGE};
pub use table::{is_name, Rooms};
