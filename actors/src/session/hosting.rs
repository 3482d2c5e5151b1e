//! Actions of members with special rights in a channel: kick, invite, store the snapshot.

use super::{Session, SessionContext};
use crate::access::Capability;
use crate::mail;
use crate::words::answer::Pending;
use crate::words::bridge::PutSnapshot;
use crate::words::outcome::Refusal;
use crate::words::payer::Payer;
use bytes::Bytes;
use hubwire_protocol::event::Ack;
use hubwire_protocol::request::{Guest, Publish, Snapshot};
use hubwire_protocol::{invitation, Address, ErrorCode, INVITED};

impl Session {
    /// Removes all sessions of the user, and sends them the reason. They may join again if the rules allow it.
    pub(super) fn kick(&mut self, guest: Guest, to: Option<&Address>, re: Option<&str>) {
        let Some(channel) = self.allowed(Capability::Kick, to, re) else { return };
        let Some(identity) = self.credentials.identity().cloned() else { return };
        // all sessions of the user are asked, also those that are not in the channel
        let reach = self.worker.node.settings().reaches.presence.judge(&identity, &Address::User(guest.user.clone()));
        let shows = reach == Ok(None) && self.may_see(&identity, std::iter::once(guest.user.clone())).is_ok();
        let (node, pending) = (self.worker.node.clone(), Pending::new(self.accept(), re));
        actix::spawn(async move {
            let told = node.place(guest.user, channel, false).await;
            pending.done(told.map(|sessions| Ack { sessions: shows.then_some(sessions), ..Ack::default() }));
        });
    }

    /// Publishes an invitation in the user's stream. It grants no rights: the rules decide whether the user may join.
    pub(super) fn invite(&mut self, guest: Guest, to: Option<&Address>, re: Option<&str>, ctx: &mut SessionContext) {
        let Some(channel) = self.allowed(Capability::Invite, to, re) else { return };
        let payload = invitation(&channel);
        let (id, payload) = (re.map(Into::into), Some(payload.into()));
        let publish = Publish { id, kind: INVITED.into(), payload, ..Publish::default() };
        self.publish_allowed(&publish, &Address::User(guest.user), re, ctx);
    }

    pub(super) fn snapshot(&mut self, snapshot: Snapshot, to: Option<&Address>, re: Option<&str>) {
        let Some(channel) = self.allowed(Capability::Manage, to, re) else { return };
        let Some(identity) = self.credentials.identity().cloned() else { return };
        let (bytes, max) = (snapshot.payload.get().len(), self.worker.node.settings().snapshot_bytes_max);
        if bytes > max {
            let message = format!("the snapshot has {bytes} bytes, at most {max} are allowed");
            return self.refuse_at(ErrorCode::TooBig, &message, Some(&channel), re);
        }
        let payer = Some(Payer::of(&identity.user, identity.orgs.keys(), &channel, self.handle.network));
        let payload = Bytes::copy_from_slice(snapshot.payload.get().as_bytes());
        let put = PutSnapshot { channel, pos: snapshot.pos, payload, payer, answer: self.answer(re) };
        if let Err(put) = mail::offer(self.worker.node.bridge(), put) {
            put.answer.give(Err(Refusal::overloaded()));
        }
    }
}
