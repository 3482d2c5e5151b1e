//! A node as the binary sees it: calls of the HTTP API, the upgrade and the command line to the actors.
//!
//! Each call is a message to an actor of the core thread, and its answer; the caller is never an actor. Only the start
//! of the node knows the actors themselves.

mod calls;
mod denylist;
mod drain;
mod inquire;
mod inspect;
mod past;
mod publish;
mod sessions;
mod start;
mod streams;
mod tickets;

pub use publish::ServerPublish;
pub use tickets::{ticket_digest, Ticketed};

use crate::access::Rules;
use crate::application::Application;
use crate::audit::Audit;
use crate::backend::{Backend, BackendEvent};
use crate::denylist::LocalDenylist;
use crate::environment::Environment;
use crate::identity::Authenticator;
use crate::inquiry::Inquiries;
use crate::live_channels::LiveChannels;
use crate::mail;
use crate::metrics::Metrics;
use crate::observer::Observer;
use crate::retention::StreamRetention;
use crate::settings::{Budgets, SessionLimits, Settings};
use crate::trace::Tracer;
use crate::vital::Vital;
use crate::words::answer::Asker;
use crate::words::bridge::{BridgePort, Errand, SetBudgets};
use crate::words::cluster::{ClusterPort, Release};
use crate::words::delivery::DeliveryPort;
use crate::words::log_reader::{Ask, LogReaderPort, Page, Question};
use crate::words::outcome::{Found, MembersPage, Occupant, Refusal};
use crate::words::port::Port;
use crate::words::presence::PresencePort;
use crate::words::session::RulesChanged;
use crate::words::watchers::WatchersPort;
use crate::words::wshub::CloseAll;
use crate::wrong_credentials::WrongCredentials;
use arc_swap::{ArcSwap, Guard};
use hubwire_protocol::{Address, ErrorCode, Incarnation, UserId};
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock};
use tokio::sync::{mpsc, oneshot, Notify};

/// The handle of a node; see the module. Cheap to clone; may be used from any thread.
#[derive(Clone)]
pub struct Node(Arc<Inner>);

struct Inner {
    bridge: Arc<dyn BridgePort>,
    presence: Arc<dyn PresencePort>,
    log_reader: Arc<dyn LogReaderPort>,
    watchers: Arc<dyn WatchersPort>,
    cluster: Arc<dyn ClusterPort>,
    settings: ArcSwap<Settings>,
    rules: ArcSwap<Rules>,
    environment: Environment,
    metrics: Arc<Metrics>,
    incarnation: Incarnation,
    authenticator: Arc<dyn Authenticator>,
    /// Only used at start and during a drain.
    deliveries: Mutex<Vec<Arc<dyn DeliveryPort>>>,
    wshub: OnceLock<Arc<dyn Port<CloseAll>>>,
    application: OnceLock<Arc<dyn Application>>,
    live_channels: OnceLock<Arc<dyn LiveChannels>>,
    fenced: Arc<Notify>,
    drain_asked: Arc<Notify>,
    inquiries: Inquiries,
    observer: Observer,
    tracer: Tracer,
    vital: Vital,
    denylist: Arc<LocalDenylist>,
    audit: Arc<Audit>,
    wrong_credentials: WrongCredentials,
}

/// The parts that a node is made of.
pub struct Parts {
    /// The configuration.
    pub settings: Arc<Settings>,
    /// Clock and randomness.
    pub environment: Environment,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The id of this life of the process.
    pub incarnation: Incarnation,
    /// Checks tokens.
    pub authenticator: Arc<dyn Authenticator>,
    /// The broker.
    pub backend: Rc<dyn Backend>,
    /// Events of the broker.
    pub events: mpsc::Receiver<BackendEvent>,
    /// Records the path of publications whose sender traces them.
    pub tracer: Tracer,
}

impl Node {
    /// The present configuration. Reading it takes no lock.
    pub fn settings(&self) -> Guard<Arc<Settings>> {
        self.0.settings.load()
    }

    /// Replaces the limits. Limits in the welcome apply to sessions that begin from now on, the others to all sessions.
    pub fn set_limits(&self, limits: &SessionLimits, budgets: Budgets) {
        let settings = Settings { budgets, ..self.settings().with_limits(limits) };
        self.0.settings.store(Arc::new(settings));
        mail::insist(self.bridge(), SetBudgets(budgets));
    }

    /// Replaces the retention of streams; it applies to each from its next publication on.
    pub fn set_retention(&self, retention: StreamRetention) {
        let settings = Settings { retention, ..(**self.settings()).clone() };
        self.0.settings.store(Arc::new(settings));
    }

    /// The present access rules. Reading them takes no lock.
    pub fn rules(&self) -> Guard<Arc<Rules>> {
        self.0.rules.load()
    }

