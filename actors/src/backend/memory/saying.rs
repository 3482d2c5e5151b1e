//! Publishing on a topic: once to each node that has to receive the message, and to no other.

use super::super::QueueOutcome;
use super::notification::Notification;
use super::MemoryBroker;
use hubwire_protocol::cluster::ClusterMessage;
use hubwire_protocol::{Address, Incarnation};

impl MemoryBroker {
    /// Publishes a message of a node on a topic.
    pub(super) fn say(&mut self, own: Incarnation, topic: &Address, message: impl FnOnce() -> Notification) {
        let Address::Channel(..) = topic else {
            if self.topics.is_followed(topic) {
                self.topics.publish(topic, &message(), &[]);
            }
            return;
        };
        let near = self.directory.near(topic);
        if self.is_kept(own, topic, &near) {
            // a node without members has nobody to deliver to, not even itself
            if self.directory.has_some(topic, own) {
                self.tell_node(own, |events| events.pass(message().event(true)));
            }
            return;
        }
        self.shared += 1;
        let message = message();
        let followed = self.topics.is_followed(topic);
        self.topics.publish(topic, &message, &near);
        for node in &near {
            self.tell_node(*node, |events| events.pass(message.clone().event(false)));
        }
        if followed || near.len() > 1 {
            near.iter().for_each(|node| self.tell_company(*node, topic));
        }
    }

    /// Whether no other node has to receive the message.
    fn is_kept(&self, own: Incarnation, topic: &Address, near: &[Incarnation]) -> bool {
        let followers = self.topics.followers(topic);
        let follows_alone = followers[..] == [own] && !near.contains(&own) && self.directory.has_all(topic, own);
        near.iter().all(|node| *node == own) && (followers.is_empty() || follows_alone)
    }

    /// To be called when a session of a node entered a channel. Returns whether the node has to subscribe to the topic;
    /// asks the other directly notified nodes to do so.
    pub(super) fn has_company(&mut self, own: Incarnation, channel: &Address) -> bool {
        let near = self.directory.near(channel);
        if !near.contains(&own) {
            return false; // it follows already
        }
        let others = near.iter().filter(|node| **node != own);
        others.for_each(|node| self.tell_company(*node, channel));
        !self.directory.has_all(channel, own) || self.topics.is_followed(channel)
    }

    fn tell_company(&self, node: Incarnation, channel: &Address) {
        let message = ClusterMessage::Company { channel: &channel.to_string() }.encode();
        self.tell_node(node, |events| events.message(message.into()));
    }

    fn tell_node(&self, node: Incarnation, tell: impl FnOnce(&super::Events) -> QueueOutcome) {
        if let Some(node) = self.nodes.get(&node) {
            tell(&node.events); // a full queue says so by itself
        }
    }
}
