//! Proxies of Centrifugo: asks the application's servers, in Centrifugo's format, who a client is and what it may do.
//!
//! `asking` has questions and answers, `connecting` handles clients without a token, and a `Gate` in front of a
//! conversation asks about each command that needs it.

mod asking;
mod connecting;
mod connection;
mod gate;
mod handshake;
mod proxies;
mod renewing;

pub use asking::Decision;
pub(super) use connecting::Met;
pub(super) use connection::Connection;
pub(super) use gate::Gate;
pub(super) use handshake::Handshake;
pub(super) use proxies::Proxies;
