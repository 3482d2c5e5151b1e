//! Budgets: what users and organisations may cost the node and the broker.
//!
//! There are three budgets, each a leaky bucket on the core thread of every node: the *deliveries* that a user's
//! publications cause on this node, and the *bytes* that a user, and an organisation, stores. The node refuses a
//! publication beyond a budget before it does anything else, and answers with the time to wait. Bytes are counted
//! across the cluster: once a node has used a noticeable part of the budget, it reports its use to the broker and
//! learns that of the other nodes, so there is not one call per publication. Each node may therefore exceed a budget by
//! that part, and by what is in flight.
//!
//! *Rates* of actions by class are accounts of the same kind: see `rates`.
//!
//! Until a publication has been delivered, the node assumes that it costs as many deliveries as the user's latest ones.

mod leaky;
mod rates;
#[cfg(test)]
mod tests;

use crate::backend::{Deposit, Holder};
use crate::environment::{Environment, Map};
use crate::metrics::Metrics;
use crate::settings::Budgets;
use crate::words::action_class::ActionClass;
use crate::words::outcome::Refusal;
use crate::words::payer::Payer;
use hubwire_protocol::{ErrorCode, OrgId, UserId};
use leaky::{BucketBounds, Leaky};
use rates::{Exceeded, RateAccounts};
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// So many deliveries of a publication are free.
const FREE_DELIVERIES: usize = 64;
/// How long the cost of the last publications serves as an estimate.
const MEMORY: Duration = Duration::from_secs(1);
/// What a new stream costs besides its publications: the memory that Redis takes for it.
const STREAM_BYTES: usize = 4096;
/// The node reports to the broker when it has used this part of a budget.
const PART: f64 = 1.0 / 64.0;

/// The accounts of this node; see the module.
pub struct Accounts {
    budgets: Cell<Budgets>,
    rates: RateAccounts,
    metrics: Arc<Metrics>,
    users: RefCell<Map<UserId, User>>,
    orgs: RefCell<Map<OrgId, Bytes>>,
    /// Accounts with something to report to the broker.
    due: RefCell<Vec<Holder>>,
    is_due: Cell<bool>,
}

struct User {
    deliveries: Leaky,
    /// The largest number of deliveries among the latest publications; `seen` is the time of that publication.
    fan_out: usize,
    seen: Instant,
    bytes: Bytes,
}

/// An account of bytes.
struct Bytes {
    level: Leaky,
    /// Bytes that were not reported to the broker yet.
    untold: f64,
    is_due: bool,
}

impl Accounts {
    /// Empty accounts.
    pub fn new(budgets: Budgets, environment: &Environment, metrics: Arc<Metrics>) -> Self {
        Accounts {
            rates: RateAccounts::new(&budgets, environment),
            budgets: Cell::new(budgets),
            metrics,
            users: RefCell::new(environment.map()),
            orgs: RefCell::new(environment.map()),
            due: RefCell::default(),
            is_due: Cell::new(false),
        }
    }

    /// Replaces the budgets. The levels of the accounts stay.
    pub fn set_budgets(&self, budgets: Budgets) {
        self.rates.set(&budgets);
        self.budgets.set(budgets);
    }

    /// Counts an action, or refuses it because its rate is used up.
    pub fn act(&self, payer: &Payer, class: ActionClass) -> Result<(), Refusal> {
        let exceeded = match self.rates.take(payer, class) {
            Ok(()) => return Ok(()),
            Err(exceeded) => exceeded,
        };
        let (budget, whose, wait) = match exceeded {
            Exceeded::User(wait) => ("user_rate", "you have", wait),
            Exceeded::Org(wait) => ("org_rate", "the organisation has", wait),
            Exceeded::Address(wait) => ("address_rate", "your address has", wait),
        };
        let why = format!("{whose} sent more actions of the class `{class}` than allowed for now");
        Err(self.refuse(budget, &why, wait))
    }

    /// Charges an action that turned out to cost as much as `more` further ones. It has been carried out already, so
    /// later actions wait.
    pub fn charge(&self, payer: &Payer, class: ActionClass, more: usize) {
        self.rates.charge(payer, class, more);
    }

