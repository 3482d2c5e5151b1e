//! The hubwire node: configuration, authentication, sockets, HTTP and the command line around the actors.

pub mod auth;
pub mod config;
pub mod ws;
