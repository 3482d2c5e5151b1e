//! Actions to be sent or acknowledged: bounded and ordered.

use crate::ack::Ack;
use crate::error::{Code, HubError};
use crate::options::Queue;
use hubwire_protocol::Address;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;
use tokio::sync::oneshot;

/// An unacknowledged action.
#[derive(Debug)]
pub struct Entry {
    /// `meta.hub.id`.
    pub id: String,
    /// The action, as JSON text.
    pub text: String,
    /// Its address.
    pub to: Address,
    /// Completes the caller's wait.
    pub result: oneshot::Sender<Result<Ack, HubError>>,
    /// The time at which it expires if it was never sent.
    pub expires_at: Duration,
    /// The caller's deadline, whether it was sent or not.
    pub deadline: Option<Duration>,
    /// Number of times it was sent.
    pub attempts: u32,
    /// When it was first sent.
    pub first_sent_at: Duration,
    /// When it is sent again unless acknowledged; `None` while it is not in flight.
    pub ack_due_at: Option<Duration>,
    /// Too old to be retried safely: only its own echo can now prove that it was stored.
    pub is_stale: bool,
}

/// A time-out of an action.
pub enum Due {
    /// It waited too long for a connection.
    Expired,
    /// The caller's deadline passed.
    Deadline,
    /// It must not be retried any more.
    TooOld,
    /// Its acknowledgement is late: send it again.
    Late,
}

impl Entry {
    /// The time-out that is due, if any. The action may be retried for `repeat_for` after it was first sent.
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

/// Entries in the order of their sends. Unacknowledged actions are sent again before newer ones.
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
    /// An empty outbox.
    pub fn new(bound: Queue) -> Self {
        Outbox { bound, entries: BTreeMap::new(), by_id: HashMap::new(), waiting: BTreeSet::new(), bytes: 0, count: 0 }
    }

    /// Number of unfinished actions.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Refuses an action of this size if there is no room.
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

    /// Appends an action that was checked; it is sent in its turn.
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

    /// Removes a finished action.
    pub fn remove(&mut self, id: &str) -> Option<Entry> {
        let number = self.by_id.remove(id)?;
        self.waiting.remove(&number);
        let entry = self.entries.remove(&number)?;
        self.bytes -= entry.text.len();
        Some(entry)
    }

    /// Schedules the action to be sent again in its turn. `false` if it is not in flight any more.
    pub fn again(&mut self, id: &str) -> bool {
        let Some(number) = self.by_id.get(id) else { return false };
        let Some(entry) = self.entries.get_mut(number) else { return false };
        self.waiting.insert(*number);
        entry.ack_due_at.take().is_some()
    }

    /// Takes the oldest action to be sent.
    pub fn next(&mut self) -> Option<&mut Entry> {
        let number = self.waiting.pop_first()?;
        self.entries.get_mut(&number)
    }

    /// Takes an action that its caller sends in a frame with others.
    pub fn take(&mut self, id: &str) -> Option<&mut Entry> {
        let number = self.by_id.get(id)?;
        self.waiting.remove(number);
        self.entries.get_mut(number)
    }

    /// Whether an action is waiting for its turn.
    pub fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// After a reconnect: schedules all unacknowledged actions, except those that are too old.
    pub fn all_again(&mut self) {
        for (number, entry) in &mut self.entries {
            entry.ack_due_at = None;
            if !entry.is_stale {
                self.waiting.insert(*number);
            }
        }
    }

    /// The connection ended: nothing is in flight.
    pub fn disconnected(&mut self) {
        self.entries.values_mut().for_each(|entry| entry.ack_due_at = None);
    }

    /// Marks an action as too old to be retried.
    pub fn is_too_old(&mut self, id: &str) {
        if let Some(entry) = self.take(id) {
            entry.is_stale = true;
            entry.ack_due_at = None;
        }
    }

    /// All actions in the order of their sends.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }
}
