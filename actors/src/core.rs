//! State that the actors of the core thread share. It never leaves that thread.

use crate::access::reach::Strangers;
use crate::accounts::Accounts;
use crate::backend::{Backend, BackendError};
use crate::cluster::node_channel::NodeChannel;
use crate::cluster::validity::Validity;
use crate::complaint::Complaint;
use crate::denylist::LocalDenylist;
use crate::environment::Environment;
use crate::metrics::Metrics;
use crate::settings::Settings;
use crate::trace::Tracer;
use crate::vital::Vital;
use crate::words::action_class::ActionClass;
use crate::words::outcome::Refusal;
use crate::words::payer::Payer;
use bytes::Bytes;
use hubwire_protocol::event::{Event, Lag};
use hubwire_protocol::{Address, Dialect, Incarnation, Position};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt::Display;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a session waits for a topic, and for a node that receives no messages.
const DEAF_PATIENCE: Duration = Duration::from_secs(4);
/// Dead incarnations that are remembered.
const DEAD_MAX: usize = 1024;

/// The shared state of one node; see the module.
pub struct Core {
    /// The broker.
    pub backend: Rc<dyn Backend>,
    /// The configuration.
    pub settings: Arc<Settings>,
    /// Clock and randomness.
    pub environment: Environment,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The id of this life of the process.
    pub incarnation: Incarnation,
    /// Records the path of publications whose sender traces them.
    pub tracer: Tracer,
    /// Starts the actors without which the node has to end.
    pub vital: Vital,
    live: RefCell<Vec<Incarnation>>,
    /// Whether the broker has returned the live nodes.
    knows_nodes: Cell<bool>,
    /// Since when there is no proof that messages arrive, and the latest report of that.
    deaf: Cell<Option<(Instant, Instant)>>,
    /// How many nodes speak a version of the cluster protocol that this one does not understand.
    strangers: Cell<usize>,
    /// Incarnations that were named and found dead: they never come back.
    dead: RefCell<HashSet<Incarnation>>,
    /// Budgets and rates of users and organisations.
    pub accounts: Accounts,
    /// Blocked users, sessions and addresses, and revoked tokens.
    pub denylist: Arc<LocalDenylist>,
    /// Messages between nodes.
    pub node_channel: NodeChannel,
    /// The validity of this node's lease.
    pub lease: Arc<Validity>,
    /// Log line: this node cannot read some publications.
    unreadable: Complaint,
}

impl Core {
    /// A core whose node has no lease yet.
    pub fn new(
        backend: Rc<dyn Backend>,
        settings: Arc<Settings>,
        environment: Environment,
        metrics: Arc<Metrics>,
        incarnation: Incarnation,
    ) -> Self {
        let live = RefCell::new(vec![incarnation]);
        let dead = RefCell::default();
        let accounts = Accounts::new(settings.budgets, &environment, metrics.clone());
        let (vital, lease, knows_nodes) = (Vital::default(), Arc::default(), Cell::new(false));
        let node_channel = NodeChannel::new(backend.clone(), &settings.cluster_secrets);
        let (denylist, unreadable) = (Arc::default(), Complaint::default());
        Core {
            dead,
            accounts,
            denylist,
            backend,
            settings,
            environment,
            metrics,
            incarnation,
            tracer: Tracer::default(),
            vital,
            live,
            knows_nodes,
            strangers: Cell::default(),
            deaf: Cell::default(),
            node_channel,
            lease,
            unreadable,
        }
    }

    /// Handles a publication that this node cannot read, because a newer node stored it or it is damaged. Returns the
    /// notice that replaces it: otherwise the member would take the stream for complete.
    pub fn unreadable(
        &self,
        stream: &Address,
        pos: Position,
        error: &dyn Display,
    ) -> impl Fn(Dialect) -> Option<Bytes> {
        self.metrics.malformed.inc();
        if let Some(times) = self.unreadable.due() {
            log::warn!("publication cannot be read stream={stream} pos={pos} times={times} error={error}");
        }
        let stream = stream.clone();
        move |dialect| dialect.event(&Event::Lag(Lag { pos }), Some(&stream), None)
    }

    /// The nodes whose lease is valid, this one included.
    pub fn live(&self) -> Vec<Incarnation> {
        self.live.borrow().clone()
    }

    /// Whether a node's lease is valid.
    pub fn is_live(&self, incarnation: Incarnation) -> bool {
        self.live.borrow().contains(&incarnation)
    }

    /// Whether each of these nodes is known to be alive or dead. An unknown one may have started a moment ago: before
    /// routing to it, the caller asks the broker.
    pub fn knows(&self, mut incarnations: impl Iterator<Item = Incarnation>) -> bool {
        let (live, dead) = (self.live.borrow(), self.dead.borrow());
        incarnations.all(|incarnation| live.contains(&incarnation) || dead.contains(&incarnation))
    }

