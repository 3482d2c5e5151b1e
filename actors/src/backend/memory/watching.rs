//! The backend's calls for watching users, in memory.

use super::super::{Reply, Watching};
use super::node::{ready, MemoryBackend};
use hubwire_protocol::UserId;

impl Watching for MemoryBackend {
    fn watch(&self, users: Vec<UserId>) -> Reply<()> {
        let broker = &mut *self.cluster.broker();
        users.into_iter().for_each(|user| broker.watched.add(user, &self.endpoint));
        ready(())
    }

    fn unwatch(&self, users: Vec<UserId>) -> Reply<()> {
        let broker = &mut *self.cluster.broker();
        users.iter().for_each(|user| broker.watched.remove(user, &self.endpoint));
        ready(())
    }
}
