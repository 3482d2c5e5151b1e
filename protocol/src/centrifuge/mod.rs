//! The client protocol of Centrifugo (version 2), in JSON and protobuf: its commands are requests, and events are its
//! replies and pushes. `docs/decisions/0018-centrifuge-is-a-dialect.md` says how its channels and positions become
//! ours.
//!
//! What a command needs of its connection (who the user is, what it subscribed to before) is judged before it comes
//! here, by whoever owns the connection: a decoder keeps nothing.

mod answer;
mod begun;
mod binary;
pub mod channels;
mod client_info;
pub mod codes;
pub mod command;
mod data;
mod dialect;
pub mod epoch;
pub mod fossil;
pub mod json;
pub mod namespace;
mod posted;
pub mod protobuf;
pub mod reply;
mod request;
mod retold;
mod tag;
mod terms;

pub use answer::{present, shown, stats};
pub use begun::{Begun, Standing};
pub use binary::to_json as bytes_to_json;
pub use channels::Channels;
pub use command::{Call, Command};
pub use dialect::Format;
pub use epoch::{begin_life, offset_of, seq_at, Epoch};
pub use namespace::Namespace;
pub use posted::Posted;
pub use request::{BYTES, PUBLICATION};
pub use retold::{Answered, Retold};
pub use terms::{shown_user, ANONYMOUS, EXPIRY_GRACE_S};
