//! What the socket tests share: a real server on a free port, and a client that sends any bytes it likes. The client
//! knows nothing of the server's own codec.
#![allow(dead_code)] // each test file is a crate of its own and uses a part

pub mod case;
pub mod frames;
pub mod raw;
pub mod server;