    /// Replaces the access rules, for all actions that are decoded from now on. Sessions leave the channels, and end
    /// the watches, that the new rules do not allow them.
    pub fn set_rules(&self, rules: Rules) {
        let former = self.0.rules.swap(Arc::new(rules));
        if former.policy != self.rules().policy {
            mail::insist(self.presence(), RulesChanged);
        }
    }

    /// Clock and randomness.
    pub fn environment(&self) -> &Environment {
        &self.0.environment
    }

    /// Counters.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.0.metrics
    }

    /// The id of this life of the process.
    pub fn incarnation(&self) -> Incarnation {
        self.0.incarnation
    }

    /// Checks tokens.
    pub fn authenticator(&self) -> &dyn Authenticator {
        &*self.0.authenticator
    }

    /// Whether an actor without which the node cannot work has panicked.
    pub fn vital(&self) -> &Vital {
        &self.0.vital
    }

    /// Shows publications to operators.
    pub fn observer(&self) -> &Observer {
        &self.0.observer
    }

    /// Records the path of publications whose sender traces them.
    pub(crate) fn tracer(&self) -> &Tracer {
        &self.0.tracer
    }

    /// The audit trail of this node.
    pub fn audit(&self) -> &Arc<Audit> {
        &self.0.audit
    }

    /// Blocked users, sessions and addresses, and revoked tokens.
    pub(crate) fn denylist(&self) -> &LocalDenylist {
        &self.0.denylist
    }

    pub(crate) fn bridge(&self) -> &dyn BridgePort {
        &*self.0.bridge
    }

    pub(crate) fn presence(&self) -> &dyn PresencePort {
        &*self.0.presence
    }

    fn cluster(&self) -> &dyn ClusterPort {
        &*self.0.cluster
    }

    pub(crate) fn watchers(&self) -> &dyn WatchersPort {
        &*self.0.watchers
    }

    pub(crate) fn log_reader(&self) -> &dyn LogReaderPort {
        &*self.0.log_reader
    }

    pub(crate) fn register_delivery(&self, delivery: Arc<dyn DeliveryPort>) {
        self.deliveries().push(delivery);
    }

    fn deliveries(&self) -> std::sync::MutexGuard<'_, Vec<Arc<dyn DeliveryPort>>> {
        // a list of addresses is whole even if a thread panicked while it held the lock
        self.0.deliveries.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The users in a channel with the number of their sessions.
    pub async fn members(&self, channel: Address) -> Result<Vec<Occupant>, Refusal> {
        Ok(self.members_page(channel, None, usize::MAX).await?.users)
    }

    /// The users in a channel after `after`, at most `limit`, in the order of their ids.
    pub async fn members_page(
        &self,
        channel: Address,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<MembersPage, Refusal> {
        let page = Page { count_only: false, after, limit };
        match self.found(Question::Members { channel, page }).await? {
            Found::Members { users, count, more } => Ok(MembersPage { users, count, more }),
            _ => Ok(MembersPage::default()), // was not asked for
        }
    }

    /// Whether a user is online, with the number of its sessions. A user that is offline, and whose last session is not
    /// recorded, is not in the list.
    pub async fn presence_of(&self, user: UserId) -> Result<Vec<Occupant>, Refusal> {
        match self.found(Question::User { user, within: None }).await? {
            Found::Users(users) => Ok(users),
            _ => Ok(Vec::new()), // was not asked for
        }
    }

    async fn found(&self, question: Question) -> Result<Found, Refusal> {
        let (answer, outcome) = oneshot::channel();
        let ask = Ask { question, payer: None, asker: Asker::Api(answer) };
        mail::tell(self.log_reader(), ask).map_err(|_| overloaded())?;
        outcome.await.map_err(|_| stopping())?
    }

    /// Proves that the broker answers.
    pub async fn ping(&self) -> Result<(), Refusal> {
        self.errand(Errand::Ping).await
    }

    async fn errand<T>(
        &self,
        errand: impl FnOnce(oneshot::Sender<Result<T, Refusal>>) -> Errand,
    ) -> Result<T, Refusal> {
        let (answer, outcome) = oneshot::channel();
        mail::tell(self.bridge(), errand(answer)).map_err(|_| overloaded())?;
        outcome.await.map_err(|_| stopping())?
    }

    /// Resolves when the cluster has removed this node after its lease expired: its incarnation cannot be used any
    /// more, and the process has to end. For one caller.
    pub async fn fenced(&self) {
        self.0.fenced.notified().await;
    }

    /// Releases the lease, so that the cluster need not wait for its expiry.
    pub async fn release(&self) {
        let (answer, released) = oneshot::channel();
        mail::insist(self.cluster(), Release { answer });
        drop(released.await); // without an answer the lease expires by itself
    }
}

fn overloaded() -> Refusal {
    Refusal::new(ErrorCode::Overloaded, "the node is busy; nothing was done")
}

fn stopping() -> Refusal {
    Refusal::new(ErrorCode::Draining, "the node stops; ask another one")
}
