//! Streams with their logs, their idempotency keys and the nodes that subscribed to them.

mod shares;

use super::super::{Append, Appended, BackendError, Entry, IdempotencyKey, QueueOutcome, Range, Retention};
use super::endpoint::Endpoint;
use super::expiry::Expiry;
use super::idempotency::{Generations, Remembered};
use super::log::{MemoryLog, NewEntry, Origin, ReadBounds};
use super::notification::Notification;
use super::numbers::Numbers;
use crate::id_map::KeyedMap;
use bytes::Bytes;
use hubwire_protocol::{Address, Incarnation, Position};
use smallvec::SmallVec;
use std::rc::Rc;
use tokio::time::Instant;

/// Expired streams that one append removes at most: this spreads the cost of expiry over the appends.
const SWEEP_PER_APPEND: usize = 4;

/// The estimated size of a stream besides its log, in bytes.
const TOPIC_BYTES: usize = 512;

/// All streams by address. One look-up serves log and notification.
#[derive(Debug, Default)]
pub(super) struct MemoryTopics {
    /// Boxed, so that the free slots of the table are small.
    topics: KeyedMap<Address, Box<Topic>>,
    reminders: Expiry<Address>,
    /// Approximate size of all logs in memory.
    weight: usize,
    numbers: Numbers,
}

/// Logs and idempotency keys, by stream.
pub(super) type Memories = KeyedMap<Address, (MemoryLog, Option<Box<Generations>>)>;

#[derive(Debug)]
struct Topic {
    log: MemoryLog,
    keys: Option<Box<Generations>>,
    /// One subscriber, except in a simulated cluster.
    subscribers: SmallVec<[Rc<Endpoint>; 1]>,
    reminded: bool,
}

/// An append to any kind of stream.
#[derive(Clone)]
pub(super) struct Publication {
    pub envelope: Bytes,
    pub nonce: u64,
    pub idempotency: Option<IdempotencyKey>,
    pub retention: Retention,
    /// The sender, if it is a direct message.
    pub origin: Option<Rc<Origin>>,
}

impl MemoryTopics {
    /// None yet; logs are numbered as `numbers` says.
    pub(super) fn numbered(numbers: Numbers) -> Self {
        MemoryTopics { numbers, ..MemoryTopics::default() }
    }

    /// Appends to the log of a topic.
    pub(super) fn append(&mut self, now: Instant, append: Append) -> Result<Appended, BackendError> {
        let Append { stream, envelope, nonce, idempotency, retention } = append;
        self.store(now, stream, Publication { envelope, nonce, idempotency, retention, origin: None })
    }

    /// Appends to the log of a stream.
    pub(super) fn store(
        &mut self,
        now: Instant,
        stream: Address,
        publication: Publication,
    ) -> Result<Appended, BackendError> {
        self.sweep(now);
        let MemoryTopics { topics, reminders, weight, numbers } = self;
        if let Some(topic) = topics.get_mut(&stream) {
            let appended = topic.weighed(weight, |topic| topic.append(now, publication));
            topic.remind(reminders, &stream);
            return appended;
        }
        let mut topic = Topic::new(now, numbers.before(&stream));
        let appended = topic.weighed(weight, |topic| topic.append(now, publication));
        topic.remind(reminders, &stream);
        topics.insert(stream, topic);
        appended
    }

    pub(super) fn read(
        &mut self,
        now: Instant,
        stream: &Address,
        after: Position,
        limit: usize,
        bytes_max: usize,
    ) -> Range {
        match self.topics.get_mut(stream) {
            Some(topic) => topic.weighed(&mut self.weight, |topic| topic.log.read(now, after, limit, bytes_max)),
            None => MemoryLog::absent(now, 0).read(now, after, limit, bytes_max),
        }
    }

