//! The log of the channel.

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Pos {
    pub seq: u8,
    pub nonce: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entry {
    pub pos: Pos,
    pub prev: Pos,
}

/// All that was published; what was trimmed is only counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Log {
    pub all: Vec<Entry>,
    pub trimmed: usize,
    nonce: u8,
    /// Its end was lost, and nothing was appended since.
    pub is_shortened: bool,
}

impl Log {
    pub fn top(&self) -> Pos {
        self.all.last().map_or(Pos::default(), |entry| entry.pos)
    }

    pub fn append(&mut self) -> Entry {
        self.nonce += 1;
        let prev = self.top();
        let entry = Entry { pos: Pos { seq: prev.seq + 1, nonce: self.nonce }, prev };
        self.all.push(entry);
        self.is_shortened = false;
        entry
    }

    pub fn may_be_trimmed(&self) -> bool {
        self.trimmed < self.all.len()
    }

    /// A failover to a replica that did not have the last entry.
    pub fn lose_end(&mut self) {
        self.all.pop();
        self.trimmed = self.trimmed.min(self.all.len());
        self.is_shortened = true;
    }

    /// What follows a position; nothing when the log does not go back so far, or never had it.
    pub fn after(&self, pos: Pos) -> Option<Vec<Entry>> {
        let next = self.all.iter().position(|entry| entry.pos == pos)? + 1;
        (next >= self.trimmed).then(|| self.all[next..].to_vec())
    }

    /// What the log has with higher numbers, whatever is missing before it.
    pub fn behind(&self, seq: u8) -> Vec<Entry> {
        self.all[self.trimmed..].iter().filter(|entry| entry.pos.seq > seq).copied().collect()
    }
}
