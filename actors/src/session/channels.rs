//! The channels of a session, and its view: the client's requests, and the reactions to the answers of channels.
//! [`membership`](super::membership) decides which request is next.

use super::beginning::request;
use super::entering::Resumption;
use super::membership::{JoinRequest, LeftBy, NextStep, Past, Wish};
use super::resume::not_entered;
use super::{Session, SessionContext};
use crate::access::Capability;
use crate::mail;
use crate::words::hub::{HubPort, JoinChannel, LeaveChannel};
use crate::words::member::MemberRef;
use crate::words::outcome::Refusal;
use crate::words::session as messages;
use hubwire_protocol::event::{Event, Left, LeftReason};
use hubwire_protocol::request::{Join, View};
use hubwire_protocol::{Address, ChannelPath, ErrorCode};
use std::sync::Arc;

impl Session {
    // -- what the client asks -------------------------------------------------------------------------------------

    pub(super) fn join(&mut self, join: Join, to: Option<&Address>, re: Option<&str>, ctx: &mut SessionContext) {
        let Some(to) = self.let_in(join.token(), to, re, ctx) else { return };
        if join.once && self.memberships.wants(&to) {
            return self.refuse_at(ErrorCode::BadAction, "the session is already in that channel", Some(&to), re);
        }
        if !self.may_begin_so(&join, &to, re) {
            return;
        }
        self.wish_join(&to, request(&to, join, re));
    }

    /// Joins a channel that the client was in before; it becomes the view again if it was the view.
    pub(super) fn resume_channel(&mut self, to: &Address, resumption: Resumption, re: Option<&str>) {
        let Resumption { start, view, presence } = resumption;
        let join = JoinRequest {
            resume: Some(start),
            presence,
            state: None,
            past: None,
            re: re.map(Box::from),
            as_resume: true,
            by_client: true,
        };
        match view {
            true => self.look_at(to, join),
            false => self.wish_join(to, join),
        }
    }

    pub(super) fn leave(&mut self, to: Option<&Address>, re: Option<&str>) {
        let Some(to) = self.allowed(Capability::Join, to, re) else { return };
        self.memberships.look_away(&to);
        self.end_membership(&to);
        self.wish_leave(&to, LeftBy::Leave { re: re.map(Box::from) });
    }

    /// Leaves the channel viewed before and joins this one, in one step; without an address it only leaves.
    pub(super) fn view(&mut self, view: View, to: Option<&Address>, re: Option<&str>, ctx: &mut SessionContext) {
        let View { org, view, pos, presence, recent, snapshot, token } = view;
        let named = match (to, org, view) {
            (to, None, None) => to.cloned(),
            (None, Some(org), Some(view)) => Some(Address::Channel(org, view)),
            _ => {
                let message = "a view needs an address (`to`), or both `org` and `view`";
                return self.refuse(ErrorCode::BadPayload, message, re);
            }
        };
        let Some(to) = named else { return self.unview(re) };
        let join = Join { pos, presence, recent, snapshot, token, once: false };
        let Some(to) = self.let_in(join.token(), Some(&to), re, ctx) else { return };
        if !self.may_begin_so(&join, &to, re) {
            return;
        }
        let join = request(&to, join, re);
        self.look_at(&to, join);
    }

    /// The channel, if the session may join it, by its rights or by the token in the request; otherwise the client has
    /// been answered.
    fn let_in(
        &mut self,
        token: Option<&str>,
        to: Option<&Address>,
        re: Option<&str>,
        ctx: &mut SessionContext,
    ) -> Option<Address> {
        if let (Some(token), Some(to)) = (token, to) {
            if let Err(refusal) = self.present(token, to, ctx) {
                self.pass_on(&refusal, Some(to), re);
                return None;
            }
        }
        self.allowed(Capability::Join, to, re)
    }

