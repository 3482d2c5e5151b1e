//! A channel: one per channel with at least one local member. It exists only while someone here looks.
//!
//! A join is done when the cluster's member list has it and the channel's position is known; then the member is placed
//! with its shard, which writes `joined` before the first publication.

mod announcements;
mod coming;
mod membership;
mod relist;

use crate::apart::Done;
use crate::core::Core;
use crate::environment::Map;
use crate::feed::owner::{follow, FeedOwner};
use crate::feed::Feed;
use crate::handlers::handlers;
use crate::mail;
use crate::probe::probed;
use crate::words::bridge::{BridgePort, Follow, Route, Unfollow};
use crate::words::channel::*;
use crate::words::feed::{Arrived, Ephemeral, Tail, TopicFollowed, TopicUnconfirmed};
use crate::words::hub::HubPort;
use crate::words::ids::FeedId;
use actix::prelude::*;
use announcements::Announcements;
use hubwire_protocol::{Address, SessionId, UserId};
use membership::Membership;
use std::rc::Rc;
use std::sync::Arc;

/// See the module.
pub struct Channel {
    core: Rc<Core>,
    hub: Arc<dyn HubPort>,
    bridge: Arc<dyn BridgePort>,
    feed: Feed,
    members: Map<SessionId, Membership>,
    /// What the broker is still to be told: sessions that are to be taken out of the cluster's list, and users who came. The
    /// channel does not end before.
    unsettled: usize,
    /// Joins this channel has seen: tells the hub whether one is on its way.
    joins: u64,
    announcements: Announcements,
    /// Users whose first session joined while the topic was not followed yet.
    unsaid: Vec<UserId>,
    /// Set while a reminder of shards is due.
    reminding: bool,
}

impl Channel {
    /// A channel without members.
    pub fn new(core: Rc<Core>, address: Address, hub: Arc<dyn HubPort>, bridge: Arc<dyn BridgePort>) -> Self {
        let feed = Feed::new(core.clone(), address);
        Channel {
            hub,
            bridge,
            feed,
            members: core.environment.map(),
            unsettled: 0,
            joins: 0,
            announcements: Announcements::default(),
            unsaid: Vec::new(),
            reminding: false,
            core,
        }
    }

    fn address(&self) -> &Address {
        self.feed.stream()
    }

    fn topic_followed(&mut self, message: TopicFollowed, ctx: &mut Context<Self>) {
        if self.feed.is_started() {
            return;
        }
        let (started, next) = self.feed.start(message.top);
        for member in started {
            self.tell_joined(&member);
        }
        for user in std::mem::take(&mut self.unsaid) {
            self.publish_joined(user, ctx);
        }
        let id = self.feed.id();
        follow(self, ctx, id, next);
    }

    fn topic_unconfirmed(&mut self, message: TopicUnconfirmed, _: &mut Context<Self>) {
        self.feed.turn_away(&message.error);
    }

    fn stop(&mut self, _: Stop, ctx: &mut Context<Self>) {
        mail::insist(&self.bridge, Unfollow { topic: self.address().clone() });
        ctx.stop();
    }
}

impl FeedOwner for Channel {
    fn feed(&mut self, id: FeedId) -> Option<&mut Feed> {
        (self.feed.id() == id).then_some(&mut self.feed)
    }

    fn feed_of(&mut self, _: &Address) -> Option<&mut Feed> {
        Some(&mut self.feed)
    }

    fn each_feed(&mut self, act: fn(&mut Feed)) {
        act(&mut self.feed);
    }

    fn reminding(&mut self) -> &mut bool {
        &mut self.reminding
    }

    fn core(&self) -> &Rc<Core> {
        &self.core
    }
}

impl Actor for Channel {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(mail::CORE_MAILBOX);
        let route = Route::Channel(Arc::new(ctx.address()));
        mail::insist(&self.bridge, Follow { topic: self.address().clone(), route });
    }
}

impl Handler<Done<Channel>> for Channel {
    type Result = ();
    fn handle(&mut self, message: Done<Channel>, ctx: &mut Self::Context) {
        message.run(self, ctx);
    }
}

handlers! {
    Channel;
    Join => join;
    Leave => leave;
    Arrived => arrived;
    Ephemeral => ephemeral;
    Tail => tail;
    PresenceChanged => presence_changed;
    TopicFollowed => topic_followed;
    TopicUnconfirmed => topic_unconfirmed;
    Relist => relist;
    Stop => stop;
}

probed!(Channel);
