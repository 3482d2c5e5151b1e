//! The denylist as one node sees it.

use super::super::*;
use super::node::{ready, MemoryBackend};
use tokio::time::Instant;

impl Denylist for MemoryBackend {
    fn deny(&self, denial: Denial, if_known: IfKnown) -> Reply<bool> {
        let unix_ms = self.cluster.unix_ms();
        ready(self.cluster.broker().denied.deny(Instant::now(), unix_ms, denial, if_known))
    }

    fn allow(&self, subject: DenialSubject) -> Reply<bool> {
        let unix_ms = self.cluster.unix_ms();
        ready(self.cluster.broker().denied.allow(Instant::now(), unix_ms, &subject))
    }

    fn denials(&self) -> Reply<Denials> {
        ready(self.cluster.broker().denied.denials(Instant::now()))
    }
}
