//! The state of an active feed besides its position. Idle feeds have none of it, and most feeds are idle: there is one
//! per user, channel and organisation.

use crate::words::feed::Arrival;
use hubwire_protocol::Position;

/// Publications that may be parked before the log is read at once.
pub(super) const PARKED_MAX: usize = 64;
/// Positions remembered to tell a repeated notification from another history.
const SEEN_MAX: usize = 32;

/// A position in eight bytes. Two positions that differ have the same mark only if their nonces are the same and their
/// numbers are a multiple of 65,536 apart: a nonce has 48 random bits.
fn mark(Position { seq, nonce }: Position) -> u64 {
    seq << 48 | nonce
}

/// See the module.
#[derive(Default)]
pub(super) struct Recent(Option<Box<RecentState>>);

#[derive(Default)]
struct RecentState {
    /// The positions delivered last, as marks: a ring, and how many were written to it.
    seen: [u64; SEEN_MAX],
    count: usize,
    /// Publications that arrived early.
    parked: Vec<Arrival>,
}

impl Recent {
    /// Whether a position was among the last that were delivered.
    pub fn has_seen(&self, pos: Position) -> bool {
        let seen = |parts: &RecentState| parts.seen[..parts.count.min(SEEN_MAX)].contains(&mark(pos));
        self.0.as_deref().is_some_and(seen)
    }

    /// Records a delivered position.
    pub fn see(&mut self, pos: Position) {
        let parts = self.0.get_or_insert_default();
        parts.seen[parts.count % SEEN_MAX] = mark(pos);
        parts.count += 1;
    }

    /// Forgets the positions so far: they belong to another history.
    pub fn forget_seen(&mut self) {
        if let Some(parts) = &mut self.0 {
            parts.count = 0;
        }
    }

    /// Publications that arrived early.
    pub fn parked(&self) -> &[Arrival] {
        self.0.as_ref().map_or(&[], |parts| &parts.parked)
    }

    /// Keeps a publication that arrived early, as long as there is room.
    pub fn park(&mut self, arrival: Arrival) {
        let parked = &mut self.0.get_or_insert_default().parked;
        if parked.len() < PARKED_MAX {
            parked.push(arrival);
        }
    }

    /// Drops parked publications up to a position.
    pub fn drop_parked(&mut self, up_to: Position) {
        if let Some(parts) = &mut self.0 {
            parts.parked.retain(|arrival| arrival.pos.seq > up_to.seq);
        }
    }

    /// Takes the parked publication that follows a position.
    pub fn take_next(&mut self, last: Position) -> Option<Arrival> {
        let parked = &mut self.0.as_mut()?.parked;
        let at = parked.iter().position(|arrival| arrival.prev == last);
        let next = at.map(|at| parked.swap_remove(at));
        if parked.is_empty() {
            *parked = Vec::new();
        }
        next
    }
}
