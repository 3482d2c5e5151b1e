//! Wakes a sender in open loop. A separate thread sleeps, because the runtime's timer has a resolution of a
//! millisecond, which would show as latency.

use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::Notify;

/// Shortest time between two wake-ups; a faster sender sends several at once.
const SHORTEST: Duration = Duration::from_micros(250);

/// Ticks until it is dropped.
pub struct Ticker(Arc<Notify>);

impl Ticker {
    /// Ticks about this often per second.
    pub fn start(rate: f64) -> Self {
        let every = Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::from_secs(1));
        // twice per interval, so that no publication is late by more than half of it
        let every = (every / 2).clamp(SHORTEST, Duration::from_millis(5));
        let ticks = Arc::new(Notify::new());
        let held = Arc::downgrade(&ticks);
        std::thread::spawn(move || tick(&held, every));
        Ticker(ticks)
    }

    /// Waits for the next tick; a tick in the meantime counts.
    pub async fn tick(&self) {
        self.0.notified().await;
    }
}

fn tick(held: &Weak<Notify>, every: Duration) {
    while let Some(ticks) = held.upgrade() {
        ticks.notify_one();
        drop(ticks);
        std::thread::sleep(every);
    }
}
