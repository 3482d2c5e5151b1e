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
    /// A direct message stands in one user's stream and not in the other's.
    CopyMissing {
        /// The stream without it.
        stream: String,
        /// What.
        id: String,
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
