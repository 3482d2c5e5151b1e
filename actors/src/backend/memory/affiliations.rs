//! Which organisations users are in, and who reaches whom.

use super::super::{Affiliations, Reply};
use super::node::{ready, MemoryBackend};
use crate::access::within::Within;
use hubwire_protocol::{OrgId, UserId};
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
