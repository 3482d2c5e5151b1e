//! Fuzzing hubwire's decoders; see README.md.

pub mod targets;
