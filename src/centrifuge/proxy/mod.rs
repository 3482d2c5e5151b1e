//! Proxies of Centrifugo: the application's servers are asked in its format who connects, and what a client may do.
//!
//! `asking` has questions and answers, `connecting` the client that shows no token, and a `Gate` stands in front of a
//! conversation and asks for each command that needs it.

mod asking;
mod connecting;
mod connection;
mod gate;
mod handshake;
mod proxies;
mod renewing;

pub(super) use connecting::Met;
pub(super) use connection::Connection;
pub(super) use gate::Gate;
pub(super) use handshake::Handshake;
pub(super) use proxies::Proxies;
