//! States and profiles of members. A session sends its state to the broker, which decides which of several sessions'
//! states is the user's. From there it goes to all members, as profiles do.

use super::local_members::MemberStage;
use super::membership::member_of;
use super::roster::{place, KnownMembers, Showing};
use super::Channel;
use crate::apart;
use crate::context::Context;
use crate::words::answer::Pending;
use crate::words::channel::{ProfileChanged, Show, StateChanged};
use crate::words::delivery::Audience;
use crate::words::hub::ShowState;
use crate::words::member::MemberRef;
use crate::words::outcome::Refusal;
use crate::words::present::member;
use hubwire_protocol::event::{Ack, Changed, Event, PresentMember};
use hubwire_protocol::{ErrorCode, MemberState, SessionId, UserId};
use std::collections::BTreeSet;

impl Channel {
    /// The latest state of a session on this node.
    pub(super) fn state_of(&self, session: SessionId) -> Option<MemberState> {
        match self.members.get(session) {
            Some(MemberStage::Joined { state, .. }) => state.clone(),
            _ => None,
        }
    }

    pub(super) fn show_state(&mut self, message: Show, ctx: &mut Context<Self>) {
        let ShowState { member, state, permit, re, .. } = message.0;
        self.store_state(&member, state, Some(Pending::new(permit, re.as_deref())), ctx);
    }

    pub(super) fn store_state(
        &mut self,
        member: &MemberRef,
        state: Option<MemberState>,
        pending: Option<Pending>,
        ctx: &mut Context<Self>,
    ) {
        let Some(MemberStage::Joined { state: said, .. }) = self.members.get_mut(member.session) else {
            let refusal = Refusal::new(ErrorCode::NotJoined, "the session is not in that channel");
            return pending.into_iter().for_each(|pending| pending.done(Err(refusal.clone())));
        };
        *said = state.clone();
        let stored = self.core.backend.set_state(self.address().clone(), member_of(member), state);
        apart::wait(ctx.shared_address(), stored, move |stored, channel: &mut Channel, _| {
            // if the broker lost the list, the session is entered again with its state
            let outcome = stored.map(|_| Ack::default()).map_err(Refusal::from);
            match (pending, outcome) {
                (Some(pending), outcome) => pending.done(outcome),
                (None, Ok(_)) => {}
                // it is stored with the next change, or when the session joins again
                (None, Err(refusal)) => {
                    log::debug!("cannot store a presence state channel={} error={refusal}", channel.address());
                }
            }
        });
    }

    pub(super) fn state_changed(&mut self, message: StateChanged, ctx: &mut Context<Self>) {
        let StateChanged { user, state } = message;
        if let Some(heard) = &mut self.looking {
            heard.states.insert(user.clone(), state.clone());
        }
        self.show_of(user, Showing::State(state), ctx);
    }

    pub(super) fn profile_changed(&mut self, message: ProfileChanged, ctx: &mut Context<Self>) {
        let ProfileChanged { user, profile } = message;
        if let Some(heard) = &mut self.looking {
            heard.profiles.insert(user.clone(), profile.clone());
        }
        self.show_of(user, Showing::Profile(profile), ctx);
    }

    /// A state or profile has changed. A list without watchers drops the change, because it does not know its roster.
    fn show_of(&mut self, user: UserId, change: Showing, ctx: &mut Context<Self>) {
        if self.roster.show(&user, change) {
            self.announcements.need().shown.insert(user);
            self.announce_soon(ctx);
        }
    }

    /// Announces the present states and profiles of these users, as far as they are members.
    pub(super) fn tell_shown(&mut self, users: &BTreeSet<UserId>) {
        let KnownMembers::Named(roster) = &self.roster else { return };
        let there = users.iter().filter_map(|user| place(roster, user).ok()).map(|at| &roster[at]);
        let members: Vec<PresentMember> = there.map(|(user, shown)| member(user, shown)).collect();
        if members.is_empty() {
            return;
        }
        let changed = Changed { members: Some(members), count: roster.len(), version: self.version };
        self.tell(&Event::Changed(changed), Audience::Presence);
    }
}
