//! Node.

pub mod ws;
