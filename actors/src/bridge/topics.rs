//! The topics that a node follows, and gaps in them.

use super::Bridge;
use crate::backend::BackendError;
use crate::context::Context;
use crate::mail;
use crate::retry;
use crate::words::bridge::{Follow, Route, Unfollow};
use crate::words::feed::{FeedPort, Tail, TopicFollowed, TopicUnconfirmed};
use crate::words::presence;
use actix::prelude::*;
use hubwire_protocol::{Address, Position};
use std::time::Duration;
use tokio::time::Instant;

/// How long a topic waits for room in the queue to the broker before sessions that need it are turned away.
const WAITS_AT_MOST: Duration = Duration::from_secs(10);

impl Bridge {
    pub(super) fn follow(&mut self, message: Follow, ctx: &mut Context<Self>) {
        let Follow { topic, route } = message;
        self.routes.insert(topic.clone(), route);
        self.begin(topic, ctx);
    }

    /// Subscribes to a topic first and then reads its top: a publication in between arrives twice, and is never missed.
    /// Messages of a channel arrive already, with or without a subscription.
    pub(super) fn begin(&mut self, topic: Address, ctx: &mut Context<Self>) {
        self.begin_since(topic, Instant::now(), ctx);
    }

    fn begin_since(&mut self, topic: Address, began: Instant, ctx: &mut Context<Self>) {
        let backend = self.core.backend.clone();
        let is_heard = matches!(topic, Address::Channel(..));
        let subscribed = (!is_heard).then(|| backend.subscribe(topic.clone()));
        let asked = topic.clone();
        let followed = async move {
            if let Some(subscribed) = subscribed {
                subscribed.await?;
            }
            backend.tops(vec![asked]).await
        };
        ctx.spawn(followed.into_actor(self).map(move |tops, bridge, ctx| {
            let Some(route) = bridge.routes.get(&topic) else { return }; // unfollowed meanwhile
            match tops {
                Ok(tops) => {
                    let top = tops.first().copied().unwrap_or(Position::START);
                    let followed = TopicFollowed { topic, top };
                    match route {
                        Route::Hub(hub) => mail::insist(hub, followed),
                        Route::Channel(channel) => mail::insist(channel, followed),
                    }
                }
                // like entering sessions: the broker has not failed, it is only busy
                Err(BackendError::Overloaded) if began.elapsed() < WAITS_AT_MOST => {
                    ctx.run_later(retry::SOON, move |bridge, ctx| {
                        if bridge.routes.contains_key(&topic) {
                            bridge.begin_since(topic, began, ctx);
                        }
                    });
                }
                Err(error) => {
                    if let Some(times) = bridge.unfollowed.due() {
                        log::warn!("cannot follow a topic topic={topic} times={times} error={error}");
                    }
                    // sessions that wait for the topic have waited long enough; for later ones the node keeps trying
                    let unconfirmed = TopicUnconfirmed { topic: topic.clone(), error };
                    match route {
                        Route::Hub(hub) => mail::insist(hub, unconfirmed),
                        Route::Channel(channel) => mail::insist(channel, unconfirmed),
                    }
                    ctx.run_later(retry::LATER, move |bridge, ctx| {
                        if bridge.routes.contains_key(&topic) {
                            bridge.begin(topic, ctx);
                        }
                    });
                }
            }
        }));
    }

    pub(super) fn unfollow(&mut self, message: Unfollow, ctx: &mut Context<Self>) {
        let was_followed = self.leave_near(&message.topic);
        if self.routes.remove(&message.topic).is_some() && was_followed {
            self.unsubscribe(message.topic, ctx);
        }
    }

    fn unsubscribe(&mut self, topic: Address, ctx: &mut Context<Self>) {
        let unsubscribed = self.core.backend.unsubscribe(topic.clone());
        ctx.spawn(unsubscribed.into_actor(self).map(move |result, _, ctx| {
            let Err(error) = result else { return };
            // until then the node receives messages that it does not need
            log::debug!("cannot unsubscribe yet topic={topic} error={error}");
            ctx.run_later(retry::LATER, move |bridge, ctx| {
                if !bridge.routes.contains_key(&topic) {
                    bridge.unsubscribe(topic, ctx);
                }
            });
        }));
    }

    /// Compares every followed stream with its log, after a loss and periodically. During a comparison one further
    /// request is kept, however many arrive.
    pub(super) fn check_all(&mut self, ctx: &mut Context<Self>) {
        mail::insist(&self.presence, presence::CheckAll);
        let routes = &self.routes;
        if self.comparison.begin(|| routes.keys().cloned().collect()) {
            self.check_more(ctx);
        }
    }

    fn check_more(&mut self, ctx: &mut Context<Self>) {
        if let Some(topics) = self.comparison.next() {
            self.check(topics, ctx);
        }
    }

    fn checked(&mut self, ctx: &mut Context<Self>) {
        self.comparison.answered();
        self.check_more(ctx);
        if self.comparison.take_again() {
            self.check_all(ctx);
        }
    }

    pub(super) fn check(&mut self, topics: Vec<Address>, ctx: &mut Context<Self>) {
        let tops = self.core.backend.tops(topics.clone());
        ctx.spawn(tops.into_actor(self).map(move |tops, bridge, ctx| match tops {
            Ok(tops) => {
                for (topic, top) in topics.into_iter().zip(tops) {
                    bridge.tell_top(topic, top);
                }
                bridge.checked(ctx);
            }
            // another program wrote to one of these keys: halving finds the others
            Err(BackendError::WrongType { .. }) if topics.len() > 1 => {
                let (one, other) = topics.split_at(topics.len() / 2);
                bridge.comparison.ask_more();
                bridge.check(one.to_vec(), ctx);
                bridge.check(other.to_vec(), ctx);
            }
            Err(BackendError::WrongType { .. }) => bridge.checked(ctx),
            Err(error) => {
                log::debug!("cannot compare streams with their logs yet error={error}");
                // only this reveals what was lost, so it is retried until it succeeds; the other streams do not wait
                // for it
                ctx.run_later(retry::LATER, move |bridge, ctx| bridge.check(topics, ctx));
                bridge.check_more(ctx);
            }
        }));
    }

    pub(super) fn tell_top(&self, stream: Address, top: Position) {
        if let Some(owner) = self.owner(&stream) {
            mail::insist(owner, Tail { stream, top });
        }
    }

    /// The owner of the feed of an address on this node.
    pub(super) fn owner(&self, address: &Address) -> Option<&dyn FeedPort> {
        match address {
            Address::User(_) | Address::Session(_) => Some(&*self.presence),
            _ => self.routes.get(address).map(Route::feed),
        }
    }
}
