//! How often users and organisations act, by class of action, over the cluster.
//!
//! Every action of a class fills a leaky bucket of its user and one of its organisation. As with bytes, what was done
//! here is added to what the broker knows of the other nodes as soon as it is a noticeable part of the bucket: a user's
//! actions count wherever its sessions are, and also when it comes back with a new one. Someone who rarely acts costs
//! the broker nothing.

use super::leaky::Bounds;
use super::{Bytes as Account, PART};
use crate::backend::{Deposit, Holder};
use crate::environment::{Environment, Map};
use crate::words::action_class::{ActionClass, Rate, Rates};
use crate::words::payer::Payer;
use hubwire_protocol::{OrgId, UserId};
use std::cell::RefCell;
use std::time::Duration;
use tokio::time::Instant;

/// How much longer than it is full the broker keeps a bucket.
const KEPT: Duration = Duration::from_secs(60);

/// Whose rate is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exceeded {
    User(Duration),
    Org(Duration),
}

/// See the module.
pub(super) struct RateAccounts {
    user_rates: Rates,
    org_rates: Rates,
    users: RefCell<Map<(UserId, ActionClass), Account>>,
    orgs: RefCell<Map<(OrgId, ActionClass), Account>>,
    due: RefCell<Vec<Holder>>,
}

impl RateAccounts {
    pub fn new(user_rates: Rates, org_rates: Rates, environment: &Environment) -> Self {
        RateAccounts {
            user_rates,
            org_rates,
            users: RefCell::new(environment.map()),
            orgs: RefCell::new(environment.map()),
            due: RefCell::default(),
        }
    }

    /// Counts an action, or says how long until there is room for it; then nothing is counted.
    pub fn take(&self, payer: &Payer, class: ActionClass) -> Result<(), Exceeded> {
        let now = Instant::now();
        let (user_bounds, org_bounds) = (bounds(self.user_rates.of(class)), bounds(self.org_rates.of(class)));
        let org = payer.org.as_ref().filter(|_| org_bounds.holds > 0.0);
        let mut orgs = self.orgs.borrow_mut();
        let mut org = org.map(|org| (org, orgs.entry((org.clone(), class)).or_insert_with(|| Account::new(now))));
        if let Some(wait) = org.as_ref().and_then(|(_, account)| account.level.wait(now, org_bounds, 1.0)) {
            return Err(Exceeded::Org(wait));
        }
        if user_bounds.holds > 0.0 {
            let mut users = self.users.borrow_mut();
            let account = users.entry((payer.user.clone(), class)).or_insert_with(|| Account::new(now));
            if let Some(wait) = account.level.wait(now, user_bounds, 1.0) {
                return Err(Exceeded::User(wait));
            }
            if account.add(now, user_bounds, 1.0) {
                self.due.borrow_mut().push(Holder::UserActions(payer.user.clone(), class));
            }
        }
        if let Some((org, account)) = &mut org {
            if account.add(now, org_bounds, 1.0) {
                self.due.borrow_mut().push(Holder::OrgActions((*org).clone(), class));
            }
        }
        Ok(())
    }

    /// What the broker is to be told now.
    pub fn deposits(&self, into: &mut Vec<Deposit>) {
        let mut due = self.due.borrow_mut();
        if due.is_empty() {
            return;
        }
        for holder in due.drain(..) {
            let Some(rate) = self.rate(&holder) else { continue };
            let told = self.with(&holder, |account| std::mem::take(&mut account.untold) as u64);
            let Some(bytes) = told else { continue };
            into.push(Deposit { holder, bytes, per_second: f64::from(rate.per_second), ttl: rate.full_for() + KEPT });
        }
    }

    /// What the broker says a bucket holds; `None` when it could not be asked, or there are no other nodes.
    pub fn deposited(&self, holder: &Holder, level: Option<u64>) {
        self.with(holder, |account| {
            account.is_due = false;
            if let Some(level) = level {
                account.level.set(Instant::now(), level as f64 + account.untold);
            }
        });
    }

    /// Forgets buckets that ran dry.
    pub fn sweep(&self) {
        let now = Instant::now();
        let (users, orgs) = (self.user_rates, self.org_rates);
        self.users.borrow_mut().retain(|(_, class), account| account.is_used(now, bounds(users.of(*class))));
        self.orgs.borrow_mut().retain(|(_, class), account| account.is_used(now, bounds(orgs.of(*class))));
    }

