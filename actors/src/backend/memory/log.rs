//! The ordered log of one stream: a ring of publications.

use super::super::{Appended, Entry, Range, Retention};
use crate::retention::Shares;
use bytes::Bytes;
use hubwire_protocol::{OrgId, Position, UserId};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

/// The publications of a stream that are retained. Their `seq`s are consecutive, so a position is found by index.
#[derive(Debug, Clone)]
pub(super) struct MemoryLog {
    entries: VecDeque<StoredEntry>,
    /// The last position ever assigned; `0-0` when the log does not exist.
    top: Position,
    /// The `seq` before the next one, where the log does not exist.
    before: u64,
    appended: Instant,
    /// When the oldest entry was appended, if there is one. It shows whether something has expired without access to
    /// the entry itself, which is probably not in the processor's cache.
    oldest: Instant,
    age: Duration,
    /// Total size of the envelopes.
    bytes: usize,
}

/// The estimated size of an entry besides its envelope.
const ENTRY_BYTES: usize = 128;

#[derive(Debug, Clone)]
struct StoredEntry {
    entry: Entry,
    at: Instant,
    /// The sender, if it is a direct message.
    origin: Option<Rc<Origin>>,
}

/// The sender of a message, and its first organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    pub sender: UserId,
    pub org: Option<OrgId>,
}

/// An entry to be appended.
pub(super) struct NewEntry {
    pub nonce: u64,
    pub envelope: Bytes,
    pub origin: Option<Rc<Origin>>,
}

/// A direct message to be checked against its sender's share.
pub(super) struct ShareCheck<'a> {
    pub owner: &'a UserId,
    pub origin: &'a Origin,
    pub shares: Shares,
    pub retention: Retention,
    pub bytes: usize,
    /// The position up to which the owner has read; looked up only if something is to be pushed out.
    pub read: &'a dyn Fn() -> u64,
}

/// Bounds of one read.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadBounds {
    /// Most entries.
    pub limit: usize,
    /// The read stops with the entry that exceeds it.
    pub bytes_max: usize,
}

impl ReadBounds {
    fn take<'a>(self, stored: impl Iterator<Item = &'a StoredEntry>) -> Vec<Entry> {
        let mut bytes = 0;
        let within = stored.take(self.limit).take_while(|stored| {
            let is_within = bytes <= self.bytes_max;
            bytes += stored.entry.envelope.len();
            is_within
        });
        within.map(|stored| stored.entry.clone()).collect()
    }
}

impl MemoryLog {
    /// A log that does not exist yet. `before`: the `seq` before its first one.
    pub(super) fn absent(now: Instant, before: u64) -> Self {
        MemoryLog {
            entries: VecDeque::new(),
            top: Position::START,
            before,
            appended: now,
            oldest: now,
            age: Duration::ZERO,
            bytes: 0,
        }
    }

    /// The last `seq` that it assigned, or after which it would begin.
    pub(super) fn last_seq(&self) -> u64 {
        self.top.seq.max(self.before)
    }

    /// When the whole log expires, unless something is appended.
    pub(super) fn expires(&self) -> Instant {
        self.appended + self.age
    }

    pub(super) fn top(&mut self, now: Instant) -> Position {
        self.trim(now);
        self.top
    }

    pub(super) fn length(&mut self, now: Instant) -> usize {
        self.trim(now);
        self.entries.len()
    }

    /// Appends after the top.
    pub(super) fn append(&mut self, now: Instant, new: NewEntry, retention: Retention) -> Appended {
        let NewEntry { nonce, envelope, origin } = new;
        self.age = self.age.min(retention.age);
        self.trim(now);
        let prev = self.top;
        let seq = self.last_seq() + 1;
        let pos = Position { seq, nonce };
        self.age = retention.age;
        self.appended = now;
        self.top = pos;
        self.bytes += envelope.len();
        if self.entries.is_empty() {
            self.oldest = now;
        }
        self.entries.push_back(StoredEntry { entry: Entry { pos, prev, envelope }, at: now, origin });
        while self.entries.len() > retention.count.max(1) || (self.bytes > retention.bytes && self.entries.len() > 1) {
            self.drop_oldest();
        }
        Appended { pos, prev, duplicate: false, first_ts: None }
    }

