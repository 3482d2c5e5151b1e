//! Tails: for each a filter, and the publications that passed it since the last question.

use super::line::Line;
use hubwire_protocol::{Address, UserId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// Lines kept between two questions; further ones are counted and dropped.
pub const PAGE_MAX: usize = 100;
/// Tails of one node, at most.
const TAILS_MAX: usize = 16;
/// A tail without a question for this long ends.
const FORGOTTEN: Duration = Duration::from_secs(10);
/// Bytes of one payload that a tail shows, at most.
const PAYLOAD_MAX: usize = 4096;

/// The filter of a tail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TailFilter {
    /// Prefix of the address.
    pub prefix: String,
    /// Type; absent: all.
    pub kind: Option<String>,
    /// From or to this user.
    pub user: Option<UserId>,
    /// Whether to include payloads.
    pub payload: bool,
}

/// The answer to a tail's question.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Caught {
    /// The publications, oldest first.
    pub lines: Vec<Line>,
    /// The number of publications without room.
    pub dropped: u64,
}

impl TailFilter {
    fn takes(&self, line: &Line) -> bool {
        let is_of = |user: &UserId| {
            line.from.as_deref() == Some(user.as_str()) || matches!(&line.to, Address::User(to) if to == user)
        };
        line.to.to_string().starts_with(&self.prefix)
            && self.kind.as_ref().is_none_or(|kind| *kind == line.kind)
            && self.user.as_ref().is_none_or(is_of)
    }

    fn shown(&self, line: &Line) -> Line {
        let mut line = line.clone();
        line.payload = line.payload.filter(|payload| self.payload && payload.get().len() <= PAYLOAD_MAX);
        line
    }
}

struct Tail {
    filter: TailFilter,
    caught: VecDeque<Line>,
    dropped: u64,
    asked: Instant,
}

/// The tails; see the module.
#[derive(Default)]
pub(super) struct Tails(BTreeMap<u64, Tail>);

impl Tails {
    /// The publications since the last question; `None`: there are too many tails already.
    pub(super) fn ask(&mut self, id: u64, filter: &TailFilter, now: Instant) -> Option<Caught> {
        if self.0.len() >= TAILS_MAX && !self.0.contains_key(&id) {
            return None;
        }
        let begin = || Tail { filter: filter.clone(), caught: VecDeque::new(), dropped: 0, asked: now };
        let tail = self.0.entry(id).or_insert_with(begin);
        tail.asked = now;
        Some(Caught { lines: tail.caught.drain(..).collect(), dropped: std::mem::take(&mut tail.dropped) })
    }

    /// An accepted publication.
    pub(super) fn offer(&mut self, line: &Line) {
        for tail in self.0.values_mut().filter(|tail| tail.filter.takes(line)) {
            match tail.caught.len() < PAGE_MAX {
                true => tail.caught.push_back(tail.filter.shown(line)),
                false => tail.dropped += 1,
            }
        }
    }

    /// Some sightings were lost; it is unknown which filters they would have passed.
    pub(super) fn missed(&mut self, count: u64) {
        self.0.values_mut().for_each(|tail| tail.dropped += count);
    }

    pub(super) fn forget(&mut self, now: Instant) {
        self.0.retain(|_, tail| now.saturating_duration_since(tail.asked) < FORGOTTEN);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::tests::line;
    use super::*;

    fn caught(filter: &TailFilter, lines: &[Line]) -> Vec<String> {
        let mut tails = Tails::default();
        tails.ask(1, filter, Instant::now()).unwrap();
        lines.iter().for_each(|line| tails.offer(line));
        let caught = tails.ask(1, filter, Instant::now()).unwrap();
        caught.lines.iter().map(|line| line.kind.clone()).collect()
    }

    #[tokio::test]
    async fn a_filter_takes_addresses_types_and_users() {
        let lines =
            [line("ch:acme/a", "x", 1), line("ch:acme/b", "y", 1), line("user:u2", "z", 1), line("user:u1", "w", 1)];
        let all = TailFilter::default();
        assert_eq!(caught(&all, &lines), ["x", "y", "z", "w"]);
        assert_eq!(caught(&TailFilter { prefix: "ch:acme/".into(), ..all.clone() }, &lines), ["x", "y"]);
        assert_eq!(caught(&TailFilter { kind: Some("y".into()), ..all.clone() }, &lines), ["y"]);
        assert_eq!(caught(&TailFilter { user: Some("u2".parse().unwrap()), ..all.clone() }, &lines), ["z"]);
        assert_eq!(caught(&TailFilter { user: Some("u1".parse().unwrap()), ..all }, &lines).len(), 4);
    }

    #[tokio::test]
    async fn a_flood_is_cut_and_counted() {
        let mut tails = Tails::default();
        let now = Instant::now();
        let filter = TailFilter::default();
        tails.ask(1, &filter, now).unwrap();
        (0..5000).for_each(|seq| tails.offer(&line("org:acme", "x", seq)));
        tails.missed(7);
        let caught = tails.ask(1, &filter, now).unwrap();
        assert_eq!((caught.lines.len(), caught.dropped), (PAGE_MAX, 4907));
        assert!(caught.lines[0].payload.is_none(), "payloads are hidden");
        assert_eq!(tails.ask(1, &filter, now).unwrap().dropped, 0, "each is reported once");
    }

    #[tokio::test]
    async fn tails_are_few_and_end_by_themselves() {
        let mut tails = Tails::default();
        let now = Instant::now();
        let begun = (0..100).filter(|id| tails.ask(*id, &TailFilter::default(), now).is_some()).count();
        assert_eq!(begun, TAILS_MAX);
        tails.forget(now + FORGOTTEN / 2);
        assert!(!tails.is_empty());
        tails.forget(now + FORGOTTEN);
        assert!(tails.is_empty());
    }
}
