//! Users and organisations that the client watches, and queries about several users at once.

use super::resume::not_entered;
use super::watched::Watches;
use super::Session;
use crate::access::reach::{Reach, Strangers};
use crate::access::{may, Capability};
use crate::identity::Identity;
use crate::mail;
use crate::words::answer::Pending;
use crate::words::hub::{UnwatchOrg, WatchOrg};
use crate::words::log_reader as logs;
use crate::words::outcome::{Refusal, USERS_PER_ACTION};
use crate::words::watchers::{Unwatch, Watch};
use hubwire_protocol::event::{Ack, Event};
use hubwire_protocol::request::Watched;
use hubwire_protocol::{Address, ErrorCode, OrgId, UserId};
use std::collections::BTreeSet;

/// Users per question.
const ASKED_MAX: usize = 200;

impl Session {
    /// Answers which of these users are online.
    pub(super) fn presence_of(&mut self, users: Vec<UserId>, re: Option<&str>) {
        if users.len() > ASKED_MAX {
            let message = format!("a request may name at most {ASKED_MAX} users; send several requests");
            return self.refuse(ErrorCode::TooMany, &message, re);
        }
        if let Some((users, strangers)) = self.allowed_users(users, re) {
            self.charge(users.len() / USERS_PER_ACTION);
            self.ask(logs::Question::Users { users: users.into_iter().collect(), strangers }, None, re);
        }
    }

    pub(super) fn watch(&mut self, watched: Watched, re: Option<&str>) {
        let Watched { users, orgs } = watched;
        if users.is_none() && orgs.is_none() {
            return self.refuse(ErrorCode::BadPayload, "watch needs `users` or `orgs`", re);
        }
        let asked = users.is_some();
        let Some(orgs) = self.allowed_orgs(orgs.unwrap_or_default(), re) else { return };
        let Some((users, strangers)) = self.allowed_users(users.unwrap_or_default(), re) else { return };
        let max = self.worker.node.settings().watch_max;
        let new = users.iter().filter(|user| !self.watches().is_some_and(|it| it.users.contains(*user))).count();
        if self.watches().map_or(0, |watched| watched.users.len()) + new > max {
            let message = format!("a session may watch at most {max} users (presence.watch_max)");
            return self.refuse(ErrorCode::TooMany, &message, re);
        }
        let Some(member) = self.credentials.identity().and_then(|identity| self.member(&identity.user)) else { return };
        for hub in orgs.iter().filter_map(|org| self.hubs.get(org)) {
            mail::insist(&hub, WatchOrg { member: member.clone() });
        }
        let watched = self.seldom.need().watched.get_or_insert_default();
        watched.users.extend(users.iter().cloned());
        watched.orgs.extend(orgs);
        if !asked {
            return self.reply(&Event::Ack(Ack::default()), None, re);
        }
        self.charge(users.len() / USERS_PER_ACTION);
        let pending = Pending::new(self.accept(), re);
        let watch = Watch { member, users: users.into_iter().collect(), strangers, pending };
        // a watch must not be lost unnoticed, so like a join it is sent even to a full mailbox
        mail::insist(self.worker.node.watchers(), watch);
    }

    pub(super) fn unwatch(&mut self, watched: Watched, re: Option<&str>) {
        let Watched { users, orgs } = watched;
        let (users, orgs) = (users.unwrap_or_default(), orgs.unwrap_or_default());
        self.let_go(|user| users.contains(user), |org| orgs.contains(org));
        self.reply(&Event::Ack(Ack::default()), None, re);
    }

    /// Ends the watches that new credentials do not allow.
    pub(super) fn unwatch_lost(&mut self, identity: &Identity) {
        let rules = self.worker.node.rules();
        let sees = |address: Address| may(identity, &rules.policy, Capability::Presence, &address).is_ok();
        self.let_go(|user| !sees(Address::User(user.clone())), |org| !sees(Address::Org(org.clone())));
    }

