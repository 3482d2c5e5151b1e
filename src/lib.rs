//! The hubwire node: configuration, authentication, sockets, HTTP and the command line around the actors.

pub mod auth;
pub mod cli;
pub mod config;
mod endpoint;
pub mod http;
pub mod logging;
pub mod node;
mod printable;
mod serve;
pub mod ws;
