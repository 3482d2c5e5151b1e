//! Messages that wait until their target session is known.

use hubwire_protocol::SessionId;
use std::collections::HashMap;

/// How many messages may wait at once; for further ones the session that connected last is selected.
const WAITING_MAX: usize = 1024;

/// The waiting messages; see the module. `T` is the continuation.
pub(super) struct Searches<T> {
    last: u64,
    waiting: HashMap<u64, Search<T>>,
}

struct Search<T> {
    /// The session that was active last so far, and when.
    latest: (u64, SessionId),
    /// How many nodes have not answered.
    silent: usize,
    then: T,
}

impl<T> Default for Searches<T> {
    fn default() -> Self {
        Searches { last: 0, waiting: HashMap::new() }
    }
}

impl<T> Searches<T> {
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= WAITING_MAX
    }

    /// Starts a search among that many other nodes. Returns its number.
    pub(super) fn begin(&mut self, latest: (u64, SessionId), silent: usize, then: T) -> u64 {
        self.last += 1;
        self.waiting.insert(self.last, Search { latest, silent, then });
        self.last
    }

    /// A node has answered. Returns true for the last one.
    pub(super) fn answered(&mut self, search: u64, latest: Option<(u64, SessionId)>) -> bool {
        let Some(search) = self.waiting.get_mut(&search) else { return false };
        search.latest = latest.map_or(search.latest, |latest| latest.max(search.latest));
        search.silent -= 1;
        search.silent == 0
    }

    /// Ends a search: the session, as far as known, and the continuation.
    pub(super) fn end(&mut self, search: u64) -> Option<(SessionId, T)> {
        self.waiting.remove(&search).map(|search| (search.latest.1, search.then))
    }
}
