//! The watched users, and whether they are online.

use super::desk::{Desk, Pending};
use super::presence::Profile;
use hubwire_protocol::UserId;
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::watch;

/// A watched user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Watched {
    /// The user.
    pub user: UserId,
    /// Whether the user is online.
    #[serde(default)]
    pub online: bool,
    /// Number of its sessions.
    #[serde(default)]
    pub sessions: usize,
    /// For a user who is offline: when it was last online, if the node knows, Unix milliseconds.
    pub last_seen: Option<u64>,
    /// What it is called and looks like, where it has one.
    pub profile: Option<Profile>,
}

/// What is known of the users of a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Watching {
    /// As last reported; empty before the first answer.
    pub users: BTreeMap<UserId, Watched>,
    /// Whether this may be outdated: there is no connection, or no answer yet.
    pub stale: bool,
}

/// Payload of `@@hub/presence` about users.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Seen {
    users: Vec<Watched>,
    /// Whether others of the question are in no answer yet.
    more: bool,
}

struct Entry {
    users: BTreeSet<UserId>,
    told: watch::Sender<Watching>,
}

/// The watches of a client. A session watches a user once, however many watches name it.
#[derive(Default)]
pub struct Watches {
    last: u64,
    entries: BTreeMap<u64, Entry>,
}

impl Watches {
    /// Starts a watch; returns its id and the receiver of its changes.
    pub fn begin(
        &mut self,
        users: BTreeSet<UserId>,
        desk: &mut Desk,
        is_connected: bool,
    ) -> (u64, watch::Receiver<Watching>) {
        self.last += 1;
        let (told, heard) = watch::channel(Watching { users: BTreeMap::new(), stale: true });
        self.entries.insert(self.last, Entry { users, told });
        if is_connected {
            self.ask(self.last, desk);
        }
        (self.last, heard)
    }

    /// Ends a watch. Users that no other watch names are not watched any more.
    pub fn end(&mut self, id: u64, desk: &mut Desk, is_connected: bool) {
        let Some(gone) = self.entries.remove(&id) else { return };
        let is_free = |user: &&UserId| !self.entries.values().any(|entry| entry.users.contains(*user));
        let left: Vec<&UserId> = gone.users.iter().filter(is_free).collect();
        // without a session the node has ended it already
        if is_connected && !left.is_empty() {
            desk.ask("@@hub/unwatch", None, Some(json!({ "users": left })), Pending::Nothing);
        }
    }

    /// The session started: renews all watches.
    pub fn connected(&mut self, desk: &mut Desk) {
        self.entries.keys().for_each(|id| self.ask(*id, desk));
    }

    /// The session ended.
    pub fn disconnected(&mut self) {
        self.entries.values().for_each(|entry| {
            entry.told.send_if_modified(|watching| !std::mem::replace(&mut watching.stale, true));
        });
    }

    /// Handles the answer to a watch. A long one comes in parts: asks for the next one.
    pub fn answered(&mut self, id: u64, seen: &Seen, desk: &mut Desk) {
        let last = seen.users.iter().map(|it| &it.user).max().filter(|_| seen.more);
        let entry = self.entries.get(&id).zip(last);
        // the users of an answer are in the order of their ids
        let left: Vec<&UserId> =
            entry.iter().flat_map(|(entry, last)| entry.users.iter().filter(|user| user > last)).collect();
        let is_whole = left.is_empty();
        if !is_whole {
            desk.ask("@@hub/watch", None, Some(json!({ "users": left })), Pending::Watch(id));
        }
        self.heard(Some(id).filter(|_| is_whole), seen);
    }

    /// Handles a push, or the answer that completes what is known of a watch.
    pub fn heard(&mut self, answered: Option<u64>, seen: &Seen) {
        for (id, entry) in &self.entries {
            let mine = seen.users.iter().filter(|it| entry.users.contains(&it.user));
            let mine: Vec<Watched> = mine.cloned().collect();
            let is_answer = answered == Some(*id);
            entry.told.send_if_modified(|watching| {
                let was_stale = watching.stale;
                watching.stale &= !is_answer;
                let changed = !mine.is_empty() || was_stale != watching.stale;
                watching.users.extend(mine.into_iter().map(|it| (it.user.clone(), it)));
                changed
            });
        }
    }

    fn ask(&self, id: u64, desk: &mut Desk) {
        let Some(entry) = self.entries.get(&id).filter(|entry| !entry.users.is_empty()) else { return };
        desk.ask("@@hub/watch", None, Some(json!({ "users": entry.users })), Pending::Watch(id));
    }
}
