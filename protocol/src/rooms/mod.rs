//! Rooms and events: a small protocol of chats. Everything is an event, `{"type": …, "payload": …}`; a client is in one
//! room at a time, sends `send_message` there, hears `new_message`, and moves with `change_room`.
//!
//! A room is a channel of one organisation, and the room a client is in is the view of its session: with that the
//! protocol is a reader and a writer of the requests and events that all protocols share.

mod dialect;
mod read;
mod table;
mod time;
mod write;

pub use dialect::Events;
pub use read::{entrance, NEW_MESSAGE};
pub use table::{is_name, Rooms};
