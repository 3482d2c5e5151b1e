//! Commands and replies as protobuf: messages one after the other in a binary frame, each behind its length.
//!
//! Written by hand for the few messages there are: a field is a number, a kind and a value (protobuf encoding, wire
//! format).

mod commands;
mod replies;
pub(in crate::centrifuge) mod wire;

pub use commands::{decode, put_connect, put_history, put_publish, put_subscribe, put_unsubscribe};
pub use replies::put_reply;
