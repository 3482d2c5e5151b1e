//! What the broker holds at the end, and when it may have lost something.

use super::known::{Known, Place};
use super::streams::position;
use super::{Event, Record, Violation};
use hubwire_protocol::Position;
use std::collections::BTreeMap;

/// A time in which the broker may have lost what it took.
struct Rollback {
    since_ms: u64,
    until_ms: u64,
    acked: bool,
}

/// Logs by stream, each by position with the id; and the rollbacks, by time.
pub(super) struct Kept<'a> {
    logs: BTreeMap<&'a str, BTreeMap<Position, &'a str>>,
    rollbacks: Vec<Rollback>,
}

/// By stream: what is not in its log any more, with the rollback that took it.
pub(super) type Vanished<'a> = BTreeMap<&'a str, BTreeMap<Position, usize>>;

impl<'a> Kept<'a> {
    /// Reads the logs, and looks whether each is one chain.
    pub fn new(records: &'a [Record], violations: &mut Vec<Violation>) -> Kept<'a> {
        let mut kept = Kept { logs: BTreeMap::new(), rollbacks: Vec::new() };
        for Record { at_ms, event, .. } in records {
            match event {
                Event::Log { stream, entries } => {
                    for pair in entries.windows(2).filter(|pair| pair[1].prev != pair[0].pos) {
                        let (stream, pos, prev) = (stream.clone(), pair[1].pos.clone(), pair[1].prev.clone());
                        violations.push(Violation::BrokenLink { stream, pos, prev });
                    }
                    let entries = entries.iter().map(|entry| (position(&entry.pos), entry.id.as_str()));
                    kept.logs.insert(stream, entries.collect());
                }
                Event::Rollback { since_ms, acked } => {
                    kept.rollbacks.push(Rollback { since_ms: *since_ms, until_ms: *at_ms, acked: *acked });
                }
                _ => {}
            }
        }
        kept
    }

    /// What a stream's log holds, if that was looked at.
    pub fn log(&self, stream: &str) -> Option<&BTreeMap<Position, &'a str>> {
        self.logs.get(stream)
    }

    /// All of them.
    pub fn logs(&self) -> impl Iterator<Item = (&'a str, &BTreeMap<Position, &'a str>)> {
        self.logs.iter().map(|(stream, log)| (*stream, log))
    }

    /// Whether a position is in its log. Of a log that nobody looked at, all are.
    pub fn holds(&self, stream: &str, pos: Position) -> bool {
        self.log(stream).is_none_or(|log| log.contains_key(&pos))
    }

    /// Whether the broker may have lost something before this moment.
    pub fn rolled_back_before(&self, at_ms: u64) -> bool {
        self.rollbacks.iter().any(|rollback| rollback.since_ms <= at_ms)
    }

    /// What is known and not in the log. What no rollback can have taken is a violation.
    pub fn vanished(&self, known: &Known<'a>, violations: &mut Vec<Violation>) -> Vanished<'a> {
        let mut vanished = Vanished::new();
        for (stream, places) in known {
            for (pos, place) in places.iter().filter(|(pos, _)| !self.holds(stream, **pos)) {
                match self.taken_by(place) {
                    Some(rollback) => drop(vanished.entry(*stream).or_default().insert(*pos, rollback)),
                    None => {
                        let (stream, pos, id) = (stream.to_string(), pos.to_string(), place.id.to_string());
                        violations.push(Violation::Vanished { stream, pos, id });
                    }
                }
            }
        }
        vanished
    }

    /// The rollback that took it: the one under way when it became known; or one between its sending and that, for a
    /// device may have read late.
    fn taken_by(&self, place: &Place) -> Option<usize> {
        let could = |rollback: &Rollback| rollback.acked || !place.acked;
        let under_way = |it: &&Rollback| it.since_ms <= place.known_ms && place.known_ms <= it.until_ms;
        let between = |it: &&Rollback| it.since_ms <= place.known_ms && place.sent_ms <= it.until_ms;
        let candidates = self.rollbacks.iter().enumerate().filter(|(_, it)| could(it));
        let first = candidates.clone().find(|(_, it)| under_way(it));
        first.or_else(|| candidates.rev().find(|(_, it)| between(it))).map(|(number, _)| number)
    }
}
