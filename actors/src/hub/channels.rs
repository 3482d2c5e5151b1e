//! The channels of an organisation with members on this node: each starts with its first join, and ends when it is
//! idle.

use super::Hub;
use crate::channel::Channel;
use crate::context::Context;
use crate::mail;
use crate::words;
use crate::words::action_class::ActionClass;
use crate::words::hub::{ChannelIdle, JoinChannel, LeaveChannel, Relist, ShowState};
use crate::words::member::MemberRef;
use crate::words::payer::Payer;
use crate::words::session::JoinFailed;
use actix::prelude::*;
use hubwire_protocol::Address;
use std::sync::Arc;

/// A channel or a list, and the number of joins that were sent to it.
pub(super) struct PooledChannel {
    pub channel: Arc<Addr<Channel>>,
    pub joins: u64,
}

impl Hub {
    pub(super) fn join_channel(&mut self, message: JoinChannel, ctx: &mut Context<Self>) {
        let MemberRef { user, handle, .. } = &message.member;
        let payer = Payer { user: user.clone(), org: Some(self.org.clone()), network: handle.network };
        if let Err(refusal) = self.core.act(&payer, ActionClass::Join) {
            let JoinChannel { path, member, re, as_resume, .. } = message;
            let channel = Address::Channel(self.org.clone(), path);
            return mail::insist(&member.handle, JoinFailed { channel, re, refusal, as_resume });
        }
        let pooled = self.channels.entry(message.path.clone()).or_insert_with(|| {
            let address = Address::Channel(self.org.clone(), message.path.clone());
            let channel = Channel::new(self.core.clone(), address, ctx.shared_address(), self.bridge.clone());
            let channel = self.core.vital.start(channel);
            self.core.metrics.channels.inc();
            PooledChannel { channel, joins: 0 }
        });
        pooled.joins += 1;
        mail::insist(&pooled.channel, words::channel::Join(message));
    }

    pub(super) fn leave_channel(&mut self, message: LeaveChannel, _: &mut Context<Self>) {
        if let Some(pooled) = self.channels.get(&message.path) {
            mail::insist(&pooled.channel, words::channel::Leave(message));
        }
    }

    /// Changes a presence state. If the channel does not exist here, the session cannot be in it, and nothing happens.
    pub(super) fn show_state(&mut self, message: ShowState, _: &mut Context<Self>) {
        if let Some(pooled) = self.channels.get(&message.path) {
            mail::insist(&pooled.channel, words::channel::Show(message));
        }
    }

    pub(super) fn channel_idle(&mut self, message: ChannelIdle, _: &mut Context<Self>) {
        // the channel stays if a session joined after the channel had reported that it is idle
        let is_idle = |pooled: &mut PooledChannel| pooled.joins == message.joins;
        let pooled = match &message.channel {
            Address::Channel(_, path) => self.channels.get_mut(path).is_some_and(is_idle).then(|| {
                self.core.metrics.channels.dec();
                self.channels.remove(path)
            }),
            list => self.lists.get_mut(list).is_some_and(is_idle).then(|| self.lists.remove(list)),
        };
        if let Some(pooled) = pooled.flatten() {
            mail::insist(&pooled.channel, words::channel::Stop);
        }
        self.idle_if_empty();
    }

    pub(super) fn relist(&mut self, _: Relist, _: &mut Context<Self>) {
        for pooled in self.channels.values().chain(self.lists.values()) {
            mail::insist(&pooled.channel, words::channel::Relist);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::vital::VitalTask;

    /// There may be 100,000 hubs on a node. The size of each task is rounded up to a multiple of 128 bytes: one that is
    /// larger than this takes 128 bytes more.
    #[test]
    fn a_hub_is_small() {
        let bytes = size_of::<VitalTask<crate::hub::Hub>>();
        assert!(bytes <= 288, "{bytes} bytes");
    }
}
