//! Channels whose topics this node does not follow: it is told directly what is said there. That is all there is to it
//! while this node has all members. When others come, the node is told so, and goes over to the topic. The broker tells
//! it directly until it hears from this node that the subscription stands, so nothing is missed in between
//! ([decision 23](../../../docs/decisions/0023-a-lone-node-keeps-its-own.md)).

use super::Bridge;
use crate::mail;
use crate::words::bridge::{Attend, Company, Route};
use crate::words::channel;
use actix::prelude::*;
use hubwire_protocol::Address;
use std::time::Duration;

/// How soon a subscription that was not confirmed is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Why a topic is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Near {
    /// As far as this node heard it has all members.
    Alone,
    /// The subscription is on its way.
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
        // of a channel that was left or is about to be attended the next message says it again
        if self.routes.contains_key(&message.topic) {
            self.go_over(message.topic, ctx);
        }
    }

    /// Follows a topic that was not followed, or of which the broker does not know that it is.
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
                    // the last that came directly may have been overtaken by the first that came by the topic
                    if let Some(Route::Channel(channel)) = bridge.routes.get(&topic) {
                        mail::insist(channel, channel::LookAgain);
                    }
                    // and a node that died just now may not have told directly what it stored
                    bridge.checks += 1;
                    bridge.check(vec![topic], ctx);
                }
                Err(error) => {
                    log::debug!("cannot follow a topic yet topic={topic} error={error}");
                    ctx.run_later(RETRY, move |bridge, ctx| {
                        if bridge.near.get(&topic) == Some(&Near::Asked) {
                            bridge.subscribe_near(topic, ctx);
                        }
                    });
                }
            }
        }));
    }

    /// A topic is heard no more. Whether it was followed, or about to be.
    pub(super) fn leave_near(&mut self, topic: &Address) -> bool {
        self.near.remove(topic) != Some(Near::Alone)
    }

    /// Announcements of this node itself may be lost: joins and leaves, and publications.
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
