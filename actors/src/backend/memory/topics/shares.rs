//! Checks direct messages against their senders' shares.

use super::super::log::ShareCheck;
use super::MemoryTopics;
use crate::backend::IdempotencyKey;
use hubwire_protocol::Address;
use tokio::time::Instant;

impl MemoryTopics {
    /// Whether a direct message exceeds its sender's share of a stream. One with a known key stores nothing, and never
    /// does.
    pub(in super::super) fn is_beyond(
        &mut self,
        now: Instant,
        stream: &Address,
        idempotency: Option<&IdempotencyKey>,
        judged: &ShareCheck<'_>,
    ) -> bool {
        let Some(topic) = self.topics.get_mut(stream) else { return false };
        let is_known = idempotency
            .zip(topic.keys.as_mut())
            .is_some_and(|(idempotency, keys)| keys.find(now, idempotency.window, &idempotency.key).is_some());
        !is_known && topic.weighed(&mut self.weight, |topic| topic.log.is_beyond(now, judged))
    }
}
