//! Lists the channels of an organisation that have members. The node asks all others, so it counts the request first.

use super::Session;
use crate::access::Capability;
use crate::live_channels::ChannelsAsked;
use crate::mail;
use crate::words::action_class::ActionClass;
use crate::words::answer::{Asker, Pending};
use crate::words::outcome::Refusal;
use crate::words::payer::Payer;
use crate::words::presence::CountAction;
use crate::words::status::ChannelFilter;
use hubwire_protocol::request::ChannelQuery;
use hubwire_protocol::{Address, ErrorCode};

/// Channels per page.
const PAGE_MAX: usize = 100;

impl Session {
    pub(super) fn channels(&mut self, query: ChannelQuery, to: Option<&Address>, re: Option<&str>) {
        let Some(to) = self.allowed(Capability::Presence, to, re) else { return };
        let Address::Org(org) = &to else {
            let message = "channels are listed by organisation: `to` must be an org: address";
            return self.refuse_at(ErrorCode::BadAddress, message, Some(&to), re);
        };
        let (Some(identity), Some(lister)) =
            (self.credentials.identity().cloned(), self.worker.node.live_channels().cloned())
        else {
            return self.refuse_at(ErrorCode::NotFound, "this node does not list channels", Some(&to), re);
        };
        let limit = query.limit.map_or(PAGE_MAX, |limit| (limit as usize).clamp(1, PAGE_MAX));
        let prefix = query.prefix.unwrap_or_default();
        let filter = ChannelFilter { org: Some(org.clone()), prefix, after: query.after, limit };
        let payer = Payer::of(&identity.user, identity.orgs.keys(), &to, self.handle.network);
        let asker = Asker::Session { pending: Pending::new(self.accept(), re), to: Some(to) };
        let then = Box::new(move |counted: Result<(), Refusal>| match counted {
            Ok(()) => lister.list(ChannelsAsked { filter, asker }),
            Err(refusal) => asker.give(Err(refusal)),
        });
        let count = CountAction { payer, class: ActionClass::Presence, then };
        if let Err(count) = mail::offer(self.worker.node.presence(), count) {
            (count.then)(Err(Refusal::overloaded()));
        }
    }
}