    fn look_at(&mut self, to: &Address, join: JoinRequest) {
        let old = self.memberships.view().filter(|old| *old != to);
        if let Err(refusal) = self.has_room(to, old) {
            return self.join_refused(to, &refusal, join.re.as_deref(), join.as_resume);
            // the old view stays
        }
        let old = self.memberships.look_at(Some(to)).filter(|old| **old != *to);
        // the new one first: its answer need not wait until the broker has removed the session from the old one
        self.enter_channel(to, join);
        if let Some(old) = old {
            self.wish_leave(&old, LeftBy::View);
        }
    }

    fn unview(&mut self, re: Option<&str>) {
        match self.memberships.look_at(None) {
            Some(old) => self.wish_leave(&old, LeftBy::Unview { re: re.map(Box::from) }),
            None => self.reply(&Event::Left(Left::default()), None, re),
        }
    }

    /// Joins a channel when its turn comes. Access was checked before.
    pub(super) fn wish_join(&mut self, to: &Address, join: JoinRequest) {
        match self.has_room(to, None) {
            Ok(()) => self.enter_channel(to, join),
            Err(refusal) => self.join_refused(to, &refusal, join.re.as_deref(), join.as_resume),
        }
    }

    pub(super) fn join_refused(&self, to: &Address, refusal: &Refusal, re: Option<&str>, as_resume: bool) {
        match as_resume {
            true => self.not_resumed(to, refusal, re),
            false => self.pass_on(refusal, Some(to), re),
        }
    }

    /// Whether the session may join one more channel once it has left `leaving`.
    fn has_room(&self, to: &Address, leaving: Option<&Address>) -> Result<(), Refusal> {
        let max = self.settings.channels_max;
        let wanted = self.memberships.wanted() - usize::from(leaving.is_some_and(|it| self.memberships.wants(it)));
        if !self.memberships.wants(to) && wanted >= max {
            let message = format!("a session may be in at most {max} channels; leave one first");
            return Err(Refusal::new(ErrorCode::TooManyChannels, message));
        }
        if to.channel().is_none_or(|(org, _)| self.hubs.get(org).is_none()) {
            // the connection began without this organisation, which a refresh added
            return Err(not_entered());
        }
        Ok(())
    }

    fn enter_channel(&mut self, to: &Address, join: JoinRequest) {
        let permit = self.accept();
        self.memberships.wish(to, Wish::Join { permit, join });
        self.go_on(to);
    }

    pub(super) fn wish_leave(&mut self, to: &Address, by: LeftBy) {
        self.end_paced_at(to);
        let permit =
            (!matches!(by, LeftBy::View | LeftBy::Lost | LeftBy::Kicked | LeftBy::Expired)).then(|| self.permit());
        self.memberships.wish(to, Wish::Leave { permit, by });
        self.go_on(to);
    }

    // -- what channels answer -------------------------------------------------------------------------------------

    pub(super) fn joined(&mut self, message: messages::Joined, _: &mut SessionContext) {
        self.memberships.answered(&message.channel, true);
        self.tell_joined(&message.channel);
        self.announce_came(&message.channel);
        self.go_on(&message.channel);
    }

    pub(super) fn left(&mut self, message: messages::Left, _: &mut SessionContext) {
        self.memberships.answered(&message.channel, false);
        self.go_on(&message.channel);
    }

    pub(super) fn join_failed(&mut self, message: messages::JoinFailed, _: &mut SessionContext) {
        let messages::JoinFailed { channel, re, refusal, as_resume } = message;
        self.announce_gone(&channel);
        self.join_refused(&channel, &refusal, re.as_deref(), as_resume);
        // a view stays the view even if its join failed: the order of the requests decides what the next view leaves
        self.memberships.answered(&channel, false);
        self.go_on(&channel);
    }