    pub(super) fn history(
        &mut self,
        now: Instant,
        stream: &Address,
        before: Option<Position>,
        bounds: ReadBounds,
    ) -> Vec<Entry> {
        let Some(topic) = self.topics.get_mut(stream) else { return Vec::new() };
        topic.weighed(&mut self.weight, |topic| topic.log.history(now, before, bounds))
    }

    pub(super) fn history_after(
        &mut self,
        now: Instant,
        stream: &Address,
        after: Position,
        bounds: ReadBounds,
    ) -> Vec<Entry> {
        let Some(topic) = self.topics.get_mut(stream) else { return Vec::new() };
        topic.weighed(&mut self.weight, |topic| topic.log.history_after(now, after, bounds))
    }

    pub(super) fn top(&mut self, now: Instant, stream: &Address) -> Position {
        let Some(topic) = self.topics.get_mut(stream) else { return Position::START };
        topic.weighed(&mut self.weight, |topic| topic.log.top(now))
    }

    pub(super) fn length(&mut self, now: Instant, stream: &Address) -> usize {
        let Some(topic) = self.topics.get_mut(stream) else { return 0 };
        topic.weighed(&mut self.weight, |topic| topic.log.length(now))
    }

    /// Removes publications up to a position, or all. Returns their number.
    pub(super) fn purge(&mut self, now: Instant, stream: &Address, up_to: Option<Position>) -> usize {
        let Some(topic) = self.topics.get_mut(stream) else { return 0 };
        topic.weighed(&mut self.weight, |topic| topic.log.purge(now, up_to))
    }

    pub(super) fn subscribe(&mut self, now: Instant, topic: Address, node: &Rc<Endpoint>) {
        let before = self.numbers.before(&topic);
        let entry = self.topics.entry(topic).or_insert_with(|| Topic::new(now, before));
        if !entry.subscribers.iter().any(|other| Rc::ptr_eq(other, node)) {
            entry.subscribers.push(Rc::clone(node));
        }
    }

    pub(super) fn unsubscribe(&mut self, now: Instant, topic: &Address, node: &Rc<Endpoint>) {
        let Some(entry) = self.topics.get_mut(topic) else { return };
        entry.subscribers.retain(|other| !Rc::ptr_eq(other, node));
        if entry.is_forgotten(now) {
            self.numbers.end(topic, entry.log.last_seq());
            self.topics.remove(topic);
        }
    }

    /// Removes all subscriptions of a node that has ended.
    pub(super) fn leave(&mut self, now: Instant, node: &Rc<Endpoint>) {
        let MemoryTopics { topics, numbers, .. } = self;
        topics.retain(|stream, topic| {
            topic.subscribers.retain(|other| !Rc::ptr_eq(other, node));
            let stays = !topic.is_forgotten(now);
            if !stays {
                numbers.end(stream, topic.log.last_seq());
            }
            stays
        });
    }

    /// Publishes to the subscribers of a topic, except to some nodes.
    pub(super) fn publish(&mut self, topic: &Address, message: &Notification, but: &[Incarnation]) {
        let Some(topic) = self.topics.get_mut(topic) else { return };
        let accepts = |node: &Rc<Endpoint>| node.events.pass(message.clone().event(false)) != QueueOutcome::Closed;
        topic.subscribers.retain(|node| but.contains(&node.incarnation) || accepts(node));
    }

    /// The nodes that are subscribed to a topic.
    pub(super) fn followers(&self, topic: &Address) -> SmallVec<[Incarnation; 1]> {
        let subscribers = self.topics.get(topic).into_iter().flat_map(|topic| &topic.subscribers);
        subscribers.map(|node| node.incarnation).collect()
    }

    /// Whether any node is subscribed to a topic.
    pub(super) fn is_followed(&self, topic: &Address) -> bool {
        self.topics.get(topic).is_some_and(|topic| !topic.subscribers.is_empty())
    }

    /// The stored data of every stream, with or without subscribers.
    pub(super) fn memories(&self) -> Memories {
        let memory = |topic: &Topic| (topic.log.clone(), topic.keys.clone());
        self.topics.iter().map(|(stream, topic)| (stream.clone(), memory(topic))).collect()
    }

