//! Persistent memberships.

use super::super::{PersistentMembership, Reply};
use super::node::{ready, MemoryBackend};
use hubwire_protocol::{Address, UserId};

impl PersistentMembership for MemoryBackend {
    fn keep_membership(&self, user: UserId, channel: Address, max: usize) -> Reply<bool> {
        let mut broker = self.cluster.broker();
        let kept = broker.kept_memberships.entry(user.clone()).or_default();
        let fits = kept.contains(&channel) || kept.len() < max;
        if fits {
            kept.insert(channel);
        } else if kept.is_empty() {
            broker.kept_memberships.remove(&user);
        }
        ready(fits)
    }

    fn end_membership(&self, user: UserId, channel: Address) -> Reply<bool> {
        let mut broker = self.cluster.broker();
        let Some(kept) = broker.kept_memberships.get_mut(&user) else { return ready(false) };
        let was = kept.remove(&channel);
        if kept.is_empty() {
            broker.kept_memberships.remove(&user);
        }
        ready(was)
    }

    fn kept_memberships(&self, user: UserId) -> Reply<Vec<Address>> {
        let broker = self.cluster.broker();
        ready(broker.kept_memberships.get(&user).into_iter().flatten().cloned().collect())
    }
}
