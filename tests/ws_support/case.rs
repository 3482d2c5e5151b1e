//! A row of a table: what a client sends, and what it must see.

use super::frames::{self, close, ping};
use super::raw::{code_of, Got, Raw};
use super::server::TestServer;
use std::net::SocketAddr;
use std::time::Duration;

pub struct Case {
    pub claim: String,
    pub sent: Vec<u8>,
    pub expected: Vec<Expected>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Pong(Vec<u8>),
    /// A close frame with this code (0: without one), and then the end of the connection.
    Close(u16),
}

pub use Expected::*;

pub fn case(claim: impl Into<String>, sent: &[Vec<u8>], expected: &[Expected]) -> Case {
    Case { claim: claim.into(), sent: sent.concat(), expected: expected.to_vec() }
}

/// Runs each row twice: sent in one write, and with each byte in a write of its own. Returns how many rows there were
/// and the longest time from a close frame to the end of the connection.
pub fn run(cases: Vec<Case>) -> (usize, Duration) {
    run_on(&TestServer::echo(), Raw::open, cases)
}

/// As [`run`], on sockets that agreed to compression.
pub fn run_compressing(cases: Vec<Case>) -> (usize, Duration) {
    run_on(&TestServer::compressing(), Raw::open_compressing, cases)
}

fn run_on(server: &TestServer, open: fn(SocketAddr, &str) -> Raw, cases: Vec<Case>) -> (usize, Duration) {
    let mut longest = Duration::ZERO;
    for case in &cases {
        for bytes_per_write in [usize::MAX, 1] {
            if bytes_per_write == 1 && case.sent.len() > 1000 {
                continue;
            }
            longest = longest.max(run_one(open(server.address, "/echo"), case, bytes_per_write));
        }
    }
    println!("{} cases, connection ended at most {longest:?} after the close frame", cases.len());
    (cases.len(), longest)
}

fn run_one(mut raw: Raw, case: &Case, bytes_per_write: usize) -> Duration {
    for piece in case.sent.chunks(bytes_per_write.min(case.sent.len().max(1))) {
        raw.send(piece);
    }
    for expected in &case.expected {
        let got = raw.read_frame().unwrap_or_else(|error| panic!("{}: {error} for {expected:?}", case.claim));
        assert_eq!(got.as_ref().map(seen), Some(expected.clone()), "{} (pieces of {bytes_per_write})", case.claim);
    }
    if !matches!(case.expected.last(), Some(Close(_))) {
        // nothing else came, and the socket is still in order
        raw.send(&ping("the end"));
        assert_eq!(raw.read_frame().unwrap().as_ref().map(seen), Some(Pong(b"the end".to_vec())), "{}", case.claim);
        raw.send(&close(1000, ""));
        assert_eq!(raw.close_code(), Some(1000), "{}", case.claim);
    }
    raw.assert_ends()
}

fn seen(got: &Got) -> Expected {
    match got.opcode {
        frames::TEXT => Text(got.payload.clone()),
        frames::BINARY => Binary(got.payload.clone()),
        frames::PONG => Pong(got.payload.clone()),
        frames::CLOSE => Close(code_of(got).unwrap_or(0)),
        other => panic!("opcode {other}"),
    }
}
