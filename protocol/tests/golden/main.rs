//! The golden vectors, read by both codecs. `v1/README.md` describes their content; client libraries read the same
//! files.
//!
//! Released vectors never change: a vector that fails means that clients in the field would fail.

mod centrifuge;
mod client;
mod past;
mod presence;
mod rooms;
mod rpc;
mod server;
mod vectors;