    /// Whether an organisation may have that many sessions on this node.
    pub fn has_room(&self, sessions: usize) -> Result<(), Refusal> {
        let max = self.budgets.get().org_sessions_max;
        if max == 0 || sessions <= max {
            return Ok(());
        }
        self.metrics.budget_refused.with_label_values(&["org_sessions"]).inc();
        let why = format!("the organisation has reached its limit of {max} sessions on this node");
        Err(Refusal::new(ErrorCode::Overloaded, why))
    }

    /// Takes the cost of a publication of that many stored bytes, or refuses it.
    pub fn spend(&self, payer: &Payer, bytes: usize) -> Result<(), Refusal> {
        if !self.budgets.get().are_set() {
            return Ok(());
        }
        let now = Instant::now();
        let mut users = self.users.borrow_mut();
        let user = users.entry(payer.user.clone()).or_insert_with(|| User::new(now));
        let fan_out = user.expected(now);
        if let Some(wait) = user.deliveries.wait(now, self.deliveries(), fan_out) {
            return Err(self.refuse("deliveries", "your messages reach too many sessions in too short a time", wait));
        }
        if let Some(wait) = user.bytes.level.wait(now, self.user_bytes(), bytes as f64) {
            return Err(self.refuse("user_bytes", "you may store nothing more for now", wait));
        }
        if let Some(org) = payer.org.as_ref().filter(|_| bytes > 0) {
            let mut orgs = self.orgs.borrow_mut();
            let account = orgs.entry(org.clone()).or_insert_with(|| Bytes::new(now));
            if let Some(wait) = account.level.wait(now, self.org_bytes(), bytes as f64) {
                return Err(self.refuse("org_bytes", "the organisation may store nothing more for now", wait));
            }
            if account.add(now, self.org_bytes(), bytes as f64) {
                self.note_due(Holder::Org(org.clone()));
            }
        }
        user.deliveries.add(now, self.deliveries(), fan_out);
        if user.bytes.add(now, self.user_bytes(), bytes as f64) {
            self.note_due(Holder::User(payer.user.clone()));
        }
        Ok(())
    }

    /// Charges the user for the deliveries of a publication on this node.
    pub fn owe(&self, user: &str, deliveries: usize) {
        if deliveries <= FREE_DELIVERIES {
            return;
        }
        let mut users = self.users.borrow_mut();
        // publications of the server API have no account
        let Some(account) = users.get_mut(user) else { return };
        let now = Instant::now();
        let missing = deliveries as f64 - account.expected(now);
        if missing > 0.0 {
            account.deliveries.add(now, self.deliveries(), missing);
        }
        account.fan_out = account.fan_out.max(deliveries);
        account.seen = now;
    }

    /// Charges for new streams, each of which takes memory besides its publications.
    pub fn began(&self, payer: &Payer, streams: usize) {
        let (now, bytes) = (Instant::now(), (streams * STREAM_BYTES) as f64);
        if let Some(user) = self.users.borrow_mut().get_mut(&payer.user) {
            if user.bytes.add(now, self.user_bytes(), bytes) {
                self.note_due(Holder::User(payer.user.clone()));
            }
        }
        let Some(org) = &payer.org else { return };
        if self.orgs.borrow_mut().get_mut(org).is_some_and(|account| account.add(now, self.org_bytes(), bytes)) {
            self.note_due(Holder::Org(org.clone()));
        }
    }

    /// The reports that are due to the broker; usually none.
    pub fn deposits(&self) -> Vec<Deposit> {
        let mut deposits = Vec::new();
        self.rates.deposits(&mut deposits);
        if !self.is_due.replace(false) {
            return deposits;
        }
        let due = self.due.take();
        let (mut users, mut orgs) = (self.users.borrow_mut(), self.orgs.borrow_mut());
        deposits.extend(due.into_iter().filter_map(|holder| {
            let (account, bounds) = match &holder {
                Holder::User(user) => (&mut users.get_mut(user)?.bytes, self.user_bytes()),
                Holder::Org(org) => (orgs.get_mut(org)?, self.org_bytes()),
                Holder::UserActions(..) | Holder::OrgActions(..) | Holder::AddressActions(..) => return None,
            };
            let bytes = std::mem::take(&mut account.untold) as u64;
            Some(Deposit { holder, bytes, per_second: bounds.per_second, ttl: self.budgets.get().window })
        }));
        deposits
    }

