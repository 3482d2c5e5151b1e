//! The latest publications of a node, with their traces.

use super::line::Line;
use hubwire_actors::observer::Delivered;
use hubwire_protocol::{Address, Position};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// One write of a worker that included the publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Traced {
    /// Time, Unix milliseconds.
    pub at_ms: u64,
    /// Sessions whose outbox accepted it.
    pub sessions: usize,
    /// Sessions without room, or that lagged already: they read the log.
    pub lagging: usize,
}

/// A node's knowledge of one publication.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Way {
    /// Whether the node keeps traces at all.
    pub traces: bool,
    /// Its acceptance by this node, and each repeat of its sender.
    pub accepted: Vec<Line>,
    /// Its writes to sessions of this node, one per worker.
    pub delivered: Vec<Traced>,
}

struct Write {
    /// The stream and the range of positions.
    written: (Address, Position, Position),
    traced: Traced,
}

/// The traces; see the module.
#[derive(Default)]
pub(super) struct Traces {
    accepted: VecDeque<Line>,
    writes: VecDeque<Write>,
}

impl Traces {
    /// Records an accepted publication; the oldest ones are dropped.
    pub(super) fn accepted(&mut self, mut line: Line, kept: usize) {
        line.payload = None; // the log has it
        self.accepted.push_back(line);
        self.keep(kept);
    }

    /// Records a write of a worker.
    pub(super) fn delivered(&mut self, delivered: &Delivered, at_ms: u64, kept: usize) {
        let Delivered { stream, after, to, sessions, lagging } = delivered;
        let traced = Traced { at_ms, sessions: *sessions, lagging: *lagging };
        self.writes.push_back(Write { written: (Address::clone(stream), *after, *to), traced });
        self.keep(kept);
    }

    /// Drops the oldest of both beyond this number.
    pub(super) fn keep(&mut self, kept: usize) {
        self.accepted.drain(..self.accepted.len().saturating_sub(kept));
        self.writes.drain(..self.writes.len().saturating_sub(kept));
    }

    pub(super) fn way(&self, stream: &Address, pos: Position, traces: bool) -> Way {
        let is_it = |line: &&Line| {
            let received = line.to == *stream && line.pos == Some(pos);
            // the sender's own copy
            let sent = matches!(stream, Address::User(user) if line.from.as_deref() == Some(user.as_str()));
            received || (sent && (line.own_pos == Some(pos) || (line.own_pos.is_none() && line.pos == Some(pos))))
        };
        let holds = |write: &&Write| {
            let (written, after, to) = &write.written;
            written == stream && after.seq < pos.seq && pos.seq <= to.seq
        };
        Way {
            traces,
            accepted: self.accepted.iter().filter(is_it).cloned().collect(),
            delivered: self.writes.iter().filter(holds).map(|write| write.traced.clone()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::tests::line;
    use super::*;
    use std::sync::Arc;

    fn pos(seq: u64) -> Position {
        Position { seq, nonce: 1 }
    }

    fn write(stream: &str, after: u64, to: u64) -> Delivered {
        let stream = Arc::new(stream.parse().unwrap());
        Delivered { stream, after: pos(after), to: pos(to), sessions: 3, lagging: 1 }
    }

    #[test]
    fn a_publication_is_found_in_the_write_that_held_it_and_in_no_other() {
        let mut traces = Traces::default();
        traces.accepted(line("ch:acme/a", "x", 6), 10);
        traces.delivered(&write("ch:acme/a", 4, 7), 100, 10);
        traces.delivered(&write("ch:acme/a", 7, 8), 101, 10);
        traces.delivered(&write("ch:acme/b", 4, 7), 102, 10);
        let way = traces.way(&"ch:acme/a".parse().unwrap(), pos(6), true);
        assert_eq!((way.accepted.len(), way.accepted[0].payload.is_none()), (1, true));
        assert_eq!(way.delivered, [Traced { at_ms: 100, sessions: 3, lagging: 1 }]);
        assert!(traces.way(&"ch:acme/a".parse().unwrap(), pos(9), true).delivered.is_empty());
    }

    #[test]
    fn a_direct_message_is_found_in_both_streams() {
        let mut traces = Traces::default();
        let mut sent = line("user:u2", "x", 6);
        sent.own_pos = Some(pos(11));
        traces.accepted(sent, 10);
        let found = |stream: &str, seq| traces.way(&stream.parse().unwrap(), pos(seq), true).accepted.len();
        assert_eq!((found("user:u2", 6), found("user:u1", 11), found("user:u1", 6), found("user:u3", 6)), (1, 1, 0, 0));
    }

    #[test]
    fn only_so_many_are_kept() {
        let mut traces = Traces::default();
        for seq in 0..100 {
            traces.accepted(line("org:acme", "x", seq), 10);
            traces.delivered(&write("org:acme", seq, seq + 1), 1, 10);
        }
        assert_eq!((traces.accepted.len(), traces.writes.len()), (10, 10));
        traces.keep(0);
        assert!(traces.accepted.is_empty() && traces.writes.is_empty());
    }
}
