//! Where clients open their sockets: known to the routes and to the options that must keep clear of it.

/// Path of the sockets.
pub const SOCKET_PATH: &str = "/ws";
