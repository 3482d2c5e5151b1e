//! The organisations of users, and whether one user may reach another.

use super::super::{Affiliations, Reply};
use super::log::ShareCheck;
use super::node::{ready, MemoryBackend};
use super::topics::Publication;
use super::MemoryBroker;
use crate::access::within::Within;
use crate::retention::Shares;
use hubwire_protocol::{Address, OrgId, UserId};
use std::time::Duration;
use tokio::time::Instant;

impl MemoryBackend {
    /// As [`Affiliations::reaches`].
    pub(super) fn is_within(&self, user: &UserId, within: &Within) -> bool {
        let lets_in = within.people.as_ref().is_none_or(|peer| {
            let relation = self.relation(user, &peer.user);
            !relation.blocks() && (relation.is_contact() || !peer.as_contact)
        });
        let broker = self.cluster.broker();
        let noted = broker.orgs.find(Instant::now(), user);
        let is_in = |orgs: &Vec<OrgId>| noted.is_some_and(|noted| noted.iter().any(|org| orgs.contains(org)));
        lets_in && within.orgs.as_ref().is_none_or(is_in)
    }

    /// Whether a direct message is beyond its sender's share of the receiver's stream.
    pub(super) fn is_beyond(&self, now: Instant, to: &UserId, shares: Shares, publication: &Publication) -> bool {
        let Some(origin) = &publication.origin else { return false };
        let broker = &mut *self.cluster.broker();
        let stream = Address::User(to.clone());
        let MemoryBroker { devices, cursors, directory, topics, .. } = broker;
        let read = || {
            let devices = devices.find(now, to).into_iter().flatten();
            let cursors = devices.filter_map(|device| cursors.find(now, &(to.clone(), device.clone())));
            let foremost = cursors.filter_map(|cursors| cursors.get(&stream)).map(|cursor| cursor.seq).max();
            foremost.unwrap_or_else(|| if directory.is_online(to) { u64::MAX } else { 0 })
        };
        let (retention, bytes) = (publication.retention, publication.envelope.len());
        let judged = ShareCheck { owner: to, origin, shares, retention, bytes, read: &read };
        topics.is_beyond(now, &stream, publication.idempotency.as_ref(), &judged)
    }
}

impl Affiliations for MemoryBackend {
    fn note_orgs(&self, user: UserId, orgs: Vec<OrgId>, keep: Duration) -> Reply<()> {
        *self.cluster.broker().orgs.entry(Instant::now(), user, keep, Vec::new) = orgs;
        ready(())
    }

    fn reaches(&self, user: UserId, within: Within) -> Reply<bool> {
        ready(self.is_within(&user, &within))
    }
}
