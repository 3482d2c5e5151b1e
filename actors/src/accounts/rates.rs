//! Rates of actions by class, of users, organisations and client addresses, over the cluster.
//!
//! Every action of a class fills a leaky bucket of its user, one of its organisation and one of its client's address.
//! As with bytes, once a node's share is a noticeable part of the bucket, the node adds it to the broker's level, which
//! includes the other nodes. A user's actions therefore count on all nodes together, and a reconnect does not reset
//! them. A user that rarely acts costs the broker nothing.

use super::leaky::BucketBounds;
use super::{Bytes as Account, PART};
use crate::backend::{Deposit, Holder};
use crate::environment::{Environment, Map};
use crate::settings::Budgets;
use crate::words::action_class::{ActionClass, Rate, Rates};
use crate::words::network::Network;
use crate::words::payer::Payer;
use hubwire_protocol::{OrgId, UserId};
use std::cell::{Cell, RefCell};
use std::hash::Hash;
use std::time::Duration;
use tokio::time::Instant;

/// The broker keeps a bucket for this long after it has drained.
const KEPT: Duration = Duration::from_secs(60);

/// The holder of a used-up rate: a user, an organisation or an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exceeded {
    User(Duration),
    Org(Duration),
    Address(Duration),
}

/// The accounts of rates; see the module.
pub(super) struct RateAccounts {
    users: RateBuckets<UserId>,
    orgs: RateBuckets<OrgId>,
    addresses: RateBuckets<Network>,
    due: RefCell<Vec<Holder>>,
}

/// The buckets of one kind of holder.
struct RateBuckets<K> {
    rates: Cell<Rates>,
    buckets: RefCell<Map<(K, ActionClass), Account>>,
}

impl<K: Clone + Eq + Hash> RateBuckets<K> {
    fn new(rates: Rates, environment: &Environment) -> Self {
        RateBuckets { rates: Cell::new(rates), buckets: RefCell::new(environment.map()) }
    }

    /// Whether actions of a class are counted at all.
    fn are_bounded(&self, class: ActionClass) -> bool {
        bounds(self.rates.get().of(class)).holds > 0.0
    }

    /// How long until there is room for one more action; `None` when there is room now.
    fn wait(&self, holder: &K, class: ActionClass, now: Instant) -> Option<Duration> {
        let bounds = bounds(self.rates.get().of(class));
        self.buckets.borrow().get(&(holder.clone(), class))?.level.wait(now, bounds, 1.0)
    }

    /// Counts actions. Returns whether a report to the broker became due.
    fn add(&self, holder: &K, class: ActionClass, now: Instant, actions: f64) -> bool {
        let bounds = bounds(self.rates.get().of(class));
        if bounds.holds == 0.0 {
            return false;
        }
        let mut buckets = self.buckets.borrow_mut();
        let account = buckets.entry((holder.clone(), class)).or_insert_with(|| Account::new(now));
        // bounded, so that the debt of one expensive answer does not block the holder for long
        let room = (2.0 * bounds.holds - account.level.level(now, bounds)).max(0.0);
        account.add(now, bounds, actions.min(room))
    }

    fn with<T>(&self, holder: &K, class: ActionClass, then: impl FnOnce(&mut Account) -> T) -> Option<T> {
        self.buckets.borrow_mut().get_mut(&(holder.clone(), class)).map(then)
    }

    fn sweep(&self, now: Instant) {
        let rates = self.rates.get();
        self.buckets.borrow_mut().retain(|(_, class), account| account.is_used(now, bounds(rates.of(*class))));
    }
}

impl RateAccounts {
    pub fn new(budgets: &Budgets, environment: &Environment) -> Self {
        RateAccounts {
            users: RateBuckets::new(budgets.user_rates, environment),
            orgs: RateBuckets::new(budgets.org_rates, environment),
            addresses: RateBuckets::new(budgets.address_rates, environment),
            due: RefCell::default(),
        }
    }

    /// Replaces the rates.
    pub fn set(&self, budgets: &Budgets) {
        self.users.rates.set(budgets.user_rates);
        self.orgs.rates.set(budgets.org_rates);
        self.addresses.rates.set(budgets.address_rates);
    }

    /// Counts an action; without room for it, counts nothing and returns how long until there is room.
    pub fn take(&self, payer: &Payer, class: ActionClass) -> Result<(), Exceeded> {
        if !(self.users.are_bounded(class) || self.orgs.are_bounded(class) || self.addresses.are_bounded(class)) {
            return Ok(()); // without reading the clock
        }
        let now = Instant::now();
        let Payer { user, org, network } = payer;
        if let Some(wait) = network.as_ref().and_then(|network| self.addresses.wait(network, class, now)) {
            return Err(Exceeded::Address(wait));
        }
        if let Some(wait) = org.as_ref().and_then(|org| self.orgs.wait(org, class, now)) {
            return Err(Exceeded::Org(wait));
        }
        if let Some(wait) = self.users.wait(user, class, now) {
            return Err(Exceeded::User(wait));
        }
        self.count(payer, class, now, 1.0);
        Ok(())
    }

    /// Charges the cost of an action beyond that of an ordinary one.
    pub fn charge(&self, payer: &Payer, class: ActionClass, more: usize) {
        self.count(payer, class, Instant::now(), more as f64);
    }

    fn count(&self, payer: &Payer, class: ActionClass, now: Instant, actions: f64) {
        let Payer { user, org, network } = payer;
        let mut due = self.due.borrow_mut();
        if self.users.add(user, class, now, actions) {
            due.push(Holder::UserActions(user.clone(), class));
        }
        if let Some(org) = org.as_ref().filter(|org| self.orgs.add(org, class, now, actions)) {
            due.push(Holder::OrgActions(org.clone(), class));
        }
        if let Some(network) = network.as_ref().filter(|network| self.addresses.add(network, class, now, actions)) {
            due.push(Holder::AddressActions(*network, class));
        }
    }

    /// The reports that are due to the broker.
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

    /// Adopts the broker's level; `None` when the broker did not answer, or there are no other nodes.
    pub fn deposited(&self, holder: &Holder, level: Option<u64>) {
        self.with(holder, |account| {
            account.is_due = false;
            if let Some(level) = level {
                account.level.set(Instant::now(), level as f64 + account.untold);
            }
        });
    }

    /// Removes buckets that have drained.
    pub fn sweep(&self) {
        let now = Instant::now();
        self.users.sweep(now);
        self.orgs.sweep(now);
        self.addresses.sweep(now);
    }

    fn rate(&self, holder: &Holder) -> Option<Rate> {
        match holder {
            Holder::UserActions(_, class) => Some(self.users.rates.get().of(*class)),
            Holder::OrgActions(_, class) => Some(self.orgs.rates.get().of(*class)),
            Holder::AddressActions(_, class) => Some(self.addresses.rates.get().of(*class)),
            Holder::User(_) | Holder::Org(_) => None,
        }
    }

    fn with<T>(&self, holder: &Holder, then: impl FnOnce(&mut Account) -> T) -> Option<T> {
        match holder {
            Holder::UserActions(user, class) => self.users.with(user, *class, then),
            Holder::OrgActions(org, class) => self.orgs.with(org, *class, then),
            Holder::AddressActions(network, class) => self.addresses.with(network, *class, then),
            Holder::User(_) | Holder::Org(_) => None,
        }
    }
}

fn bounds(rate: Rate) -> BucketBounds {
    let holds = if rate.per_second == 0 { 0.0 } else { f64::from(rate.burst).max(1.0 / PART) };
    BucketBounds { holds, per_second: f64::from(rate.per_second) }
}

#[cfg(test)]
mod tests;
