//! `/stream`: the same sessions without WebSockets, for networks that block them. The node sends server-sent events in
//! one long response (WHATWG HTML, "Server-sent events"); the client posts, to any node.
//!
//! `EventOutbox` is the write side of such a session, `EventBody` the response that empties it; [`PostOffice`] brings
//! posts to `PostedIncoming`, its read side. Sessions see the same two halves as on a socket.

mod body;
mod event;
mod incoming;
mod open;
mod outbox;
mod post;
pub(crate) mod posts;

pub(crate) use body::EventBody;
pub(crate) use event::{messages, Form, COMMENT, CONTENT_TYPE};
pub(crate) use incoming::PostedIncoming;
pub(crate) use open::{open, refused, respond, Entrance, Streams};
pub use post::PostOffice;
pub use posts::Posted;
pub(crate) use posts::{queue, Key};
