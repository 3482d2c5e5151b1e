//! Live observation for operators: a tail of the publications that a node accepts, and the trace of each.
//!
//! One task reads the sightings of the node's [`Observer`], keeps the latest publications with their traces (`traces`),
//! and passes each to the tails whose filter matches (`tails`). A tail asks every node repeatedly for new publications;
//! a tail without questions ends by itself. Without tails and with `trace.messages` 0 the node observes nothing.

mod line;
mod tails;
mod traces;

pub use line::Line;
pub use tails::{Caught, TailFilter, PAGE_MAX};
pub use traces::{Traced, Way};

use hubwire_actors::environment::Environment;
use hubwire_actors::observer::{Observer, Sighting};
use hubwire_protocol::{Address, Position};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tails::Tails;
use tokio::time::Instant;
use traces::Traces;

/// Publications that are traced during a tail if fewer are configured, so that a publication seen in a tail can be
/// looked up.
const TRACED_WHILE_TAILED: usize = 1000;
/// Interval of the check whether tails are still in use.
const SWEEP: Duration = Duration::from_secs(1);

/// Observation of a node; see the module. Cheap to clone.
#[derive(Clone)]
pub struct Watch(Arc<Inner>);

struct Inner {
    /// `trace.messages`.
    traced_max: usize,
    observer: Observer,
    environment: Environment,
    seen: Mutex<Seen>,
}

struct Seen {
    tails: Tails,
    traces: Traces,
    /// The number of sightings that the observer had dropped when the tails were last notified.
    dropped: u64,
}

impl Watch {
    /// Observes with `observer`; permanently, if publications are traced.
    pub fn new(observer: Observer, environment: Environment, traced_max: usize) -> Self {
        observer.watch(traced_max > 0);
        let seen = Mutex::new(Seen { tails: Tails::default(), traces: Traces::default(), dropped: 0 });
        Watch(Arc::new(Inner { traced_max, observer, environment, seen }))
    }

    /// Handles the observer's sightings for as long as the process runs. For one caller.
    pub async fn run(self) {
        let Some(mut sightings) = self.0.observer.sightings() else { return };
        let mut sweeps = tokio::time::interval(SWEEP);
        loop {
            tokio::select! {
                sighting = sightings.recv() => match sighting {
                    Some(sighting) => self.take(sighting),
                    None => return,
                },
                _ = sweeps.tick() => self.sweep(Instant::now()),
            }
        }
    }

    /// The publications since this tail last asked. The first question starts it.
    pub fn tail(&self, id: u64, filter: &TailFilter) -> Option<Caught> {
        let caught = self.seen().tails.ask(id, filter, Instant::now())?;
        self.0.observer.watch(true);
        Some(caught)
    }

    /// The trace of a publication, as far as this node knows it.
    pub fn way(&self, stream: &Address, pos: Position) -> Way {
        let seen = self.seen();
        seen.traces.way(stream, pos, self.kept(&seen) > 0)
    }

    fn take(&self, sighting: Sighting) {
        let mut seen = self.seen();
        let kept = self.kept(&seen);
        match sighting {
            Sighting::Accepted(accepted) => {
                // an envelope made by this node can be read
                let Some(line) = Line::read(&accepted) else { return };
                seen.tails.offer(&line);
                seen.traces.accepted(line, kept);
            }
            Sighting::Delivered(delivered) => {
                let at_ms = self.0.environment.unix_ms();
                seen.traces.delivered(&delivered, at_ms, kept);
            }
        }
    }

    fn sweep(&self, now: Instant) {
        let mut seen = self.seen();
        let dropped = self.0.observer.dropped();
        let missed = dropped - std::mem::replace(&mut seen.dropped, dropped);
        seen.tails.missed(missed);
        seen.tails.forget(now);
        let kept = self.kept(&seen);
        seen.traces.keep(kept);
        self.0.observer.watch(kept > 0);
    }

    fn kept(&self, seen: &Seen) -> usize {
        if seen.tails.is_empty() {
            self.0.traced_max
        } else {
            self.0.traced_max.max(TRACED_WHILE_TAILED)
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // each change is complete, even if a thread panicked while it held the lock
        self.0.seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(traced_max: usize) -> (Watch, Observer) {
        let observer = Observer::default();
        (Watch::new(observer.clone(), Environment::real(), traced_max), observer)
    }

    #[tokio::test]
    async fn a_node_watches_only_while_somebody_asks() {
        let (watch, observer) = watch(0);
        assert!(!observer.watches());
        assert!(watch.tail(1, &TailFilter::default()).is_some());
        assert!(observer.watches());
        watch.sweep(Instant::now());
        assert!(observer.watches(), "the tail asked a moment ago");
        watch.sweep(Instant::now() + Duration::from_secs(60));
        assert!(!observer.watches());
    }

    #[tokio::test]
    async fn one_that_is_to_trace_watches_all_the_time() {
        let (watch, observer) = watch(10);
        watch.sweep(Instant::now());
        assert!(observer.watches());
        let way = watch.way(&"org:acme".parse().unwrap(), Position::START);
        assert!(way.traces && way.accepted.is_empty());
    }
}
