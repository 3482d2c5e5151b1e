//! Progress of the client in each stream: positions, gates and copies of own messages.

use hubwire_protocol::{Address, Position};
use std::collections::{BTreeMap, BTreeSet};

/// Most remembered positions of copies of own direct messages; beyond it the oldest is forgotten.
const OWN_MAX: usize = 4096;

/// A stream named in a resume is gated: its publications are ignored until its `resumed` or `joined`, because they are
/// sent again after that, in order. Until the replay has reached the last position named in the answer, the client is
/// not in sync.
#[derive(Debug, Default)]
pub struct Streams {
    last: BTreeMap<Address, Position>,
    gated: BTreeSet<Address>,
    /// Replays in progress, each with the position where it ends; `None` while that is unknown.
    behind: BTreeMap<Address, Option<Position>>,
    own: BTreeSet<Position>,
    own_stream: Option<Address>,
    has_become_synced: bool,
}

impl Streams {
    /// Sets the user according to the *welcome*. `true` if it is a different user than before.
    pub fn own_stream_is(&mut self, stream: &Address) -> bool {
        let is_other = self.own_stream.as_ref() != Some(stream);
        if is_other {
            self.own.clear();
            self.own_stream = Some(stream.clone());
        }
        is_other
    }

    /// The last processed position.
    pub fn position(&self, stream: &Address) -> Option<Position> {
        self.last.get(stream).copied()
    }

    /// The last processed positions of all streams.
    pub fn positions(&self) -> impl Iterator<Item = (&Address, Position)> {
        self.last.iter().map(|(stream, position)| (stream, *position))
    }

    /// Whether the last replay ended since the last call.
    pub fn take_synced(&mut self) -> bool {
        std::mem::take(&mut self.has_become_synced)
    }

    /// Whether no replay is in progress.
    pub fn is_synced(&self) -> bool {
        self.behind.is_empty()
    }

    /// The stream was named in a resume or a join.
    pub fn gate(&mut self, stream: &Address) {
        self.gated.insert(stream.clone());
        self.behind.insert(stream.clone(), None);
    }

    /// Publications after `position` follow; the replay ends at `top`.
    pub fn open(&mut self, stream: &Address, position: Option<Position>, top: Option<Position>) {
        self.gated.remove(stream);
        if let Some(position) = position {
            self.last.insert(stream.clone(), position);
        }
        if let Some(ends) = self.behind.get_mut(stream) {
            *ends = top;
        }
        self.settle(stream);
    }

    /// The node skipped publications: the stream continues after `position`.
    pub fn reset(&mut self, stream: &Address, position: Option<Position>) {
        if let Some(position) = position {
            self.last.insert(stream.clone(), position);
        }
        self.settle(stream);
    }

    /// The session does not follow the stream any more.
    pub fn forget(&mut self, stream: &Address) {
        self.gated.remove(stream);
        self.last.remove(stream);
        self.has_become_synced |= self.behind.remove(stream).is_some() && self.behind.is_empty();
    }

    /// The connection ended, and with it gates and replays.
    pub fn disconnected(&mut self) {
        self.gated.clear();
        self.behind.clear();
    }

    /// A direct message of this client was acknowledged with the position of its copy in the user's own stream: a
    /// resume must not deliver it.
    pub fn own_copy_at(&mut self, position: Position) {
        let last = self.own_stream.as_ref().and_then(|own| self.position(own));
        if last.is_some_and(|last| position.seq <= last.seq) {
            return;
        }
        self.own.insert(position);
        if self.own.len() > OWN_MAX {
            self.own.pop_first();
        }
    }

    /// Whether the publication at this position is new to the application; advances the position.
    pub fn accept(&mut self, stream: &Address, position: Position) -> bool {
        let is_old = self.position(stream).is_some_and(|last| position.seq <= last.seq);
        if is_old || self.gated.contains(stream) {
            return false;
        }
        self.last.insert(stream.clone(), position);
        if self.own.is_empty() || self.own_stream.as_ref() != Some(stream) {
            return true;
        }
        let is_own = self.own.contains(&position);
        self.own.retain(|own| own.seq > position.seq);
        !is_own
    }

    /// The publication at the position was passed to the application: the replay may be complete.
    pub fn delivered(&mut self, stream: &Address) {
        self.settle(stream);
    }

    fn settle(&mut self, stream: &Address) {
        let Some(top) = self.behind.get(stream).copied() else { return };
        let has_reached = |top: Position| self.position(stream).is_some_and(|last| last.seq >= top.seq);
        if !self.gated.contains(stream) && top.is_none_or(has_reached) {
            self.behind.remove(stream);
            self.has_become_synced |= self.behind.is_empty();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seq: u64) -> Position {
        Position { seq, nonce: 7 }
    }

    fn stream(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn a_gated_stream_is_ignored_until_its_answer_and_synced_at_its_top() {
        let (mut streams, room) = (Streams::default(), stream("ch:o/r"));
        streams.open(&room, Some(at(3)), None);
        streams.gate(&room);
        assert!(!streams.accept(&room, at(4)) && !streams.is_synced());
        streams.open(&room, Some(at(3)), Some(at(5)));
        assert!(streams.accept(&room, at(4)));
        streams.delivered(&room);
        assert!(!streams.accept(&room, at(4)), "it came twice");
        assert!(streams.accept(&room, at(5)) && !streams.take_synced());
        streams.delivered(&room);
        assert!(streams.take_synced() && streams.is_synced() && !streams.take_synced());
    }

    #[test]
    fn a_resume_with_nothing_missed_is_at_its_end_at_once() {
        let (mut streams, room) = (Streams::default(), stream("ch:o/r"));
        streams.gate(&room);
        streams.open(&room, Some(at(5)), Some(at(5)));
        assert!(streams.take_synced());
        streams.gate(&room);
        streams.forget(&room);
        assert!(streams.take_synced());
    }

    #[test]
    fn the_copy_of_an_own_message_is_not_delivered_and_the_next_one_is() {
        let (mut streams, own) = (Streams::default(), stream("user:me"));
        assert!(streams.own_stream_is(&own) && !streams.own_stream_is(&own));
        streams.open(&own, Some(at(1)), None);
        streams.own_copy_at(at(3));
        assert!(streams.accept(&own, at(2)));
        assert!(!streams.accept(&own, at(3)));
        assert!(streams.accept(&own, at(4)) && streams.own.is_empty());
    }
}