    /// Ends all watches of other users when the user's organisations have changed, and with them the bounds of its
    /// reach.
    pub(super) fn unwatch_strangers(&mut self, identity: &Identity) {
        if self.worker.node.settings().reaches.presence == Reach::SameOrg {
            self.let_go(|user| *user != identity.user, |_| false);
        }
    }

    /// Ends all watches.
    pub(super) fn unwatch_all(&mut self) {
        self.let_go(|_| true, |_| true);
    }

    fn watches(&self) -> Option<&Watches> {
        self.seldom.get()?.watched.as_deref()
    }

    fn let_go(&mut self, ends: impl Fn(&UserId) -> bool, ends_of_org: impl Fn(&OrgId) -> bool) {
        let Some(watched) = self.seldom.get_mut().and_then(|seldom| seldom.watched.as_deref_mut()) else { return };
        let ended: Vec<UserId> = watched.users.iter().filter(|user| ends(user)).cloned().collect();
        let of_orgs: Vec<OrgId> = watched.orgs.iter().filter(|org| ends_of_org(org)).cloned().collect();
        watched.users.retain(|user| !ends(user));
        watched.orgs.retain(|org| !ends_of_org(org));
        if watched.is_empty() {
            self.seldom.need().watched = None;
        }
        if !ended.is_empty() {
            mail::insist(self.worker.node.watchers(), Unwatch { session: self.id, users: ended });
        }
        for hub in of_orgs.iter().filter_map(|org| self.hubs.get(org)) {
            mail::insist(&hub, UnwatchOrg { session: self.id });
        }
    }

    /// The organisations, if the client may see the members of all of them; otherwise the request has been refused.
    fn allowed_orgs(&mut self, orgs: Vec<OrgId>, re: Option<&str>) -> Option<BTreeSet<OrgId>> {
        for org in &orgs {
            let to = self.allowed(Capability::Presence, Some(&Address::Org(org.clone())), re)?;
            if !self.knows_list(&to, re) {
                return None;
            }
            if self.hubs.get(org).is_none() {
                self.pass_on(&not_entered(), Some(&to), re);
                return None;
            }
        }
        Some(orgs.into_iter().collect())
    }

    /// Whether this node lists the members of an organisation or team; otherwise the client has been answered.
    pub(super) fn knows_list(&self, to: &Address, re: Option<&str>) -> bool {
        let is_list = matches!(to, Address::Org(_) | Address::Team(..));
        let known = !is_list || self.worker.node.settings().org_presence;
        if !known {
            let message = "this node does not list the members of organisations and teams (presence.orgs)";
            self.refuse_at(ErrorCode::NotFound, message, Some(to), re);
        }
        known
    }

    /// The users, each once, if the client may query all of them; otherwise the refusal has named the first forbidden
    /// one.
    fn allowed_users(&mut self, users: Vec<UserId>, re: Option<&str>) -> Option<(BTreeSet<UserId>, Option<Strangers>)> {
        let users: BTreeSet<UserId> = users.into_iter().collect();
        let reach = self.worker.node.settings().reaches.presence;
        let mut strangers: Option<Strangers> = None;
        for user in &users {
            let to = self.allowed(Capability::Presence, Some(&Address::User(user.clone())), re)?;
            match reach.judge(self.credentials.identity()?, &to) {
                Ok(None) => {}
                Ok(Some(within)) => {
                    strangers.get_or_insert(Strangers { users: Vec::new(), within }).users.push(user.clone());
                }
                Err(denial) => {
                    self.refuse_at(denial.code(), denial.reason(), Some(&to), re);
                    return None;
                }
            }
        }
        Some((users, strangers))
    }

    /// Whether the client may still receive the answer to a query about users.
    pub(super) fn may_see(&self, identity: &Identity, users: impl Iterator<Item = UserId>) -> Result<(), Refusal> {
        let rules = self.worker.node.rules();
        for user in users {
            may(identity, &rules.policy, Capability::Presence, &Address::User(user))
                .map_err(|denial| Refusal::new(denial.code(), denial.reason()))?;
        }
        Ok(())
    }
}
