//! Hostile and broken clients against the real binary, with its memory and descriptors measured from outside.

#[path = "../ws_support/frames.rs"]
#[allow(dead_code)] // shared with the tests of the socket layer
mod frames;
#[path = "../ws_support/raw.rs"]
#[allow(dead_code)]
mod raw;
#[path = "../support/mod.rs"]
#[macro_use]
mod support;
mod victim;

mod bombs;
mod cut_wire;
mod descriptors;
mod floods;
mod forged_log;
mod half_open;
mod handshakes;
mod panics;
mod paused;
mod proxies;
mod slow_readers;
