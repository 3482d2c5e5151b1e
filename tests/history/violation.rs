//! What a history can show to be wrong.

use std::fmt;

/// A promise that was broken, with the record that shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// Another device or the sender knows of a publication that this device never got.
    Lost {
        /// Who.
        device: String,
        /// Of which stream.
        stream: String,
        /// Where it stands.
        pos: String,
        /// What.
        id: String,
    },
    /// A device got an id twice.
    Duplicate {
        /// Who.
        device: String,
        /// Of which stream.
        stream: String,
        /// What.
        id: String,
    },
    /// A device got a publication that does not come after the one before.
    Disorder {
        /// Who.
        device: String,
        /// Of which stream.
        stream: String,
        /// Where it was.
        last: String,
        /// What came.
        pos: String,
    },
    /// Two publications claim one place.
    Fork {
        /// In which stream.
        stream: String,
        /// Both places, with what is there.
        places: [(String, String); 2],
    },
    /// One id has two places.
    StoredTwice {
        /// In which stream.
        stream: String,
        /// What.
        id: String,
    },
    /// What one sender sent later stands earlier.
    SenderOrder {
        /// The stream.
        stream: String,
        /// What was sent first.
        first: String,
        /// What was sent after it and stands before it.
        second: String,
    },
    /// A direct message is in one user's stream and not in the other's.
    CopyMissing {
        /// The stream without it.
        stream: String,
        /// What.
        id: String,
    },
    /// What was stored is not in the log, and nothing happened that could have taken it.
    Vanished {
        /// From which stream.
        stream: String,
        /// Where it stood.
        pos: String,
        /// What.
        id: String,
    },
    /// A device went on in the log from a place that the log does not hold, and was not told.
    Crossed {
        /// Who.
        device: String,
        /// In which stream.
        stream: String,
        /// Where it was.
        last: String,
        /// What came.
        pos: String,
    },
    /// A publication does not name the one before it.
    BrokenLink {
        /// In which log.
        stream: String,
        /// Where it stands.
        pos: String,
        /// What it names.
        prev: String,
    },
    /// A device was told of a gap although the broker lost nothing.
    NeedlessReset {
        /// Who.
        device: String,
        /// Of which stream.
        stream: String,
        /// Where it was told to go on.
        pos: String,
    },
    /// A node has more of something than it may.
    Unbounded {
        /// Which.
        node: String,
        /// Of what.
        name: String,
        /// How much.
        value: u64,
        /// At most.
        bound: u64,
    },
    /// Sending did not work again in time, counted without the faults that came after.
    SlowHeal {
        /// After which fault.
        fault: String,
        /// Milliseconds in all; when it never worked again, until the end.
        ms: u64,
    },
    /// The cluster sees other sessions than there are sockets.
    Ghost {
        /// Where.
        address: String,
        /// Who.
        user: String,
        /// Sessions according to the cluster.
        said: u64,
        /// Open sockets.
        open: u64,
    },
    /// A device was told twice in a row that somebody left (or joined).
    ToldTwice {
        /// Who was told.
        device: String,
        /// Where.
        channel: String,
        /// About whom.
        user: String,
        /// Joined or left.
        there: bool,
    },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
