//! Which topics a node follows, and whether it has all of them.

use super::messages::{Follow, Route, TopicFollowed, Unfollow};
use super::Bridge;
use crate::{channel, hub, mail, presence};
use actix::prelude::*;
use hubwire_protocol::{Address, Position};
use std::time::Duration;

/// How soon a subscription the broker did not confirm is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// Streams asked for their top in one call.
const TOPS_PER_CALL: usize = 256;

impl Bridge {
    pub(super) fn follow(&mut self, message: Follow, ctx: &mut Context<Self>) {
        let Follow { topic, route } = message;
        self.routes.insert(topic.clone(), route);
        self.subscribe(topic, ctx);
    }

    /// Subscribes first and asks for the top after that: what comes in between is told twice, never missed.
    fn subscribe(&mut self, topic: Address, ctx: &mut Context<Self>) {
        let backend = self.core.backend.clone();
        let subscribed = backend.subscribe(topic.clone());
        let asked = topic.clone();
        let followed = async move {
            subscribed.await?;
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
                Err(error) => {
                    log::warn!("cannot follow a topic topic={topic} error={error}");
                    ctx.run_later(RETRY, move |bridge, ctx| {
                        if bridge.routes.contains_key(&topic) {
                            bridge.subscribe(topic, ctx);
                        }
                    });
                }
            }
        }));
    }

    pub(super) fn unfollow(&mut self, message: Unfollow, ctx: &mut Context<Self>) {
        let Some(_) = self.routes.remove(&message.topic) else { return };
        let unsubscribed = self.core.backend.unsubscribe(message.topic);
        ctx.spawn(unsubscribed.into_actor(self).map(|result, _, _| {
            if let Err(error) = result {
                // costs messages nobody wants until the next reconnect
                log::debug!("cannot unsubscribe error={error}");
            }
        }));
    }

    /// Compares every followed stream with its log: after a loss, and now and then without one.
    pub(super) fn check_all(&mut self) {
        let topics: Vec<Address> = self.routes.keys().cloned().collect();
        for chunk in topics.chunks(TOPS_PER_CALL) {
            self.check(chunk.to_vec());
        }
        mail::insist(&self.presence, presence::messages::CheckAll);
    }

    /// The broker forgot who is in which channel.
    pub(super) fn relist_all(&self) {
        for route in self.routes.values() {
            if let Route::Channel(channel) = route {
                mail::insist(channel, channel::messages::Relist);
            }
        }
    }

    fn check(&mut self, topics: Vec<Address>) {
        let tops = self.core.backend.tops(topics.clone());
        let routes: Vec<Option<Route>> = topics.iter().map(|topic| self.routes.get(topic).cloned()).collect();
        actix::spawn(async move {
            match tops.await {
                Ok(tops) => {
                    for ((topic, top), route) in topics.iter().zip(tops).zip(routes) {
                        tell_route(route.as_ref(), topic, top);
                    }
                }
                Err(error) => log::warn!("cannot compare streams with their logs error={error}"),
            }
        });
    }

    pub(super) fn tell_top(&self, address: &Address, top: Position) {
        match address {
            Address::User(user) => {
                mail::insist(&self.presence, presence::messages::Tail { user: user.clone(), top });
            }
            _ => tell_route(self.routes.get(address), address, top),
        }
    }
}

fn tell_route(route: Option<&Route>, topic: &Address, top: Position) {
    match route {
        Some(Route::Hub(hub)) => mail::insist(hub, hub::messages::Tail { stream: topic.clone(), top }),
        Some(Route::Channel(channel)) => mail::insist(channel, channel::messages::Tail { top }),
        None => {}
    }
}
