//! New credentials on an open session: it enters the streams that they add and leaves those that they lack.
//!
//! Nothing more is read from the client until the change is complete, so actions after a refresh have the new rights.
//! Lost rights end before the refresh is acknowledged, whatever is in flight: the session's worker removes it from the
//! feeds that it has lost, and admits it only to feeds that its credentials grant.

use super::entering::Refreshing;
use super::membership::LeftBy;
use super::welcome::orgs_of;
use super::{Session, SessionContext};
use crate::access::{follows, may, reach, Capability};
use crate::identity::Identity;
use crate::mail;
use crate::words::bridge::{EnterOrg, ExitOrg};
use crate::words::delivery::Start;
use crate::words::hub::{ChangeTeams, ResumeStream};
use crate::words::outcome::Refusal;
use crate::words::presence::NoteOrgs;
use crate::words::session as messages;
use hubwire_protocol::event::{Ack, Event, Orgs};
use hubwire_protocol::request::Refresh;
use hubwire_protocol::{Address, ErrorCode, Position, TeamId};
use std::collections::BTreeMap;
use std::rc::Rc;

impl Session {
    pub(super) fn refresh(&mut self, refresh: Refresh, re: Option<&str>, ctx: &mut SessionContext) {
        let begun = Refreshing { re: re.map(Box::from), ..Refreshing::default() };
        match (refresh.token, refresh.ticket) {
            (Some(token), None) => {
                self.seldom.need().refreshing = Some(Box::new(begun));
                let Some(current) = self.credentials.identity().cloned() else { return };
                let identity = self.worker.node.authenticator().renewal(&token, self.socket.dialect(), &current.user);
                self.refresh_with(identity, ctx);
            }
            (None, Some(ticket)) => {
                self.seldom.need().refreshing = Some(Box::new(begun));
                self.socket.set_paused(true);
                self.take_ticket(ticket);
            }
            _ => self.refuse(ErrorCode::BadPayload, "refresh needs either `token` or `ticket`", re),
        }
    }

    /// The new credentials were checked.
    pub(super) fn refresh_with(&mut self, identity: Result<Identity, Refusal>, ctx: &mut SessionContext) {
        let Some(current) = self.credentials.identity().cloned() else { return };
        let identity = identity.and_then(|identity| match identity.user == current.user {
            true => self.worker.node.judge(&identity).map_or(Ok(identity), |denied| Err(denied.refusal())),
            false => Err(Refusal::new(ErrorCode::BadCredentials, "the new credentials belong to another user")),
        });
        match identity {
            Ok(mut identity) => {
                identity.device = current.device.clone();
                // address tokens are signed separately, and have their own expiry
                identity.address_grants = current.address_grants.clone();
                self.change_rights(&current, identity.kept(), ctx);
            }
            Err(refusal) => {
                let re = self.take_refreshing().and_then(|refreshing| refreshing.re);
                self.refuse(refusal.code, &refusal.message, re.as_deref());
                self.read_on(ctx);
            }
        }
    }

    /// Whether new credentials are taking effect.
    pub(super) fn is_refreshing(&self) -> bool {
        self.seldom.get().is_some_and(|seldom| seldom.refreshing.is_some())
    }

    fn refreshing_mut(&mut self) -> Option<&mut Refreshing> {
        self.seldom.get_mut()?.refreshing.as_deref_mut()
    }

    fn take_refreshing(&mut self) -> Option<Box<Refreshing>> {
        self.seldom.get_mut()?.refreshing.take()
    }

    fn change_rights(&mut self, former: &Identity, identity: Rc<Identity>, ctx: &mut SessionContext) {
        self.credentials.replace(identity.clone());
        self.forget_verdicts();
        self.watch_expiry(ctx);
        self.worker.admit(self.socket.key(), identity.clone());
        if former.orgs != identity.orgs && self.worker.node.settings().reaches.need_orgs() {
            let orgs = reach::orgs_of(&identity);
            mail::insist(self.worker.node.presence(), NoteOrgs { user: identity.user.clone(), orgs });
            self.unwatch_strangers(&identity);
        }
        self.leave_lost_channels(&identity);
        self.unwatch_lost(&identity);
        let missing = self.change_orgs(former, &identity);
        self.follow_again(former, &identity);
        if let Some(refreshing) = self.refreshing_mut() {
            (refreshing.missing, refreshing.is_change) = (missing, former.orgs != identity.orgs);
        }
        match missing {
            0 => self.refreshed(ctx),
            _ => self.socket.set_paused(true),
        }
    }

