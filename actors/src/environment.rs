//! Injectable time and randomness: the actors of a simulation see virtual time and seeded numbers.
//!
//! Monotonic time is `tokio::time::Instant` everywhere, which a paused clock controls; only wall-clock time and random
//! numbers need a source of their own.

use ahash::{AHasher, RandomState};
use hubwire_protocol::{Incarnation, Position, SessionId};
use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

const NS_PER_MS: u64 = 1_000_000;

/// The source of wall-clock time and random numbers.
pub trait Source: Send + Sync {
    /// Unix time in milliseconds.
    fn unix_ms(&self) -> u64;
    /// Unix time in nanoseconds, as fine as the clock is.
    fn unix_ns(&self) -> u64 {
        self.unix_ms() * NS_PER_MS
    }
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

    /// A custom source.
    pub fn new(source: impl Source + 'static) -> Self {
        Environment(Arc::new(source))
    }

    /// Unix time in milliseconds.
    pub fn unix_ms(&self) -> u64 {
        self.0.unix_ms()
    }

    /// Unix time in nanoseconds, as fine as the clock is.
    pub fn unix_ns(&self) -> u64 {
        self.0.unix_ns()
    }

    /// 64 random bits.
    pub fn random(&self) -> u64 {
        self.0.random()
    }

    /// A new random incarnation.
    pub fn incarnation(&self) -> Incarnation {
        Incarnation::from_random(self.random())
    }

    /// A new random session id of an incarnation.
    pub fn session(&self, incarnation: Incarnation) -> SessionId {
        SessionId::new(incarnation, self.random())
    }

    /// A new random nonce of a position.
    pub fn nonce(&self) -> u64 {
        self.random() & Position::NONCE_MAX
    }

    /// An empty map. Its keys are hashed with a random number, so that no client can make them collide; the same source
    /// yields the same number, and so the same iteration order.
    pub fn map<K, V>(&self) -> Map<K, V> {
        Map::with_hasher(Seeded(self.random()))
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

/// A map whose iteration order a simulation can replay. Made by [`Environment::map`].
pub type Map<K, V> = HashMap<K, V, Seeded>;

/// Hashes keys with a number that only its [`Source`] knows, at a third of the cost of the standard library's hash:
/// a direct message looks up seven keys.
#[derive(Debug, Clone, Copy)]
pub struct Seeded(u64);

impl BuildHasher for Seeded {
    type Hasher = AHasher;

    fn build_hasher(&self) -> AHasher {
        RandomState::with_seeds(self.0, self.0.rotate_left(32), 0, 0).build_hasher()
    }
}

struct Machine;

impl Source for Machine {
    fn unix_ms(&self) -> u64 {
        since_1970().as_millis() as u64
    }

    fn unix_ns(&self) -> u64 {
        since_1970().as_nanos() as u64 // until the year 2554
    }

    fn random(&self) -> u64 {
        rand::random()
    }
}

/// A clock before 1970 reads as 0.
#[allow(clippy::disallowed_methods)] // the one place that reads the machine's wall clock
fn since_1970() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}
