//! A feed as in `actors/src/feed`, and its one member as in `actors/src/delivery`:
//! the same decisions, without the actors.

use super::log::{Entry, Log, Pos, Range};
use super::Rules;

/// Publications that may wait in a member's outbox.
pub const OUTBOX_MAX: usize = 1;

/// What a node follows of the stream.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Feed {
    pub last: Pos,
    /// Positions delivered, sorted.
    seen: Vec<Pos>,
    /// Notifications that came early, sorted.
    pub parked: Vec<Entry>,
    /// The answer to the read that is under way.
    pub reading: Option<Range>,
    /// An unknown top was reported while the log was read.
    said: bool,
    /// An unknown top was reported: the log is to be read in a moment.
    watching: bool,
}

/// What is written to a client.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Frame {
    Publication(Entry),
    /// `lag`, or `resumed` with `recovered: false`: something may be missing before this position.
    Reset(Pos),
    Recovered,
}

/// A member that is behind reads on from the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lag {
    pub pos: Pos,
    /// It resumes, and does not know yet whether it recovered.
    pub announce: bool,
}

/// A session of the device on the node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Member {
    pub outbox: Vec<Frame>,
    pub lag: Option<Lag>,
}

impl Member {
    fn offer(&mut self, entry: Entry) -> bool {
        let waiting = self.outbox.iter().filter(|frame| matches!(frame, Frame::Publication(_))).count();
        let taken = waiting < OUTBOX_MAX;
        if taken {
            self.outbox.push(Frame::Publication(entry));
        }
        taken
    }

    /// `Worker::advance` and `Worker::catch_up`. False when there was nothing to do.
    pub fn catch_up(&mut self, last: Pos, log: &Log, rules: &Rules) -> bool {
        let Some(lag) = self.lag.clone() else { return false };
        if !lag.announce && lag.pos == last {
            self.lag = None;
            return true;
        }
        let waits = !lag.announce && lag.pos.seq > last.seq && !rules.notices_lower_tops;
        if waits || !self.outbox.is_empty() {
            return false;
        }
        let range = log.read(lag.pos, rules.checks_positions);
        let mut pos = lag.pos;
        if !range.intact {
            pos = range.top;
            self.outbox.push(Frame::Reset(pos));
        } else if lag.announce {
            self.outbox.push(Frame::Recovered);
        }
        for entry in range.entries {
            if !self.offer(entry) {
                break;
            }
            pos = entry.pos;
        }
        self.lag = Some(Lag { pos, announce: false });
        lag.announce || !range.intact || pos != lag.pos
    }
}

impl Feed {
    pub fn start(top: Pos) -> Feed {
        Feed { last: top, seen: vec![], parked: vec![], reading: None, said: false, watching: false }
    }

    pub fn arrive(&mut self, entry: Entry, member: Option<&mut Member>, rules: &Rules) {
        let next = match rules.links {
            true => entry.prev == self.last,
            false => entry.pos.seq > self.last.seq,
        };
        if self.reading.is_none() && next {
            return self.deliver_all(entry, member);
        }
        let known = entry.pos == self.last || self.seen.contains(&entry.pos) || !rules.links;
        if !known && !self.parked.contains(&entry) {
            self.parked.push(entry);
            self.parked.sort();
        }
    }

    fn knows(&self, top: Pos, rules: &Rules) -> bool {
        let older = top.seq < self.last.seq && !rules.notices_lower_tops;
        top == self.last || older || self.seen.contains(&top) || top == Pos::START
    }

    /// The log's top is reported as `top`. False when that changed nothing.
    pub fn tail(&mut self, top: Pos, rules: &Rules) -> bool {
        if self.knows(top, rules) {
            return false;
        }
        if self.reading.is_none() {
            return !std::mem::replace(&mut self.watching, true);
        }
        !std::mem::replace(&mut self.said, true)
    }

    /// A gap that did not close by itself: the log is to be read.
    pub fn is_behind(&self) -> bool {
        self.reading.is_none() && (self.watching || self.said || !self.parked.is_empty())
    }

    pub fn read(&mut self, log: &Log, rules: &Rules) {
        (self.watching, self.said) = (false, false);
        self.reading = Some(log.read(self.last, rules.checks_positions));
    }

    pub fn repaired(&mut self, range: Range, mut member: Option<&mut Member>) {
        self.reading = None;
        if !range.intact {
            let top = self.parked.first().map_or(range.top, |entry| entry.prev);
            self.last = top;
            self.seen.clear();
            if let Some(member) = member.as_deref_mut().filter(|member| member.lag.is_none()) {
                member.outbox.push(Frame::Reset(top));
            }
            return self.deliver_parked(member);
        }
        for entry in range.entries {
            self.deliver(entry, member.as_deref_mut());
        }
        let last = self.last;
        self.parked.retain(|entry| entry.pos.seq > last.seq);
        self.deliver_parked(member);
    }

    fn deliver_all(&mut self, entry: Entry, mut member: Option<&mut Member>) {
        self.deliver(entry, member.as_deref_mut());
        self.deliver_parked(member);
    }

    fn deliver_parked(&mut self, mut member: Option<&mut Member>) {
        while let Some(at) = self.parked.iter().position(|entry| entry.prev == self.last) {
            let entry = self.parked.remove(at);
            self.deliver(entry, member.as_deref_mut());
        }
    }

    fn deliver(&mut self, entry: Entry, member: Option<&mut Member>) {
        let prev = std::mem::replace(&mut self.last, entry.pos);
        self.watching = false; // the timer looks whether the feed moved on
        self.seen.push(entry.pos);
        self.seen.sort();
        self.seen.dedup();
        if let Some(member) = member.filter(|member| member.lag.is_none()) {
            if !member.offer(entry) {
                member.lag = Some(Lag { pos: prev, announce: false });
            }
        }
    }
}
