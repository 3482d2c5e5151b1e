//! Topics and node channels: following them, and publishing there.

use super::super::*;
use super::{reply, RedisBackend};
use bytes::Bytes;
use hubwire_protocol::{Address, Incarnation};
use std::rc::Rc;

impl Topics for RedisBackend {
    /// While the broker is away this waits for it for a few seconds, then fails with `Unavailable`; the topic stays
    /// wanted and is subscribed when the broker is back.
    fn subscribe(&self, topic: Address) -> Reply<()> {
        let (patience, subscriptions) = (2 * self.core.wires.config.response_timeout, Rc::clone(&self.subscriptions));
        let confirmed = self.subscriptions.subscribe(self.core.keys.topic(&topic));
        Box::pin(async move {
            let Some(confirmed) = confirmed? else { return Ok(()) };
            match tokio::time::timeout(patience, confirmed).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(BackendError::Unavailable { reason: "the topic was unsubscribed meanwhile".into() }),
                Err(_) => Err(BackendError::Unavailable {
                    reason: subscriptions.trouble().unwrap_or_else(|| "the broker does not confirm it".into()),
                }),
            }
        })
    }

    fn unsubscribe(&self, topic: Address) -> Reply<()> {
        let outcome = self.subscriptions.unsubscribe(self.core.keys.topic(&topic));
        Box::pin(std::future::ready(outcome))
    }

    fn publish_topic(&self, topic: Address, message: Bytes) -> Reply<()> {
        let waiting = self.core.publish(&self.core.keys.topic(&topic), &message);
        Box::pin(async move { waiting.answer().await.map(|_| ()) })
    }

    fn publish_node(&self, node: Incarnation, message: Bytes) -> Reply<bool> {
        let waiting = self.core.publish(&self.core.keys.node(node), &message);
        Box::pin(async move { reply::flag("count", waiting.answer().await?) })
    }
}
