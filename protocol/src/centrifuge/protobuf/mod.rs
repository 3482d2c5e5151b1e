//! Commands and replies as protobuf: length-prefixed messages in a binary frame.
//!
//!  The encoding is written by hand because there are few messages: a field is a number, a wire type and a value.

mod commands;
mod replies;
pub(in crate::centrifuge) mod wire;

pub use commands::{decode, put_connect, put_history, put_publish, put_subscribe, put_unsubscribe};
pub use replies::put_reply;