    /// Adopts the broker's level after a report; `None` when the broker did not answer.
    pub fn deposited(&self, deposit: &Deposit, level: Option<u64>) {
        let (mut users, mut orgs) = (self.users.borrow_mut(), self.orgs.borrow_mut());
        let account = match &deposit.holder {
            Holder::User(user) => users.get_mut(user).map(|user| &mut user.bytes),
            Holder::Org(org) => orgs.get_mut(org),
            holder => return self.rates.deposited(holder, level),
        };
        let Some(account) = account else { return };
        account.is_due = false;
        match level {
            Some(level) => account.level.set(Instant::now(), level as f64 + account.untold),
            None => account.untold += deposit.bytes as f64,
        }
    }

    /// Removes empty accounts.
    pub fn sweep(&self) {
        let now = Instant::now();
        let (deliveries, user_bytes, org_bytes) = (self.deliveries(), self.user_bytes(), self.org_bytes());
        self.users.borrow_mut().retain(|_, user| {
            user.deliveries.level(now, deliveries) > 0.0
                || user.bytes.is_used(now, user_bytes)
                || user.expected(now) > 0.0
        });
        self.orgs.borrow_mut().retain(|_, org| org.is_used(now, org_bytes));
        self.rates.sweep();
    }

    fn note_due(&self, holder: Holder) {
        self.due.borrow_mut().push(holder);
        self.is_due.set(true);
    }

    fn refuse(&self, budget: &str, why: &str, wait: Duration) -> Refusal {
        self.metrics.budget_refused.with_label_values(&[budget]).inc();
        let retry_after_ms = Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).saturating_add(1));
        Refusal { retry_after_ms, ..Refusal::new(ErrorCode::RateLimited, why) }
    }

    fn deliveries(&self) -> BucketBounds {
        let per_second = f64::from(self.budgets.get().deliveries_per_second);
        match self.budgets.get().deliveries_per_second {
            0 => BucketBounds { holds: 0.0, per_second },
            _ => BucketBounds { holds: (self.budgets.get().deliveries_burst as f64).max(per_second), per_second },
        }
    }

    fn user_bytes(&self) -> BucketBounds {
        self.bytes(self.budgets.get().user_bytes_max)
    }

    fn org_bytes(&self) -> BucketBounds {
        self.bytes(self.budgets.get().org_bytes_max)
    }

    fn bytes(&self, max: u64) -> BucketBounds {
        BucketBounds { holds: max as f64, per_second: max as f64 / self.budgets.get().window.as_secs_f64() }
    }
}

impl User {
    fn new(now: Instant) -> Self {
        User { deliveries: Leaky::empty(now), fan_out: 0, seen: now, bytes: Bytes::new(now) }
    }

    /// The estimated deliveries of the next publication.
    fn expected(&mut self, now: Instant) -> f64 {
        if self.fan_out > 0 && now.saturating_duration_since(self.seen) > MEMORY {
            self.fan_out = 0;
        }
        self.fan_out as f64
    }
}

impl Bytes {
    fn new(now: Instant) -> Self {
        Bytes { level: Leaky::empty(now), untold: 0.0, is_due: false }
    }

    /// Returns whether a report to the broker became due.
    fn add(&mut self, now: Instant, bounds: BucketBounds, bytes: f64) -> bool {
        if bounds.holds == 0.0 {
            return false;
        }
        self.level.add(now, bounds, bytes);
        self.untold += bytes;
        self.untold >= bounds.holds * PART && !std::mem::replace(&mut self.is_due, true)
    }

    fn is_used(&self, now: Instant, bounds: BucketBounds) -> bool {
        self.is_due || self.level.level(now, bounds) > 0.0
    }
}
