//! The client protocol of Centrifugo (version 2), in JSON and protobuf: its commands become requests, and events become
//! its replies and pushes. `docs/decisions/0018-centrifuge-is-a-dialect.md` describes the mapping of its channels and
//! positions to ours.
//!
//!  A decoder keeps no state. What depends on the connection (its user, its earlier subscriptions) is checked by the
//!  connection's owner before a command is decoded here.

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
