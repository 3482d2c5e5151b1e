//! Time and chance, injectable: the actors of a simulation see virtual time and seeded numbers.
//!
//! Monotonic time is `tokio::time::Instant` everywhere, which a paused clock controls; only wall-clock time and random
//! numbers need a source of their own.

use hubwire_protocol::{Incarnation, Position, SessionId};
use std::fmt;
use std::sync::Arc;

/// Where wall-clock time and random numbers come from.
pub trait Source: Send + Sync {
    /// Unix time in milliseconds.
    fn unix_ms(&self) -> u64;
    /// 64 random bits.
    fn random(&self) -> u64;
}

/// The shared source of one node.
#[derive(Clone)]
pub struct Environment(Arc<dyn Source>);

impl Environment {
    /// The machine's clock and the operating system's randomness.
    pub fn real() -> Self {
        Environment(Arc::new(Machine))
    }

    /// A source of the caller's.
    pub fn new(source: impl Source + 'static) -> Self {
        Environment(Arc::new(source))
    }

    /// Unix time in milliseconds.
    pub fn unix_ms(&self) -> u64 {
        self.0.unix_ms()
    }

    /// 64 random bits.
    pub fn random(&self) -> u64 {
        self.0.random()
    }

    /// A fresh name for a process life.
    pub fn incarnation(&self) -> Incarnation {
        Incarnation::from_random(self.random())
    }

    /// A fresh session id on a node.
    pub fn session(&self, incarnation: Incarnation) -> SessionId {
        SessionId::new(incarnation, self.random())
    }

    /// A fresh nonce for a position.
    pub fn nonce(&self) -> u64 {
        self.random() & Position::NONCE_MAX
    }

    /// A number in `0..bound`; 0 when `bound` is 0. For jitter, not for secrets.
    pub fn below(&self, bound: u64) -> u64 {
        self.random().checked_rem(bound).unwrap_or(0)
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")
    }
}

struct Machine;

impl Source for Machine {
    #[allow(clippy::disallowed_methods)] // the one place that reads the machine's wall clock
    fn unix_ms(&self) -> u64 {
        // a clock before 1970 reads as 0
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64)
    }

    fn random(&self) -> u64 {
        rand::random()
    }
}
