//! The behaviour of a hubwire node: actix actors, and the backends they stand on. No HTTP, no sockets.

pub mod backend;
pub mod environment;
pub mod identity;
pub mod mail;
pub mod node;
pub mod outbox;
pub mod settings;
