//! Ports for servers of a test. Taken from below the range of outgoing connections, so that no client socket of another
//! test sits on one by chance, and never twice by one process.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

const FIRST: u32 = 12_000;
const COUNT: u32 = 20_000;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// The first of so many loopback ports in a row that no other caller gets; somebody else may listen on one of them.
pub fn row(count: u16) -> u16 {
    let start = std::process::id().wrapping_mul(61);
    loop {
        let at = start.wrapping_add(NEXT.fetch_add(count.into(), Ordering::Relaxed)) % COUNT;
        if at + u32::from(count) <= COUNT {
            return u16::try_from(FIRST + at).unwrap();
        }
    }
}

/// A loopback port nobody listens on.
pub fn free() -> u16 {
    // test processes that run at the same time start at different places
    let start = std::process::id().wrapping_mul(61);
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = u16::try_from(FIRST + start.wrapping_add(step) % COUNT).unwrap();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no free port between {FIRST} and {}", FIRST + COUNT);
}
