//! Users that the client watches, or asks for several at once.

use super::Session;
use crate::access::reach::{Reach, Strangers};
use crate::access::{may, Capability};
use crate::identity::Identity;
use crate::mail;
use crate::words::answer::Pending;
use crate::words::log_reader as logs;
use crate::words::outcome::Refusal;
use crate::words::watchers::{Unwatch, Watch};
use hubwire_protocol::event::{Ack, Event};
use hubwire_protocol::request::Users;
use hubwire_protocol::{Address, ErrorCode, UserId};
use std::collections::BTreeSet;

/// Users that one question may name.
const ASKED_MAX: usize = 200;

impl Session {
    /// Answers which of these users are online.
    pub(super) fn presence_of(&mut self, users: Vec<UserId>, re: Option<&str>) {
        if users.len() > ASKED_MAX {
            let message = format!("a question names at most {ASKED_MAX} users; ask several times");
            return self.refuse(ErrorCode::TooMany, &message, re);
        }
        if let Some((users, strangers)) = self.allowed_users(users, re) {
            self.bucket.charge(self.worker.node.settings(), users.len() / super::answers::USERS_PER_ACTION);
            self.ask(logs::Question::Users { users: users.into_iter().collect(), strangers }, None, re);
        }
    }

    pub(super) fn watch(&mut self, users: Users, re: Option<&str>) {
        let Some((users, strangers)) = self.allowed_users(users.users, re) else { return };
        let max = self.worker.node.settings().watch_max;
        let mut watched = self.watched.take().unwrap_or_default();
        let new = users.iter().filter(|user| !watched.contains(*user)).count();
        if watched.len() + new > max {
            self.watched = (!watched.is_empty()).then_some(watched);
            let message = format!("a session watches at most {max} users (presence.watch_max)");
            return self.refuse(ErrorCode::TooMany, &message, re);
        }
        watched.extend(users.iter().cloned());
        self.watched = (!watched.is_empty()).then_some(watched);
        let Some(member) = self.identity.as_ref().and_then(|identity| self.member(&identity.user)) else { return };
        self.bucket.charge(self.worker.node.settings(), users.len() / super::answers::USERS_PER_ACTION);
        let pending = Pending::new(self.accept(), re);
        let watch = Watch { member, users: users.into_iter().collect(), strangers, pending };
        // a watch that found no room must not be taken for one, so it has its place in the order like a join
        mail::insist(self.worker.node.watchers(), watch);
    }

    pub(super) fn unwatch(&mut self, users: Users, re: Option<&str>) {
        self.let_go(|user| users.users.contains(user));
        self.reply(&Event::Ack(Ack::default()), None, re);
    }

    /// What the session's new credentials do not let it see it watches no more.
    pub(super) fn unwatch_lost(&mut self, identity: &Identity) {
        let rules = self.worker.node.rules();
        let sees =
            |user: &UserId| may(identity, &rules.policy, Capability::Presence, &Address::User(user.clone())).is_ok();
        self.let_go(|user| !sees(user));
    }

    /// Whose organisations are other ones now: whom it reaches has to be asked again,
    /// so it watches nobody else any more.
    pub(super) fn unwatch_strangers(&mut self, identity: &Identity) {
        if self.worker.node.settings().reaches.presence == Reach::SameOrg {
            self.let_go(|user| *user != identity.user);
        }
    }

    /// The session is over.
    pub(super) fn unwatch_all(&mut self) {
        self.let_go(|_| true);
    }

    fn let_go(&mut self, ends: impl Fn(&UserId) -> bool) {
        let Some(mut watched) = self.watched.take() else { return };
        let ended: Vec<UserId> = watched.iter().filter(|user| ends(user)).cloned().collect();
        watched.retain(|user| !ends(user));
        self.watched = (!watched.is_empty()).then_some(watched);
        if !ended.is_empty() {
            mail::insist(self.worker.node.watchers(), Unwatch { session: self.id, users: ended });
        }
    }

    /// The users, each once, if the client may ask for all of them; otherwise it was told for whom not.
    fn allowed_users(&mut self, users: Vec<UserId>, re: Option<&str>) -> Option<(BTreeSet<UserId>, Option<Strangers>)> {
        let users: BTreeSet<UserId> = users.into_iter().collect();
        let reach = self.worker.node.settings().reaches.presence;
        let mut strangers: Option<Strangers> = None;
        for user in &users {
            let to = self.allowed(Capability::Presence, Some(&Address::User(user.clone())), re)?;
            match reach.judge(self.identity.as_ref()?, &to) {
                Ok(None) => {}
                Ok(Some(orgs)) => {
                    strangers.get_or_insert(Strangers { users: Vec::new(), orgs }).users.push(user.clone());
                }
                Err(denial) => {
                    self.refuse_at(denial.code(), denial.reason(), Some(&to), re);
                    return None;
                }
            }
        }
        Some((users, strangers))
    }

    /// Whether the answer to a question about users may still be given.
    pub(super) fn may_see(&self, identity: &Identity, users: impl Iterator<Item = UserId>) -> Result<(), Refusal> {
        let rules = self.worker.node.rules();
        for user in users {
            may(identity, &rules.policy, Capability::Presence, &Address::User(user))
                .map_err(|denial| Refusal::new(denial.code(), denial.reason()))?;
        }
        Ok(())
    }
}
