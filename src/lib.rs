//! Node.

pub mod auth;
pub mod cli;
pub mod config;
pub mod http;
pub mod logging;
pub mod node;
mod printable;
pub mod ws;
