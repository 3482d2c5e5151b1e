//! The client protocol of Centrifugo (version 2), in JSON and protobuf: its commands are requests, and events are its
//! replies and pushes. `docs/decisions/0018-centrifuge-is-a-dialect.md` says how its channels and positions become ours.
//!
//! What a command needs of its connection (who the user is, what it subscribed to before) is judged before it comes here,
//! by whoever owns the connection: a decoder keeps nothing.

mod answer;
pub mod channels;
pub mod codes;
pub mod command;
mod dialect;
pub mod epoch;
pub mod json;
pub mod protobuf;
pub mod reply;
mod request;
mod tag;

pub use channels::{Channels, Namespace};
pub use command::{Call, Command};
pub use dialect::Format;
pub use epoch::Epoch;

/// Prefix of the id of a user that nobody named; its clients see an empty name.
pub const ANONYMOUS: &str = "anonymous:";

/// How long credentials are good for beyond what a client is told: it asks for new ones when they end, not before.
pub const EXPIRY_GRACE_S: u64 = 25;

/// The name a client sees.
fn shown_user(user: &str) -> &str {
    if user.starts_with(ANONYMOUS) {
        ""
    } else {
        user
    }
}