    /// The access rules were replaced: the session leaves what they do not allow any more, as after a refresh with
    /// fewer rights.
    pub(super) fn rules_changed(&mut self, _: messages::RulesChanged, _: &mut SessionContext) {
        let Some(identity) = self.credentials.identity().cloned() else { return };
        self.worker.admit(self.socket.key(), identity.clone());
        self.leave_lost_channels(&identity);
        self.unwatch_lost(&identity);
    }

    fn leave_lost_channels(&mut self, identity: &Identity) {
        let rules = self.worker.node.rules();
        let mut lost = self.memberships.wanted_channels();
        lost.retain(|channel| may(identity, &rules.policy, Capability::Join, channel).is_err());
        for channel in lost {
            self.memberships.look_away(&channel);
            self.wish_leave(&channel, LeftBy::Lost);
        }
    }

    /// Leaves and enters organisations and teams. Returns how many hubs will answer.
    fn change_orgs(&self, former: &Identity, identity: &Identity) -> usize {
        let Some(member) = self.member(&identity.user) else { return 0 };
        let before: BTreeMap<_, _> = orgs_of(former).into_iter().collect();
        let after: BTreeMap<_, _> = orgs_of(identity).into_iter().collect();
        let bridge = self.worker.node.bridge();
        for (org, teams) in before.iter().filter(|(org, _)| !after.contains_key(*org)) {
            mail::insist(bridge, ExitOrg { org: org.clone(), member: member.clone(), teams: teams.clone() });
        }
        let mut missing = 0;
        for (org, teams) in after {
            let Some(former) = before.get(&org) else {
                missing += 1;
                mail::insist(bridge, EnterOrg { org, member: member.clone(), teams, resume: BTreeMap::new() });
                continue;
            };
            let without = |these: &[TeamId], those: &[TeamId]| -> Vec<TeamId> {
                these.iter().filter(|team| !those.contains(team)).cloned().collect()
            };
            let (lost, gained) = (without(former, &teams), without(&teams, former));
            if let Some(hub) = self.hubs.get(&org).filter(|_| !lost.is_empty() || !gained.is_empty()) {
                missing += 1;
                mail::insist(&hub, ChangeTeams { member: member.clone(), lost, gained });
            }
        }
        missing
    }

    /// Resumes streams of organisations and teams from which only the previous scopes excluded the session: their hubs
    /// already have it.
    fn follow_again(&self, former: &Identity, identity: &Identity) {
        if former.scopes == identity.scopes {
            return;
        }
        let Some(member) = self.member(&identity.user) else { return };
        let rules = self.worker.node.rules();
        let is_gained =
            |stream: &Address| !follows(former, &rules.policy, stream) && follows(identity, &rules.policy, stream);
        for (org, teams) in orgs_of(former) {
            let Some(hub) = self.hubs.get(&org) else { continue };
            let teams = teams.into_iter().map(|team| Address::Team(org.clone(), team));
            for stream in teams.chain([Address::Org(org.clone())]).filter(is_gained) {
                mail::insist(&hub, ResumeStream { stream, member: member.clone(), start: Start::Now, re: None });
            }
        }
    }

    /// A hub has added the session.
    pub(super) fn gained(&mut self, positions: BTreeMap<Address, Position>, ctx: &mut SessionContext) {
        let Some(refreshing) = self.refreshing_mut() else { return };
        refreshing.positions.extend(positions);
        refreshing.missing = refreshing.missing.saturating_sub(1);
        if refreshing.missing == 0 {
            self.refreshed(ctx);
        }
    }

    /// The change is complete: answers the client, and continues reading.
    fn refreshed(&mut self, ctx: &mut SessionContext) {
        let (Some(refreshing), Some(identity)) = (self.take_refreshing(), self.credentials.identity().cloned()) else {
            return;
        };
        let Refreshing { re, positions, is_change, .. } = *refreshing;
        self.take_over_profile();
        let expires_in_ms = self.expires_in(&identity);
        self.reply(&Event::Ack(Ack { expires_in_ms, ..Ack::default() }), None, re.as_deref());
        if is_change {
            let orgs = Orgs {
                orgs: identity.orgs.keys().collect(),
                memberships: identity.memberships(),
                resume: positions.iter().map(|(stream, pos)| (stream.to_string(), *pos)).collect(),
            };
            self.reply(&Event::Orgs(orgs), None, None);
        }
        self.read_on(ctx);
    }

    pub(super) fn ticket_taken(&mut self, message: messages::TicketTaken, ctx: &mut SessionContext) {
        match self.is_refreshing() {
            true => self.refresh_with(message.identity, ctx),
            false => self.authenticate_by_ticket(message.identity, ctx),
        }
    }
}
