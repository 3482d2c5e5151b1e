//! Counts open sockets, of the node and per address. Upgraded sockets are no longer in the HTTP server's own count.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

const OPEN: u8 = 0;
const NOT_YET: u8 = 1;
const NO_MORE: u8 = 2;

/// Least interval between two log lines that the node is full.
const SAY_FULL_EVERY: Duration = Duration::from_secs(10);

/// The count of open sockets, shared by all workers.
#[derive(Debug, Clone)]
pub struct OpenSockets(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    open: AtomicUsize,
    /// Whether sockets are admitted: [`OPEN`], [`NOT_YET`] or [`NO_MORE`].
    door: AtomicU8,
    open_max: usize,
    /// Whether no file descriptor is free.
    short: AtomicBool,
    read_bytes: AtomicU64,
    written_bytes: AtomicU64,
    by_address: Mutex<HashMap<IpAddr, usize>>,
    by_address_max: usize,
    /// Sockets refused because the node is full, since the last log line.
    refused: Mutex<Refused>,
}

#[derive(Debug, Default)]
struct Refused {
    count: u64,
    said: Option<Instant>,
}

/// A place among the open sockets; returned when dropped.
#[derive(Debug)]
pub struct Admission {
    counts: Arc<Counts>,
    address: IpAddr,
}

impl Admission {
    /// Counts bytes that the socket has read.
    pub(super) fn note_read(&self, count: usize) {
        self.counts.read_bytes.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Counts bytes that the socket has written.
    pub(super) fn note_written(&self, count: usize) {
        self.counts.written_bytes.fetch_add(count as u64, Ordering::Relaxed);
    }
}

/// Why a socket is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// The node is full.
    #[error("{0} sockets are open")]
    Node(usize),
    /// The node is not ready yet.
    #[error("the node is not connected to the broker yet; ask another one")]
    NotYet,
    /// The node drains.
    #[error("the node drains; ask another one")]
    NoMore,
    /// The address has as many sockets as allowed.
    #[error("{0} sockets are open from this address")]
    Address(usize),
}

impl OpenSockets {
    /// Counts up to `open_max` sockets, and up to `by_address_max` from one address (0 = any number).
    pub fn new(open_max: usize, by_address_max: usize) -> Self {
        OpenSockets(Arc::new(Counts {
            open: AtomicUsize::new(0),
            door: AtomicU8::new(OPEN),
            open_max,
            short: AtomicBool::new(false),
            read_bytes: AtomicU64::new(0),
            written_bytes: AtomicU64::new(0),
            by_address: Mutex::default(),
            by_address_max,
            refused: Mutex::default(),
        }))
    }

    /// Open sockets, including undecided upgrades.
    pub fn count(&self) -> usize {
        self.0.open.load(Ordering::Relaxed)
    }

