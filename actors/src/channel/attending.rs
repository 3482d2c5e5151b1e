//! Hearing what is said in the channel. The broker tells the node directly from its first member on, and says whether
//! others are there too; then the node is to follow the channel's topic, which costs the broker a subscription and
//! saves whoever publishes a message to each node.
//!
//! The topic of an organisation or a team is the hub's.

use super::Channel;
use crate::mail;
use crate::words::bridge::{Attend, Company, Route};
use actix::prelude::*;
use std::sync::Arc;

impl Channel {
    /// The broker has a member of the channel on this node. `company`: others have members too, and the node does not
    /// follow the topic yet.
    pub(super) fn attend(&mut self, company: bool, ctx: &mut Context<Self>) {
        if self.is_list() {
            return;
        }
        let topic = self.address().clone();
        if !self.attended {
            self.attended = true;
            let route = Route::Channel(Arc::new(ctx.address()));
            mail::insist(&self.bridge, Attend { topic, route, company });
        } else if company {
            mail::insist(&self.bridge, Company { topic });
        }
    }
}
