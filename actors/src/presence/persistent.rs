//! Persistent memberships: each session joins these channels when it is open.
//!
//! If a user is removed while they are being read, the older answer does not add it back.

use super::Presence;
use crate::apart;
use crate::backend::BackendError;
use crate::context::Context;
use crate::mail;
use crate::retry;
use crate::words::persistent::{EndMembership, Rejoin};
use crate::words::session::PlacedByServer;
use actix::prelude::*;
use hubwire_protocol::{Address, SessionId};

impl Presence {
    pub(super) fn rejoin(&mut self, message: Rejoin, ctx: &mut Context<Self>) {
        let Rejoin { session } = message;
        let Some(user) = self.sessions.get(&session).cloned() else { return };
        self.rejoining.insert(session, Vec::new());
        let kept = self.core.backend.kept_memberships(user);
        apart::wait(ctx.shared_address(), kept, move |kept, presence: &mut Presence, ctx| {
            presence.kept(session, kept, ctx)
        });
    }

    fn kept(&mut self, session: SessionId, kept: Result<Vec<Address>, BackendError>, ctx: &mut Context<Self>) {
        let ended = self.rejoining.remove(&session).unwrap_or_default();
        let Some(member) = self.member(session) else { return };
        match kept {
            Ok(channels) => {
                for channel in channels.into_iter().filter(|channel| !ended.contains(channel)) {
                    mail::insist(&member.handle, PlacedByServer { channel, joined: true });
                }
            }
            Err(error) => {
                log::debug!("cannot read persistent memberships session={session} error={error}");
                ctx.run_later(retry::SOON, move |presence, ctx| presence.rejoin(Rejoin { session }, ctx));
            }
        }
    }

    /// Records that a session was removed from a channel.
    pub(super) fn note_taken_out(&mut self, session: SessionId, channel: &Address) {
        if let Some(ended) = self.rejoining.get_mut(&session) {
            ended.push(channel.clone());
        }
    }

    /// The client left by itself: later sessions of its user do not join again.
    pub(super) fn end_membership(&mut self, message: EndMembership, ctx: &mut Context<Self>) {
        let EndMembership { session, user, channel } = message;
        self.note_taken_out(session, &channel);
        let ended = self.core.backend.end_membership(user.clone(), channel.clone());
        apart::wait(ctx.shared_address(), ended, move |ended, _: &mut Presence, ctx| {
            if let Err(error) = ended {
                log::debug!("cannot end a membership yet user={user} channel={channel} error={error}");
                let again = EndMembership { session, user, channel };
                ctx.run_later(retry::SOON, move |presence, ctx| presence.end_membership(again, ctx));
            }
        });
    }
}