    /// Marks those of these nodes as dead that are not in the live set, which was read just now.
    pub fn bury(&self, incarnations: impl Iterator<Item = Incarnation>) {
        let (live, mut dead) = (self.live.borrow(), self.dead.borrow_mut());
        if dead.len() > DEAD_MAX {
            dead.clear(); // asked for again when named again
        }
        dead.extend(incarnations.filter(|incarnation| !live.contains(incarnation)));
    }

    /// Takes over the live set of the broker. A set without this node is ignored: this node has not entered yet, or the
    /// broker accepts no renewals at all. Returns whether it was taken over.
    pub fn set_live(&self, live: Vec<Incarnation>) -> bool {
        if !live.contains(&self.incarnation) {
            return false;
        }
        self.knows_nodes.set(true);
        self.metrics.nodes_live.set(live.len() as i64);
        *self.live.borrow_mut() = live;
        true
    }

    /// Whether the broker has returned the live nodes. Before that this node would take all others for dead, so it does
    /// not act on their absence.
    pub fn knows_nodes(&self) -> bool {
        self.knows_nodes.get()
    }

    /// The backend reports that there is no proof that messages arrive.
    pub fn note_deaf(&self) {
        let now = Instant::now();
        let since = self.deaf.get().filter(|(_, latest)| now - *latest < DEAF_PATIENCE).map_or(now, |(since, _)| since);
        self.deaf.set(Some((since, now)));
    }

    /// Whether messages may have been missing for so long that a session is better off on another node: its
    /// publications would reach other nodes late.
    pub fn is_deaf(&self) -> bool {
        let now = Instant::now();
        let lasts = |(since, latest): (Instant, Instant)| now - latest < DEAF_PATIENCE && now - since >= DEAF_PATIENCE;
        self.deaf.get().is_some_and(lasts)
    }

    /// Fails unless all of these users are within reach.
    pub async fn demand_reach(&self, strangers: Option<Strangers>) -> Result<(), BackendError> {
        let Some(Strangers { users, within }) = strangers else { return Ok(()) };
        for user in users {
            if !self.backend.reaches(user, within.clone()).await? {
                return Err(BackendError::OutOfReach);
            }
        }
        Ok(())
    }

    /// The number of nodes that keep this one from serving, because it does not understand them.
    pub fn strangers(&self) -> usize {
        self.strangers.get()
    }

    /// Updated with each read of the live set.
    pub fn set_strangers(&self, count: usize) {
        self.strangers.set(count);
    }

    /// Reads the live set again if one of these nodes is unknown: it may have started a moment ago.
    pub async fn get_to_know(&self, nodes: Vec<Incarnation>) {
        // a node that is not ready does not act on the absence of others
        if !self.knows_nodes() || self.knows(nodes.iter().copied()) {
            return;
        }
        match self.backend.live().await {
            Ok(live) => {
                if self.set_live(live.nodes) {
                    self.bury(nodes.into_iter());
                }
            }
            Err(error) => log::debug!("cannot read the live nodes error={error}"), // the last known ones count
        }
    }

    /// Whether this node's own lease is valid, by its monotonic clock. Past it the node neither delivers nor accepts.
    pub fn holds_lease(&self) -> bool {
        let held = self.lease.holds();
        if !held {
            self.metrics.lease_held.set(0);
        }
        held
    }

    /// Takes the cost of a publication from its payer's budgets, or refuses it.
    pub fn spend(self: &Rc<Self>, payer: Option<&Payer>, class: ActionClass, bytes: usize) -> Result<(), Refusal> {
        let Some(payer) = payer else { return Ok(()) };
        self.accounts.act(payer, class)?;
        let spent = self.accounts.spend(payer, bytes);
        self.tell_deposits();
        spent
    }

    /// Counts an action that stores nothing, or refuses it.
    pub fn act(self: &Rc<Self>, payer: &Payer, class: ActionClass) -> Result<(), Refusal> {
        self.accounts.act(payer, class)?;
        self.tell_deposits();
        Ok(())
    }

    /// Charges what an answer cost beyond the usual: one action for each part of this many bytes or users.
    pub fn charge(self: &Rc<Self>, payer: &Payer, class: ActionClass, more: usize) {
        if more > 0 {
            self.accounts.charge(payer, class, more);
            self.tell_deposits();
        }
    }

    fn tell_deposits(self: &Rc<Self>) {
        for deposit in self.accounts.deposits() {
            let (core, told) = (self.clone(), self.backend.deposit(deposit.clone()));
            // one report per account at a time
            actix::spawn(async move {
                let level = told.await.unwrap_or_else(|error| {
                    log::debug!("cannot report usage to the broker error={error}");
                    None
                });
                core.accounts.deposited(&deposit, level);
            });
        }
    }

    /// Counts a message that found a mailbox full.
    pub fn overflow(&self, mailbox: &str) {
        self.metrics.mailbox_full.with_label_values(&[mailbox]).inc();
    }
}
