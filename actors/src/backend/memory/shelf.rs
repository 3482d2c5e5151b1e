//! Values under a key that are kept until they are taken or expire: tickets and cursors.

use super::expiry::Expiry;
use crate::id_map::KeyedMap;
use std::hash::Hash;
use std::time::Duration;
use tokio::time::Instant;

/// A map whose entries expire. Expired entries are removed when something is put.
#[derive(Debug, Clone)]
pub(super) struct Shelf<K, V> {
    things: KeyedMap<K, Thing<V>>,
    reminders: Expiry<K>,
}

#[derive(Debug, Clone)]
struct Thing<V> {
    value: V,
    expires: Instant,
}

impl<K: Hash + Eq + Clone, V> Shelf<K, V> {
    /// Whether there is a value under a key.
    pub(super) fn holds(&self, now: Instant, key: &K) -> bool {
        self.find(now, key).is_some()
    }

    pub(super) fn find(&self, now: Instant, key: &K) -> Option<&V> {
        self.things.get(key).filter(|thing| thing.expires > now).map(|thing| &thing.value)
    }

    /// Removes and returns the value under a key.
    pub(super) fn take(&mut self, now: Instant, key: &K) -> Option<V> {
        self.things.remove(key).filter(|thing| thing.expires > now).map(|thing| thing.value)
    }

    /// The value under a key, or the default, which is put there. Either lives for `ttl` from now.
    pub(super) fn entry(&mut self, now: Instant, key: K, ttl: Duration, default: impl FnOnce() -> V) -> &mut V {
        self.sweep(now);
        let reminders = &mut self.reminders;
        let expires = now + ttl;
        let thing = self.things.entry(key).or_insert_with_key(|key| {
            reminders.remind(expires, key.clone());
            Thing { value: default(), expires }
        });
        thing.expires = expires;
        &mut thing.value
    }

    fn sweep(&mut self, now: Instant) {
        while let Some(key) = self.reminders.due(now) {
            match self.things.get(&key) {
                Some(thing) if thing.expires > now => self.reminders.remind(thing.expires, key),
                _ => drop(self.things.remove(&key)),
            }
        }
    }
}

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Shelf { things: KeyedMap::default(), reminders: Expiry::default() }
    }
}
