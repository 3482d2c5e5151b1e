//! All randomness comes from the seed, with a separate stream for each part: a part that draws more often does not
//! change what the others draw.

use hubwire_actors::environment::{Environment, Source};
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use std::sync::{Mutex, PoisonError};
use tokio::time::Instant;

/// The wall clock when a run begins: somewhere in 2027.
const EPOCH_MS: u64 = 1_800_000_000_000;

/// The chance of one part of a run.
pub fn chance(seed: u64, part: &str) -> StdRng {
    // FNV-1a of the part's name, which is the same in every run
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let named = part.bytes().fold(0xcbf2_9ce4_8422_2325, hash);
    StdRng::seed_from_u64(seed ^ named)
}

/// An environment on the virtual clock.
pub fn environment(seed: u64, part: &str) -> Environment {
    Environment::new(Virtual { began: Instant::now(), offset_ms: 0, chance: Mutex::new(chance(seed, part)) })
}

/// As [`environment`], for a node that starts at some moment of a run, with a clock that is wrong by `skew_ms`.
pub fn node_environment(seed: u64, part: &str, began: Instant, skew_ms: u64) -> Environment {
    Environment::new(Virtual { began, offset_ms: skew_ms, chance: Mutex::new(chance(seed, part)) })
}

struct Virtual {
    began: Instant,
    offset_ms: u64,
    chance: Mutex<StdRng>,
}

impl Source for Virtual {
    fn unix_ms(&self) -> u64 {
        EPOCH_MS + self.offset_ms + self.began.elapsed().as_millis() as u64
    }

    fn random(&self) -> u64 {
        self.chance.lock().unwrap_or_else(PoisonError::into_inner).next_u64()
    }
}
