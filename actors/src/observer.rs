//! Shows operators the publications that pass through a node: those that it accepted, and the number of sessions that
//! it delivered them to.
//!
//! While nobody watches, a publication costs one relaxed load when it is accepted and one when it is written. Sightings
//! go through a bounded queue to one reader outside of the actors; those without room are dropped and counted, so an
//! operator never slows a message down.

use bytes::Bytes;
use hubwire_protocol::event::Ack;
use hubwire_protocol::{Address, Position};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

/// Sightings that may wait for their reader.
pub const SIGHTINGS_MAX: usize = 4096;

/// An observation.
#[derive(Debug)]
pub enum Sighting {
    /// The node acknowledged a publication that it had accepted.
    Accepted(Box<Accepted>),
    /// A worker wrote publications of a stream to its sessions.
    Delivered(Delivered),
}

/// A publication and its acknowledgement.
#[derive(Debug)]
pub struct Accepted {
    /// The stored envelope.
    pub envelope: Bytes,
    /// The answer to its sender. Without a position it skipped the log.
    pub ack: Ack,
}

/// One write of a worker: publications of one turn go to its sessions together.
#[derive(Debug)]
pub struct Delivered {
    /// Their stream.
    pub stream: Arc<Address>,
    /// The position before the first of them.
    pub after: Position,
    /// The position of the last one.
    pub to: Position,
    /// Sessions whose outbox accepted them.
    pub sessions: usize,
    /// Sessions without room, or that lagged already: they read the log.
    pub lagging: usize,
}

/// The observer of a node; see the module. Cheap to clone.
#[derive(Clone)]
pub struct Observer(Arc<Inner>);

struct Inner {
    watches: AtomicBool,
    dropped: AtomicU64,
    sightings: mpsc::Sender<Sighting>,
    outlet: Mutex<Option<mpsc::Receiver<Sighting>>>,
}

impl Default for Observer {
    fn default() -> Self {
        let (sightings, outlet) = mpsc::channel(SIGHTINGS_MAX);
        let (watches, dropped) = (AtomicBool::new(false), AtomicU64::new(0));
        Observer(Arc::new(Inner { watches, dropped, sightings, outlet: Mutex::new(Some(outlet)) }))
    }
}

impl Observer {
    /// The sightings. For one caller: a second one gets nothing.
    pub fn sightings(&self) -> Option<mpsc::Receiver<Sighting>> {
        self.0.outlet.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take()
    }

    /// Starts or ends watching.
    pub fn watch(&self, watches: bool) {
        self.0.watches.store(watches, Relaxed);
    }

    /// Whether anybody watches.
    pub fn watches(&self) -> bool {
        self.0.watches.load(Relaxed)
    }

    /// Sightings dropped for want of room so far.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Relaxed)
    }

    /// Queues a sighting, while somebody watches.
    pub(crate) fn see(&self, sighting: Sighting) {
        if self.0.sightings.try_send(sighting).is_err() {
            self.0.dropped.fetch_add(1, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(seq: u64) -> Sighting {
        let stream = Arc::new("org:acme".parse().unwrap());
        let (after, to) = (Position { seq, nonce: 1 }, Position { seq: seq + 1, nonce: 1 });
        Sighting::Delivered(Delivered { stream, after, to, sessions: 1, lagging: 0 })
    }

    #[tokio::test]
    async fn what_finds_no_room_is_counted_and_the_oldest_stays() {
        let observer = Observer::default();
        let mut sightings = observer.sightings().unwrap();
        assert!(observer.sightings().is_none(), "there is one reader");
        (0..SIGHTINGS_MAX as u64 + 10).for_each(|seq| observer.see(written(seq)));
        assert_eq!((sightings.len(), observer.dropped()), (SIGHTINGS_MAX, 10));
        let Some(Sighting::Delivered(first)) = sightings.recv().await else { panic!("a write was seen") };
        assert_eq!(first.after.seq, 0);
    }
}
