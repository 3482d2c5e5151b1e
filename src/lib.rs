//! Node.

pub mod ws;
pub mod wshub;
