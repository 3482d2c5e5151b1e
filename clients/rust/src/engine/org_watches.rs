//! The members of watched organisations.

use super::answers::{members, Listed, Told};
use super::desk::{Desk, Pending};
use super::presence::{Members, Presence};
use hubwire_protocol::{Address, OrgId};
use serde_json::json;
use std::collections::BTreeMap;
use tokio::sync::watch;

/// What is known of a watched organisation.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OrgWatching {
    /// The members last reported; empty if there are too many to be listed.
    pub members: Members,
    /// Their number, even if they are not listed.
    pub count: usize,
    /// Whether this may be outdated: there is no connection, or no answer yet.
    pub stale: bool,
}

struct Entry {
    org: OrgId,
    presence: Presence,
    told: watch::Sender<OrgWatching>,
}

/// The watches of a client. A session watches an organisation once, however many watches name it.
#[derive(Default)]
pub struct OrgWatches {
    last: u64,
    entries: BTreeMap<u64, Entry>,
}

impl OrgWatches {
    /// Starts a watch; returns its id and the receiver of its changes.
    pub fn begin(&mut self, org: OrgId, desk: &mut Desk, is_connected: bool) -> (u64, watch::Receiver<OrgWatching>) {
        self.last += 1;
        let (told, heard) = watch::channel(OrgWatching { members: Members::new(), count: 0, stale: true });
        self.entries.insert(self.last, Entry { org, presence: Presence::new(), told });
        if is_connected {
            self.ask(self.last, desk);
        }
        (self.last, heard)
    }

    /// Ends a watch. The last one of an organisation ends it on the node, too.
    pub fn end(&mut self, id: u64, desk: &mut Desk, is_connected: bool) {
        let Some(gone) = self.entries.remove(&id) else { return };
        let is_free = self.entries.values().all(|entry| entry.org != gone.org);
        // without a session the node has ended it already
        if is_connected && is_free {
            desk.ask("@@hub/unwatch", None, Some(json!({ "orgs": [gone.org] })), Pending::Nothing);
        }
    }

    /// The session started: renews all watches.
    pub fn connected(&mut self, desk: &mut Desk) {
        let all: Vec<u64> = self.entries.keys().copied().collect();
        all.into_iter().for_each(|id| self.ask(id, desk));
    }

    /// The session ended.
    pub fn disconnected(&mut self) {
        for entry in self.entries.values_mut() {
            entry.presence.lost();
            entry.told.send_if_modified(|watching| !std::mem::replace(&mut watching.stale, true));
        }
    }

    /// The node reports changes from now on, so that the list requested now misses nobody.
    pub fn watched(&mut self, id: u64, desk: &mut Desk) {
        if let Some(entry) = self.entries.get(&id) {
            desk.ask("@@hub/presence", Some(&Address::Org(entry.org.clone())), None, Pending::OrgList(id));
        }
    }

    /// Handles a page of the members.
    pub fn listed(&mut self, id: u64, listed: Listed, desk: &mut Desk) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        let last = listed.users.last().map(|named| named.user.clone());
        if let (true, Some(after)) = (listed.more, last) {
            entry.presence.page(members(listed.users));
            let (to, payload) = (Address::Org(entry.org.clone()), json!({ "after": after }));
            return desk.ask("@@hub/presence", Some(&to), Some(payload), Pending::OrgList(id));
        }
        entry.presence.list(members(listed.users));
        entry.tell(None);
    }

    /// Other users joined, left, or changed their states.
    pub fn others_changed(&mut self, kind: &str, org: &OrgId, told: &mut Told) {
        let (users, count) = (std::mem::take(&mut told.users), told.count);
        let named = told.members.take().map(members);
        for entry in self.entries.values_mut().filter(|entry| entry.org == *org) {
            let presence = &mut entry.presence;
            match (kind, named.clone()) {
                // everybody is listed again
                ("@@hub/changed", Some(all)) if Some(all.len()) == count => drop(presence.list(all)),
                ("@@hub/changed", Some(some)) => drop(presence.show(some)),
                // too many members to be listed
                ("@@hub/changed", None) => drop(presence.list(Members::new())),
                _ => drop(presence.push(kind == "@@hub/joined", users.clone())),
            }
            entry.tell(count);
        }
    }

    fn ask(&mut self, id: u64, desk: &mut Desk) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.presence.expect();
            desk.ask("@@hub/watch", None, Some(json!({ "orgs": [entry.org] })), Pending::WatchOrg(id));
        }
    }
}

impl Entry {
    /// Publishes what is known, unless it is stale.
    fn tell(&self, count: Option<usize>) {
        if self.presence.is_stale() {
            return;
        }
        let members = self.presence.members().clone();
        let watching = OrgWatching { count: count.unwrap_or(members.len()), members, stale: false };
        self.told.send_if_modified(|known| {
            *known != watching && {
                *known = watching;
                true
            }
        });
    }
}