    /// Bytes that all sockets read and wrote so far, before TLS.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        (self.0.read_bytes.load(Ordering::Relaxed), self.0.written_bytes.load(Ordering::Relaxed))
    }

    /// How many sockets may be open at once.
    pub fn max(&self) -> usize {
        self.0.open_max
    }

    /// Admits nobody until [`OpenSockets::begin`].
    pub fn wait(&self) {
        self.0.door.store(NOT_YET, Ordering::Relaxed);
    }

    /// Admits sockets, unless it was closed meanwhile.
    pub fn begin(&self) {
        // an open or closed door stays so
        let _ = self.0.door.compare_exchange(NOT_YET, OPEN, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Whether it waits for [`OpenSockets::begin`].
    pub fn is_waiting(&self) -> bool {
        self.0.door.load(Ordering::Relaxed) == NOT_YET
    }

    /// Admits nobody from now on.
    pub fn close(&self) {
        self.0.door.store(NO_MORE, Ordering::Relaxed);
    }

    /// Whether no file descriptor is free, so that not even an allowed socket could open.
    pub fn is_short(&self) -> bool {
        self.0.short.load(Ordering::Relaxed)
    }

    /// Records whether descriptors are free.
    pub(crate) fn set_short(&self, short: bool) {
        self.0.short.store(short, Ordering::Relaxed);
    }

    /// Takes a place.
    pub fn admit(&self, address: IpAddr) -> Result<Admission, NoPlace> {
        match self.0.door.load(Ordering::Relaxed) {
            NOT_YET => return Err(NoPlace::NotYet),
            NO_MORE => return Err(NoPlace::NoMore),
            _ => {}
        }
        let address = network(address);
        let admission = Admission { counts: self.0.clone(), address };
        // both are counted before they are checked; dropping the admission undoes both
        let open = self.0.open.fetch_add(1, Ordering::Relaxed) + 1;
        let from_address = self.0.add(address);
        if open > self.0.open_max {
            self.0.say_full(Instant::now());
            return Err(NoPlace::Node(self.0.open_max));
        }
        match from_address > self.0.by_address_max {
            true => Err(NoPlace::Address(self.0.by_address_max)),
            false => Ok(admission),
        }
    }
}

impl Counts {
    /// Logs that the node is full: at once, then at most every ten seconds.
    fn say_full(&self, now: Instant) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.count += 1;
        if refused.said.is_none_or(|said| now.duration_since(said) >= SAY_FULL_EVERY) {
            log::warn!("full, sockets are refused open_max={} refused={}", self.open_max, refused.count);
            *refused = Refused { count: 0, said: Some(now) };
        }
    }

    fn add(&self, address: IpAddr) -> usize {
        if self.by_address_max == 0 {
            return 0;
        }
        // the map is consistent between any two statements, so a panic elsewhere cannot have broken it
        let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let count = by_address.entry(address).or_default();
        *count += 1;
        *count
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.counts.open.fetch_sub(1, Ordering::Relaxed);
        if self.counts.by_address_max == 0 {
            return;
        }
        let mut by_address = self.counts.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&self.address);
            }
        }
    }
}

/// The part of an address that is counted: all of IPv4, the first half of IPv6, which one customer gets.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !0 << 64)),
        four => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_given_back_when_dropped() {
        let sockets = OpenSockets::new(2, 1);
        let one: IpAddr = "127.0.0.1".parse().unwrap();
        let first = sockets.admit(one).unwrap();
        assert_eq!(sockets.admit(one).unwrap_err(), NoPlace::Address(1));
        let second = sockets.admit("127.0.0.2".parse().unwrap()).unwrap();
        assert_eq!(sockets.admit("127.0.0.3".parse().unwrap()).unwrap_err(), NoPlace::Node(2));
        assert_eq!(sockets.count(), 2);
        drop(first);
        sockets.admit(one).unwrap();
        drop(second);
        assert_eq!(sockets.count(), 0);
        assert!(sockets.0.by_address.lock().unwrap().is_empty());
    }

    #[test]
    fn nobody_is_taken_before_the_begin_and_after_the_close() {
        let sockets = OpenSockets::new(2, 0);
        let one: IpAddr = "127.0.0.1".parse().unwrap();
        sockets.wait();
        assert_eq!(sockets.admit(one).unwrap_err(), NoPlace::NotYet);
        sockets.begin();
        let _first = sockets.admit(one).unwrap();
        sockets.close();
        sockets.begin();
        assert_eq!(sockets.admit(one).unwrap_err(), NoPlace::NoMore);
        assert_eq!(sockets.count(), 1);
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together() {
        let sockets = OpenSockets::new(9, 1);
        let _first = sockets.admit("2001:db8::1".parse().unwrap()).unwrap();
        assert_eq!(sockets.admit("2001:db8::2".parse().unwrap()).unwrap_err(), NoPlace::Address(1));
        sockets.admit("2001:db8:0:1::1".parse().unwrap()).unwrap();
    }
}
