//! Actions that wait to be sent or acknowledged: bounded, in order.

use crate::ack::Ack;
use crate::error::{Code, HubError};
use crate::options::Queue;
use hubwire_protocol::Address;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;
use tokio::sync::oneshot;

/// One action that was not acknowledged yet.
#[derive(Debug)]
pub struct Entry {
    /// `meta.hub.id`.
    pub id: String,
    /// The action, as JSON text.
    pub text: String,
    /// Where it goes.
    pub to: Address,
    /// The caller that waits for its end.
    pub result: oneshot::Sender<Result<Ack, HubError>>,
    /// While it was never sent.
    pub expires_at: Duration,
    /// The caller's own, whether it was sent or not.
    pub deadline: Option<Duration>,
    /// How often it was sent.
    pub attempts: u32,
    /// When it was sent first.
    pub first_sent_at: Duration,
    /// When it is sent again unless it is acknowledged; `None` while it is not under way.
    pub ack_due_at: Option<Duration>,
    /// Too old to be repeated safely: only its own echo can say now that it was stored.
    pub is_stale: bool,
}

/// What becomes of an action by itself.
pub enum Due {
    /// It waited for a connection too long.
    Expired,
    /// The caller's deadline passed.
    Deadline,
    /// It may not be repeated any more.
    TooOld,
    /// Its answer is late: it is sent again.
    Late,
}

impl Entry {
    /// What is due now, if anything is. It may be repeated for `repeat_for` after it was sent first.
    pub fn due(&self, repeat_for: Duration, now: Duration) -> Option<Due> {
        let was_sent = self.attempts > 0;
        match () {
            () if !was_sent && now >= self.expires_at => Some(Due::Expired),
            () if self.deadline.is_some_and(|deadline| now >= deadline) => Some(Due::Deadline),
            () if was_sent && !self.is_stale && now >= self.first_sent_at + repeat_for => Some(Due::TooOld),
            () if self.ack_due_at.is_some_and(|due| now >= due) => Some(Due::Late),
            () => None,
        }
    }
}

/// Entries in the order of their sends. What was sent and not acknowledged goes again before what is newer.
#[derive(Debug)]
pub struct Outbox {
    bound: Queue,
    entries: BTreeMap<u64, Entry>,
    by_id: HashMap<String, u64>,
    waiting: BTreeSet<u64>,
    bytes: usize,
    count: u64,
}

impl Outbox {
    /// An empty one.
    pub fn new(bound: Queue) -> Self {
        Outbox { bound, entries: BTreeMap::new(), by_id: HashMap::new(), waiting: BTreeSet::new(), bytes: 0, count: 0 }
    }

    /// Actions that have not ended.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Refuses one more of this size where there is no room.
    pub fn check(&self, id: &str, bytes: usize) -> Result<(), HubError> {
        if self.by_id.contains_key(id) {
            let code = Code::Node(hubwire_protocol::ErrorCode::IdConflict);
            return Err(HubError::new(code, "an action with this id is under way").of_id(id));
        }
        if self.len() >= self.bound.items || self.bytes + bytes > self.bound.bytes {
            return Err(HubError::new(Code::QueueFull, format!("{} actions wait already", self.len())).of_id(id));
        }
        Ok(())
    }

    /// Appends one that was checked, to be sent in its turn.
    pub fn add(&mut self, entry: Entry) -> &mut Entry {
        self.count += 1;
        self.bytes += entry.text.len();
        self.by_id.insert(entry.id.clone(), self.count);
        self.waiting.insert(self.count);
        self.entries.entry(self.count).or_insert(entry)
    }

    /// The entry with this id.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.get(self.by_id.get(id)?)
    }

    /// It ended.
    pub fn remove(&mut self, id: &str) -> Option<Entry> {
        let number = self.by_id.remove(id)?;
        self.waiting.remove(&number);
        let entry = self.entries.remove(&number)?;
        self.bytes -= entry.text.len();
        Some(entry)
    }

    /// It is to be sent in its turn. `false` where it is under way no longer.
    pub fn again(&mut self, id: &str) -> bool {
        let Some(number) = self.by_id.get(id) else { return false };
        let Some(entry) = self.entries.get_mut(number) else { return false };
        self.waiting.insert(*number);
        entry.ack_due_at.take().is_some()
    }

    /// Takes the oldest that is to be sent.
    pub fn next(&mut self) -> Option<&mut Entry> {
        let number = self.waiting.pop_first()?;
        self.entries.get_mut(&number)
    }

    /// It is sent by its caller, in a frame with others.
    pub fn take(&mut self, id: &str) -> Option<&mut Entry> {
        let number = self.by_id.get(id)?;
        self.waiting.remove(number);
        self.entries.get_mut(number)
    }

    /// Whether something waits for its turn.
    pub fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// After a reconnect everything that was not acknowledged is to be sent, but for what is too old.
    pub fn all_again(&mut self) {
        for (number, entry) in &mut self.entries {
            entry.ack_due_at = None;
            if !entry.is_stale {
                self.waiting.insert(*number);
            }
        }
    }

    /// The connection ended: nothing is under way.
    pub fn disconnected(&mut self) {
        self.entries.values_mut().for_each(|entry| entry.ack_due_at = None);
    }

    /// It is too old to be repeated.
    pub fn is_too_old(&mut self, id: &str) {
        if let Some(entry) = self.take(id) {
            entry.is_stale = true;
            entry.ack_due_at = None;
        }
    }

    /// In the order of their sends.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }
}
