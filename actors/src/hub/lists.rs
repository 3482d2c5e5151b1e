//! Lists of the members of the organisation and its teams, if configured: one for the organisation, and one for each
//! team with a session here.

use super::channels::PooledChannel;
use super::Hub;
use crate::channel::Channel;
use crate::context::Context;
use crate::mail;
use crate::words::channel::{ListSession, LookAgain, Unlist, UnwatchList, WatchList};
use crate::words::feed::TopicFollowed;
use crate::words::hub::{self, OfList, UnwatchOrg, WatchOrg};
use crate::words::member::MemberRef;
use crate::words::port::Port;
use actix::prelude::*;
use hubwire_protocol::Address;

impl Hub {
    /// Adds a session to the lists of these streams. `system`, of which everybody is a member, has none.
    pub(super) fn list_in(&mut self, member: &MemberRef, streams: &[Address], ctx: &mut Context<Self>) {
        if !self.core.settings.org_presence || self.org.is_system() {
            return;
        }
        let hub = ctx.shared_address();
        for stream in streams {
            let (core, bridge, feeds) = (&self.core, &self.bridge, &self.feeds);
            let pooled = self.lists.entry(stream.clone()).or_insert_with(|| {
                let list = Channel::new(core.clone(), stream.clone(), hub.clone(), bridge.clone());
                let channel = core.vital.start(list);
                if let Some(feed) = feeds.get(stream).filter(|feed| feed.is_started()) {
                    mail::insist(&channel, TopicFollowed { topic: stream.clone(), top: feed.last() });
                }
                PooledChannel { channel, joins: 0 }
            });
            pooled.joins += 1;
            mail::insist(&pooled.channel, ListSession { member: member.clone() });
        }
    }

    pub(super) fn list_out(&self, member: &MemberRef, streams: &[Address], over: bool) {
        for pooled in streams.iter().filter_map(|stream| self.lists.get(stream)) {
            mail::insist(&pooled.channel, Unlist { member: member.clone(), over });
        }
    }

    /// From now on the list receives what is published on the topic.
    pub(super) fn list_followed(&self, message: &TopicFollowed) {
        if let Some(pooled) = self.lists.get(&message.topic) {
            let TopicFollowed { topic, top } = message;
            mail::insist(&pooled.channel, TopicFollowed { topic: topic.clone(), top: *top });
        }
    }

    pub(super) fn watch_org(&mut self, message: WatchOrg, _: &mut Context<Self>) {
        if let Some(pooled) = self.own_list() {
            mail::insist(&pooled.channel, WatchList { member: message.member });
        }
    }

    pub(super) fn unwatch_org(&mut self, message: UnwatchOrg, _: &mut Context<Self>) {
        if let Some(pooled) = self.own_list() {
            mail::insist(&pooled.channel, UnwatchList { session: message.session });
        }
    }

    pub(super) fn of_list<M>(&mut self, message: OfList<M>, _: &mut Context<Self>)
    where
        M: Message<Result = ()>,
        Addr<Channel>: Port<M>,
    {
        let OfList { list, change } = message;
        if let Some(pooled) = self.lists.get(&list) {
            if mail::tell(&pooled.channel, change).is_err() {
                self.core.overflow("feed"); // the list catches up when it reads the members again
            }
        }
    }

    pub(super) fn look_again(&mut self, _: hub::LookAgain, _: &mut Context<Self>) {
        for pooled in self.lists.values() {
            mail::insist(&pooled.channel, LookAgain);
        }
    }

    fn own_list(&self) -> Option<&PooledChannel> {
        self.lists.get(&Address::Org(self.org.clone()))
    }
}