    /// Takes the next step for a channel.
    pub(super) fn go_on(&mut self, channel: &Address) {
        while let Some(step) = self.memberships.next(channel) {
            match step {
                NextStep::Join(join) => {
                    if let Some(join) = self.consult_join(channel, join) {
                        self.begin_join(channel, join);
                    }
                }
                NextStep::Leave(by) => self.ask_out(channel, &by),
                NextStep::NotIn(by) => self.was_not_in(channel, &by),
                NextStep::Publish(held) => self.send_held(held),
                NextStep::Show(shown) => self.ask_to_show(channel, shown),
                NextStep::NotShown(shown) => self.pass_on(&not_in(), Some(channel), shown.re.as_deref()),
            }
        }
    }

    pub(super) fn ask_in(&mut self, channel: &Address, join: JoinRequest) {
        let Some((hub, path, member)) = self.way_to(channel) else { return };
        self.announce_when_in(channel, join.state.as_ref().and_then(Option::as_ref));
        let JoinRequest { resume, presence, state, past, re, as_resume, .. } = join;
        let beginning = past.and_then(|past| if let Past::Known(known) = *past { Some(known) } else { None });
        mail::insist(&hub, JoinChannel { path, member, resume, presence, state, beginning, re, as_resume });
    }

    fn ask_out(&mut self, channel: &Address, by: &LeftBy) {
        self.announce_gone(channel);
        let Some((hub, path, member)) = self.way_to(channel) else { return };
        let reply = self.told_left(channel, by);
        mail::insist(&hub, LeaveChannel { path, member, reply, over: false });
    }

    /// The join before this leave failed, or there was none.
    fn was_not_in(&self, channel: &Address, by: &LeftBy) {
        match by {
            LeftBy::Leave { re } => self.pass_on(&not_in(), Some(channel), re.as_deref()),
            LeftBy::Lost | LeftBy::Kicked | LeftBy::Expired => {}
            LeftBy::View | LeftBy::Unview { .. } => {
                self.told_left(channel, by).iter().for_each(|reply| self.socket.write(reply))
            }
        }
    }

    /// The encoded answer to a leave.
    fn told_left(&self, channel: &Address, by: &LeftBy) -> Option<bytes::Bytes> {
        let left = |to, re: &Option<Box<str>>| self.socket.encode(&Event::Left(Left::default()), to, re.as_deref());
        match by {
            LeftBy::Leave { re } => left(Some(channel), re),
            LeftBy::Unview { re } => left(None, re),
            LeftBy::Lost | LeftBy::Kicked | LeftBy::Expired => {
                let users = self.credentials.identity().iter().map(|identity| &identity.user).collect();
                let reason = match by {
                    LeftBy::Lost => LeftReason::Forbidden,
                    LeftBy::Expired => LeftReason::Expired,
                    _ => LeftReason::Kicked,
                };
                let told = Event::Left(Left { users, reason: Some(reason), ..Left::default() });
                self.socket.encode(&told, Some(channel), None)
            }
            LeftBy::View => None,
        }
    }

    /// Leaves all channels when the session ends.
    pub(super) fn leave_all(&mut self) {
        let (entered, held) = self.memberships.end();
        for channel in entered {
            self.announce_gone(&channel);
            let Some((hub, path, member)) = self.way_to(&channel) else { continue };
            mail::insist(&hub, LeaveChannel { path, member, reply: None, over: true });
        }
        // publications that the client sent before it disconnected are still published
        held.into_iter().for_each(|held| self.send_held(held));
    }

    /// The hub and path for messages about a channel. A session with a membership has entered the channel's
    /// organisation.
    pub(super) fn way_to(&self, channel: &Address) -> Option<(Arc<dyn HubPort>, ChannelPath, MemberRef)> {
        let (org, path) = channel.channel()?;
        let identity = self.credentials.identity().filter(|_| self.hubs.is_in())?;
        Some((self.hubs.get(org)?, path.clone(), self.member(&identity.user)?))
    }
}

/// The refusal of an action that requires membership of the channel.
fn not_in() -> Refusal {
    Refusal::new(ErrorCode::NotJoined, "the session is not in that channel")
}