    /// Whether appending a direct message would push out unread messages of others, while its sender or the sender's
    /// organisation is at its share. Everybody may push out messages of the owner itself.
    pub(super) fn is_beyond(&mut self, now: Instant, judged: &ShareCheck<'_>) -> bool {
        self.trim(now);
        let keep = judged.retention;
        let (mut length, mut bytes) = (self.entries.len(), self.bytes);
        if length < keep.count && bytes + judged.bytes <= keep.bytes {
            return false;
        }
        let org = judged.origin.org.as_ref();
        let sender_had = self.has_had(judged.shares.sender, keep, |origin| origin.sender == judged.origin.sender);
        let org_had = org.is_some() && self.has_had(judged.shares.org, keep, |origin| origin.org.as_ref() == org);
        let goes = self.entries.iter().take_while(|stored| {
            let goes = length >= keep.count || bytes + judged.bytes > keep.bytes;
            length -= 1;
            bytes -= stored.entry.envelope.len();
            goes
        });
        let is_others = |stored: &StoredEntry| match &stored.origin {
            Some(of) if of.sender == *judged.owner || of.sender == judged.origin.sender => false,
            Some(of) => sender_had || (org_had && of.org.as_ref() != org),
            None => sender_had || org_had,
        };
        let read = (judged.read)();
        goes.filter(|stored| stored.entry.pos.seq > read).any(is_others)
    }

    /// Whether the senders that `counts` selects sent this percentage of what the log retains.
    fn has_had(&self, percent: u32, keep: Retention, counts: impl Fn(&Origin) -> bool) -> bool {
        let part = |stored: &StoredEntry| {
            let of_bytes = stored.entry.envelope.len() as f64 / keep.bytes.max(1) as f64;
            of_bytes.max(1.0 / keep.count.max(1) as f64)
        };
        let sent = self.entries.iter().filter(|stored| stored.origin.as_ref().is_some_and(|origin| counts(origin)));
        percent > 0 && 100.0 * sent.map(part).sum::<f64>() >= f64::from(percent) - 1e-6
    }

    pub(super) fn read(&mut self, now: Instant, after: Position, limit: usize, bytes_max: usize) -> Range {
        self.trim(now);
        let Some(begin) = self.index_after(after) else {
            let oldest = self.entries.front().map_or(self.top, |stored| stored.entry.prev);
            return Range { intact: false, entries: Vec::new(), top: self.top, oldest };
        };
        let mut bytes = 0;
        let entries = self.entries.range(begin..).take(limit.max(1)).enumerate().map_while(|(nth, stored)| {
            bytes += stored.entry.envelope.len();
            (nth == 0 || bytes <= bytes_max).then(|| stored.entry.clone())
        });
        Range { intact: true, entries: entries.collect(), top: self.top, oldest: after }
    }

    pub(super) fn history(&mut self, now: Instant, before: Option<Position>, bounds: ReadBounds) -> Vec<Entry> {
        self.trim(now);
        let newer = |stored: &&StoredEntry| before.is_some_and(|before| stored.entry.pos >= before);
        bounds.take(self.entries.iter().rev().skip_while(newer))
    }

    pub(super) fn history_after(&mut self, now: Instant, after: Position, bounds: ReadBounds) -> Vec<Entry> {
        self.trim(now);
        bounds.take(self.entries.iter().skip_while(|stored| stored.entry.pos <= after))
    }

    /// Index of the first entry after a position; `None` when the chain from there is not intact.
    fn index_after(&self, after: Position) -> Option<usize> {
        if after == self.top {
            return Some(self.entries.len());
        }
        let front = &self.entries.front()?.entry;
        if after == front.prev {
            return Some(0);
        }
        let index = usize::try_from(after.seq.checked_sub(front.pos.seq)?).ok()?;
        (self.entries.get(index)?.entry.pos == after).then_some(index + 1)
    }

    /// Drops expired entries; the whole log when even the last one has expired.
    pub(super) fn trim(&mut self, now: Instant) {
        if self.top == Position::START {
            return;
        }
        if now >= self.expires() {
            *self = MemoryLog::absent(now, self.last_seq());
            return;
        }
        while !self.entries.is_empty() && now >= self.oldest + self.age {
            self.drop_oldest();
        }
    }

    /// Removes publications up to a position, or all; the top stays. Returns how many.
    pub(super) fn purge(&mut self, now: Instant, up_to: Option<Position>) -> usize {
        self.trim(now);
        let before = self.entries.len();
        while self.entries.front().is_some_and(|front| up_to.is_none_or(|pos| front.entry.pos.seq <= pos.seq)) {
            self.drop_oldest();
        }
        before - self.entries.len()
    }

    fn drop_oldest(&mut self) {
        if let Some(stored) = self.entries.pop_front() {
            self.bytes -= stored.entry.envelope.len();
        }
        if let Some(front) = self.entries.front() {
            self.oldest = front.at;
        }
    }

    /// Approximate size in memory.
    pub(super) fn weight(&self) -> usize {
        self.bytes + self.entries.len() * ENTRY_BYTES
    }
}