    /// Replaces the stored data of all streams. Subscriptions stay.
    pub(super) fn remember(&mut self, now: Instant, mut memories: Memories) {
        for (stream, topic) in &mut self.topics {
            (topic.log, topic.keys) =
                memories.remove(stream).unwrap_or_else(|| (MemoryLog::absent(now, topic.log.last_seq()), None));
        }
        for (stream, (log, keys)) in memories {
            let mut topic = Topic::new(now, self.numbers.before(&stream));
            (topic.log, topic.keys) = (log, keys);
            topic.remind(&mut self.reminders, &stream);
            self.topics.insert(stream, topic);
        }
        self.weight = self.topics.values().map(|topic| topic.log.weight()).sum();
    }

    /// Approximate size of the streams in memory.
    pub(super) fn bytes(&self) -> usize {
        self.weight + self.topics.len() * TOPIC_BYTES
    }

    /// The number of subscriptions.
    pub(super) fn subscriptions(&self) -> usize {
        self.topics.values().map(|topic| topic.subscribers.len()).sum()
    }

    /// The number of streams in memory.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.topics.len()
    }

    fn sweep(&mut self, now: Instant) {
        for _ in 0..SWEEP_PER_APPEND {
            let Some(stream) = self.reminders.due(now) else { return };
            let Some(topic) = self.topics.get_mut(&stream) else { continue };
            topic.reminded = false;
            topic.weighed(&mut self.weight, |topic| topic.log.trim(now));
            if topic.is_forgotten(now) {
                self.numbers.end(&stream, topic.log.last_seq());
                self.topics.remove(&stream);
            } else if topic.expires() > now {
                topic.remind(&mut self.reminders, &stream);
            }
        }
    }
}

impl Topic {
    /// `before`: the `seq` before the first one of its log.
    fn new(now: Instant, before: u64) -> Box<Self> {
        let log = MemoryLog::absent(now, before);
        Box::new(Topic { log, keys: None, subscribers: SmallVec::new(), reminded: false })
    }

    fn append(&mut self, now: Instant, publication: Publication) -> Result<Appended, BackendError> {
        let Publication { envelope, nonce, idempotency, retention, origin } = publication;
        if let Some(IdempotencyKey { key, window, digest, .. }) = &idempotency {
            let keys = self.keys.get_or_insert_with(|| Box::new(Generations::new(now, *window)));
            if let Some(first) = keys.find(now, *window, key) {
                if digest.zip(first.digest).is_some_and(|(digest, first)| digest != first) {
                    return Err(BackendError::IdConflict);
                }
                let (prev, first_ts) = (Position::START, Some(first.ts));
                return Ok(Appended { pos: first.pos, prev, duplicate: true, first_ts });
            }
        }
        let appended = self.log.append(now, NewEntry { nonce, envelope, origin }, retention);
        if let (Some(IdempotencyKey { key, digest, ts, .. }), Some(keys)) = (idempotency, &mut self.keys) {
            keys.remember(key, Remembered { pos: appended.pos, ts, digest });
        }
        Ok(appended)
    }

    /// Changes the log, and updates the total size of all logs.
    fn weighed<T>(&mut self, total: &mut usize, change: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.log.weight();
        let outcome = change(self);
        *total = *total - before + self.log.weight();
        outcome
    }

    fn expires(&self) -> Instant {
        let log = self.log.expires();
        self.keys.as_ref().map_or(log, |keys| keys.expires().max(log))
    }

    fn is_forgotten(&self, now: Instant) -> bool {
        self.subscribers.is_empty() && self.expires() <= now
    }

    /// Keeps one reminder per stream that stores anything.
    fn remind(&mut self, reminders: &mut Expiry<Address>, stream: &Address) {
        if !self.reminded {
            self.reminded = true;
            reminders.remind(self.expires(), stream.clone());
        }
    }
}

#[cfg(test)]
mod tests;
