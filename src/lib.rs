//! Node.

pub mod http;
pub mod ws;
