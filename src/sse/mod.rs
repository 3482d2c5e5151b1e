//! `/stream`: the same sessions without WebSockets, for where something on the way blocks them. What the node says
//! comes as server-sent events of one long response (WHATWG HTML, "Server-sent events"); what the client says it posts,
//! to any node.
//!
//! `EventOutbox` is the write side of such a session, `EventBody` the response that empties it; [`PostOffice`]
//! brings what was posted to `PostedIncoming`, its read side. Sessions see the same two halves as on a socket.

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
