//! Channels whose topics this node has not subscribed to: the broker notifies it of their messages directly. While this
//! node has all members, nothing else is needed. When other nodes get members, the broker notifies this node, which
//! then subscribes to the topic. Direct notifications continue until the node confirms the subscription, so it misses
//! nothing in between ([decision 23](../../../docs/decisions/0023-a-lone-node-keeps-its-own.md)).

use super::Bridge;
use crate::context::Context;
use crate::mail;
use crate::retry;
use crate::words::bridge::{Attend, Company, Route};
use crate::words::channel;
use actix::prelude::*;
use hubwire_protocol::Address;

/// Why the node is not subscribed to a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Near {
    /// As far as this node knows, it has all members.
    Alone,
    /// The subscription was requested.
    Asked,
}

impl Bridge {
    pub(super) fn attend(&mut self, message: Attend, ctx: &mut Context<Self>) {
        let Attend { topic, route, company } = message;
        self.routes.insert(topic.clone(), route);
        self.near.insert(topic.clone(), Near::Alone);
        self.begin(topic.clone(), ctx);
        match company {
            true => self.go_over(topic, ctx),
            false => self.core.metrics.suppressed.with_label_values(&["subscribe"]).inc(),
        }
    }

    pub(super) fn company(&mut self, message: Company, ctx: &mut Context<Self>) {
        // if the channel was left, or is not attended yet, the next message asks again
        if self.routes.contains_key(&message.topic) {
            self.go_over(message.topic, ctx);
        }
    }

    /// Subscribes to a topic that has no subscription, or one that the broker does not know of.
    fn go_over(&mut self, topic: Address, ctx: &mut Context<Self>) {
        if self.near.insert(topic.clone(), Near::Asked) != Some(Near::Asked) {
            self.subscribe_near(topic, ctx);
        }
    }

    fn subscribe_near(&mut self, topic: Address, ctx: &mut Context<Self>) {
        let subscribed = self.core.backend.subscribe(topic.clone());
        ctx.spawn(subscribed.into_actor(self).map(move |subscribed, bridge, ctx| {
            if bridge.near.get(&topic) != Some(&Near::Asked) {
                return; // left meanwhile
            }
            match subscribed {
                Ok(()) => {
                    bridge.near.remove(&topic);
                    // the last direct notification may have been overtaken by the first message of the topic
                    if let Some(Route::Channel(channel)) = bridge.routes.get(&topic) {
                        mail::insist(channel, channel::LookAgain);
                    }
                    // and a node that has just died may have stored something without notifying this node
                    bridge.comparison.ask_more();
                    bridge.check(vec![topic], ctx);
                }
                Err(error) => {
                    log::debug!("cannot follow a topic yet topic={topic} error={error}");
                    ctx.run_later(retry::LATER, move |bridge, ctx| {
                        if bridge.near.get(&topic) == Some(&Near::Asked) {
                            bridge.subscribe_near(topic, ctx);
                        }
                    });
                }
            }
        }));
    }

    /// Ends direct notifications of a topic. Returns whether the node was subscribed to it, or about to be.
    pub(super) fn leave_near(&mut self, topic: &Address) -> bool {
        self.near.remove(topic) != Some(Near::Alone)
    }

    /// This node's own messages may be lost: joins and leaves, and publications.
    pub(super) fn look_at_near(&mut self, ctx: &mut Context<Self>) {
        if self.near.is_empty() {
            return;
        }
        for topic in self.near.keys() {
            if let Some(Route::Channel(channel)) = self.routes.get(topic) {
                mail::insist(channel, channel::LookAgain);
            }
        }
        self.check_all(ctx);
    }
}
