//! Which organisations users are in.

use super::super::{Affiliations, Reply};
use super::node::{ready, MemoryBackend};
use hubwire_protocol::{OrgId, UserId};
use std::time::Duration;
use tokio::time::Instant;

impl MemoryBackend {
    /// As [`Affiliations::shares_org`].
    pub(super) fn is_in_one_of(&self, user: &UserId, orgs: &[OrgId]) -> bool {
        let broker = self.cluster.broker();
        let noted = broker.orgs.find(Instant::now(), user);
        noted.is_some_and(|noted| noted.iter().any(|org| orgs.contains(org)))
    }
}

impl Affiliations for MemoryBackend {
    fn note_orgs(&self, user: UserId, orgs: Vec<OrgId>, keep: Duration) -> Reply<()> {
        *self.cluster.broker().orgs.entry(Instant::now(), user, keep, Vec::new) = orgs;
        ready(())
    }

    fn shares_org(&self, user: UserId, orgs: Vec<OrgId>) -> Reply<bool> {
        ready(self.is_in_one_of(&user, &orgs))
    }
}
