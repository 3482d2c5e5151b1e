//! The log of a stream in the broker, with its asynchronous replica.
//! `append` and `read` follow `log.lua` and `read.lua`.

/// The position of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pos {
    pub seq: u8,
    pub nonce: u8,
}

impl Pos {
    pub const START: Pos = Pos { seq: 0, nonce: 0 };
}

/// A publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entry {
    pub pos: Pos,
    pub prev: Pos,
    pub message: u8,
}

/// What a read found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Range {
    /// Whether the position it read after is in the log.
    pub intact: bool,
    pub top: Pos,
    pub entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Log {
    /// All that was appended in this history. What an idempotency key remembers is among it.
    pub entries: Vec<Entry>,
    /// How many of them retention removed.
    pub trimmed: usize,
    /// How many of them the replica has.
    pub replicated: usize,
}

impl Log {
    pub fn top(&self) -> Pos {
        self.entries.last().map_or(Pos::START, |entry| entry.pos)
    }

    pub fn find(&self, message: u8) -> Option<usize> {
        self.entries.iter().position(|entry| entry.message == message)
    }

    pub fn append(&mut self, message: u8, nonce: u8) -> Entry {
        let prev = self.top();
        let entry = Entry { pos: Pos { seq: prev.seq + 1, nonce }, prev, message };
        self.entries.push(entry);
        entry
    }

    /// `checked`: only a position that is in the log is read after.
    pub fn read(&self, after: Pos, checked: bool) -> Range {
        let (top, kept) = (self.top(), &self.entries[self.trimmed..]);
        let range = |intact, entries: &[Entry]| Range { intact, top, entries: entries.to_vec() };
        if after == top {
            return range(true, &[]);
        }
        if !checked {
            let newer = kept.iter().position(|entry| entry.pos.seq > after.seq).unwrap_or(kept.len());
            return range(true, &kept[newer..]);
        }
        if after == Pos::START {
            return if self.trimmed == 0 { range(true, kept) } else { range(false, &[]) };
        }
        match kept.iter().position(|entry| entry.pos == after) {
            Some(at) => range(true, &kept[at + 1..]),
            None => range(false, &[]),
        }
    }

    /// The replica is promoted: entries that it lacks are lost without notice.
    pub fn fail_over(&mut self) {
        self.entries.truncate(self.replicated);
        self.trimmed = self.trimmed.min(self.replicated);
    }
}
