//! Topics and node channels: calls of the backend.

use super::super::*;
use super::command::Command;
use super::{reply, RedisBackend, RedisCore};
use bytes::Bytes;
use hubwire_protocol::{Address, Incarnation};
use std::rc::Rc;

impl Topics for RedisBackend {
    /// While the broker is away this waits for a few seconds, then fails with `Unavailable`; the subscription is kept
    /// and made when the broker is back.
    fn subscribe(&self, topic: Address) -> Reply<()> {
        let (patience, subscriptions) = (2 * self.core.wires.config.response_timeout, Rc::clone(&self.subscriptions));
        let confirmed = self.subscriptions.subscribe(self.core.keys.topic(&topic));
        let core = Rc::clone(&self.core);
        Box::pin(async move {
            if let Some(confirmed) = confirmed? {
                match tokio::time::timeout(patience, confirmed).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => {
                        return Err(BackendError::Unavailable {
                            reason: "the topic was unsubscribed meanwhile".into(),
                        });
                    }
                    Err(_) => {
                        return Err(BackendError::Unavailable {
                            reason: subscriptions.trouble().unwrap_or_else(|| "the broker does not confirm it".into()),
                        });
                    }
                }
            }
            core.follows(&topic).await
        })
    }

    fn unsubscribe(&self, topic: Address) -> Reply<()> {
        let outcome = self.subscriptions.unsubscribe(self.core.keys.topic(&topic));
        Box::pin(std::future::ready(outcome))
    }

    fn publish_topic(&self, topic: Address, message: Bytes) -> Reply<()> {
        let core = Rc::clone(&self.core);
        let Address::Channel(..) = topic else {
            let waiting = core.publish(&core.keys.topic(&topic), &message);
            return Box::pin(async move { waiting.answer().await.map(|_| ()) });
        };
        let waiting = core.lane.publish(core.say(&topic, &message));
        Box::pin(async move {
            match core.heed(waiting.answer().await) {
                Err(BackendError::Unwritable { .. }) => core.say_unscripted(&topic, &message).await,
                said => said.map(|_| ()),
            }
        })
    }

    fn publish_node(&self, node: Incarnation, message: Bytes) -> Reply<bool> {
        let waiting = self.core.publish(&self.core.keys.node(node), &message);
        Box::pin(async move { reply::flag("count", waiting.answer().await?) })
    }
}

impl RedisCore {
    /// Publishes a message to the members of a channel without a log entry.
    fn say(&self, channel: &Address, message: &[u8]) -> Command {
        self.told_at(self.wires.scripts.publish.call(&self.keys.of_topic(channel)).arg(message), channel)
    }

    /// Tells the broker that this node has subscribed to the topic and needs no direct notifications any more.
    async fn follows(&self, topic: &Address) -> Result<(), BackendError> {
        if let Address::Channel(..) = topic {
            let near = Command::on("SREM", &self.keys.of_topic(topic)[2]).arg(self.incarnation.to_string());
            match self.query(near).await {
                // it receives messages both ways and drops one of them; the next message asks it again to follow
                Ok(_) | Err(BackendError::Unwritable { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Publishes a message that is in no log at a broker that accepts no writes and therefore runs no script that may
    /// publish. The list of nodes is read first, so a node that joins in between may miss the message.
    async fn say_unscripted(&self, channel: &Address, message: &Bytes) -> Result<(), BackendError> {
        let near = self.query(Command::on("SMEMBERS", &self.keys.of_topic(channel)[2])).await?;
        let mut near: Vec<Incarnation> = reply::parsed_list("incarnation", near)?;
        near.retain(|node| *node != self.incarnation);
        self.events.message(message.clone());
        let told: String = near.iter().map(|node| format!(" {node}")).collect();
        let told = format!("N {}{told}\n", self.incarnation);
        let topic = self.publish(&self.keys.topic(channel), &[told.as_bytes(), message].concat());
        near.iter().for_each(|node| drop(self.publish(&self.keys.node(*node), message)));
        topic.answer().await.map(|_| ())
    }
}