    fn rate(&self, holder: &Holder) -> Option<Rate> {
        match holder {
            Holder::UserActions(_, class) => Some(self.user_rates.of(*class)),
            Holder::OrgActions(_, class) => Some(self.org_rates.of(*class)),
            Holder::User(_) | Holder::Org(_) => None,
        }
    }

    fn with<T>(&self, holder: &Holder, then: impl FnOnce(&mut Account) -> T) -> Option<T> {
        match holder {
            Holder::UserActions(user, class) => self.users.borrow_mut().get_mut(&(user.clone(), *class)).map(then),
            Holder::OrgActions(org, class) => self.orgs.borrow_mut().get_mut(&(org.clone(), *class)).map(then),
            Holder::User(_) | Holder::Org(_) => None,
        }
    }
}

fn bounds(rate: Rate) -> Bounds {
    let holds = if rate.per_second == 0 { 0.0 } else { f64::from(rate.burst).max(1.0 / PART) };
    Bounds { holds, per_second: f64::from(rate.per_second) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> RateAccounts {
        let user = Rates::read(["publish=100/640", "history=1/2"]).unwrap();
        let org = Rates::read(["publish=200/1280"]).unwrap();
        RateAccounts::new(user, org, &Environment::real())
    }

    fn payer(user: &str) -> Payer {
        Payer { user: user.parse().unwrap(), org: Some("acme".parse().unwrap()) }
    }

    /// A broker: what its accounts hold, and when that was.
    #[derive(Default)]
    struct Broker(std::collections::HashMap<String, (f64, Option<Instant>)>);

    impl Broker {
        fn tell(&mut self, node: &RateAccounts) {
            let mut deposits = Vec::new();
            node.deposits(&mut deposits);
            for deposit in deposits {
                let (level, at) = self.0.entry(format!("{:?}", deposit.holder)).or_default();
                let elapsed = at.map_or(0.0, |at| at.elapsed().as_secs_f64());
                *level = (*level - elapsed * deposit.per_second).max(0.0) + deposit.bytes as f64;
                *at = Some(Instant::now());
                node.deposited(&deposit.holder, Some(*level as u64));
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_users_actions_on_three_nodes_are_together_within_a_tenth_of_the_rate() {
        let (nodes, mut broker) = ([accounts(), accounts(), accounts()], Broker::default());
        let mut taken = 0_u32;
        // one action each 2 ms on each node: 1,500 per second
        for _ in 0..5_000 {
            for node in &nodes {
                taken += u32::from(node.take(&payer("u1"), ActionClass::Publish).is_ok());
                broker.tell(node);
            }
            tokio::time::advance(Duration::from_millis(2)).await;
        }
        let allowed = 640.0 + 10.0 * 100.0;
        let share = f64::from(taken) / allowed;
        assert!((0.9..=1.1).contains(&share), "{taken} of {allowed}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_class_an_other_user_and_an_other_organisation_have_rates_of_their_own() {
        let accounts = accounts();
        let take = |user: &str, class| accounts.take(&payer(user), class);
        while take("u1", ActionClass::Publish).is_ok() {}
        assert!(matches!(take("u1", ActionClass::Publish), Err(Exceeded::User(wait)) if wait < Duration::from_secs(1)));
        assert_eq!(take("u1", ActionClass::Presence), Ok(()), "no bound");
        assert_eq!(take("u2", ActionClass::Publish), Ok(()));
        while take("u2", ActionClass::Publish).is_ok() {}
        // the two have used what the organisation has
        assert!(matches!(take("u3", ActionClass::Publish), Err(Exceeded::Org(_))));
        assert_eq!(accounts.take(&Payer { org: None, ..payer("u3") }, ActionClass::Publish), Ok(()));
        // a broker that cannot be asked changes nothing
        let mut deposits = Vec::new();
        accounts.deposits(&mut deposits);
        assert!(!deposits.is_empty());
        deposits.iter().for_each(|deposit| accounts.deposited(&deposit.holder, None));
        assert!(take("u1", ActionClass::Publish).is_err());
        tokio::time::advance(Duration::from_secs(60)).await;
        accounts.sweep();
        assert!(accounts.users.borrow().is_empty() && accounts.orgs.borrow().is_empty());
    }
}
