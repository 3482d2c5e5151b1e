//! Removes the data of a stream or of a user.

use super::super::{Erased, Erasure, Reply};
use super::node::{ready, MemoryBackend};
use hubwire_protocol::{Address, Position, UserId};
use tokio::time::Instant;

impl Erasure for MemoryBackend {
    fn purge(&self, stream: Address, up_to: Option<Position>) -> Reply<usize> {
        let (broker, now) = (&mut *self.cluster.broker(), Instant::now());
        if up_to.is_none() {
            broker.snapshots.take(now, &stream);
        }
        ready(broker.topics.purge(now, &stream, up_to))
    }

    fn erase(&self, user: UserId) -> Reply<Erased> {
        let (broker, now) = (&mut *self.cluster.broker(), Instant::now());
        let stream = Address::User(user.clone());
        let publications = broker.topics.purge(now, &stream, None);
        let devices = broker.devices.take(now, &user).unwrap_or_default();
        let cursors = devices.into_iter().filter_map(|device| broker.cursors.take(now, &(user.clone(), device)));
        let devices = cursors.count();
        let had_orgs = broker.orgs.take(now, &user).is_some();
        let had_profile = broker.profiles.take(now, &user).is_some();
        let had_people = broker.people.remove(&user).is_some();
        let had_read = broker.read.take(now, &user).is_some();
        let had_channels = broker.kept_memberships.remove(&user).is_some();
        let was_seen = broker.last_seen.as_mut().is_some_and(|seen| seen.take(now, &user).is_some());
        let others = [had_orgs, had_profile, had_people, had_read, had_channels, was_seen]
            .into_iter()
            .filter(|had| *had)
            .count();
        let events = broker.events.as_mut().map_or(0, |events| events.erase(&user));
        ready(Erased { publications, devices, others, events })
    }
}
