//! Receives the messages of the channel. From a node's first member on, the broker notifies the node directly, and
//! reports whether other nodes have members, too. If they have, the node subscribes to the channel's topic, which costs
//! the broker a subscription and saves publishers a message per node.
//!
//! The hub follows the topics of its organisation and teams.

use super::Channel;
use crate::context::Context;
use crate::mail;
use crate::words::bridge::{Attend, Company, Route};

impl Channel {
    /// The broker has a member of the channel on this node. `company`: other nodes have members, too, and this node is
    /// not subscribed to the topic yet.
    pub(super) fn attend(&mut self, company: bool, ctx: &mut Context<Self>) {
        if self.is_list() {
            return;
        }
        let topic = self.address().clone();
        if !self.attended {
            self.attended = true;
            let route = Route::Channel(ctx.shared_address());
            mail::insist(&self.bridge, Attend { topic, route, company });
        } else if company {
            mail::insist(&self.bridge, Company { topic });
        }
    }
}
