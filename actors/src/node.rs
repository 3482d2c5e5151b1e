//! A node as the binary sees it: what the HTTP API, the upgrade and the CLI ask of the actors.
//!
//! Everything here is a message to an actor of the core thread and its answer; the caller is never an actor. Which actors
//! those are is known where they are started.

mod calls;
mod denylist;
mod drain;
mod inquire;
mod inspect;
mod sessions;
mod start;

use crate::access::Rules;
use crate::application::Application;
use crate::backend::{Append, AppendDirect, Backend, BackendEvent, IdempotencyKey};
use crate::denylist::Denylist;
use crate::environment::Environment;
use crate::idempotency;
use crate::identity::{Authenticator, Identity};
use crate::inquiry::Inquiries;
use crate::mail;
use crate::metrics::Metrics;
use crate::settings::Settings;
use crate::vital::Vital;
use crate::words::answer::{Answer, Asker};
use crate::words::bridge::{BridgePort, Errand, PublishEphemeral, PublishTopic};
use crate::words::cluster::{ClusterPort, Release};
use crate::words::delivery::DeliveryPort;
use crate::words::log_reader::{Ask, LogReaderPort, Page, Question};
use crate::words::outcome::{Found, Occupant, Refusal};
use crate::words::port::Port;
use crate::words::presence::{Direct, DirectEphemeral, PresencePort};
use crate::words::wshub::CloseAll;
use arc_swap::{ArcSwap, Guard};
use bytes::Bytes;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::event::Ack;
use hubwire_protocol::{Address, ErrorCode, Incarnation, UserId};
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, Notify};

/// A publication by the server API. `payload` and `meta` are JSON texts; `meta` is an object without `hub`.
#[derive(Debug, Clone)]
pub struct ServerPublish {
    /// Where it goes; any address.
    pub to: Address,
    /// In whose name; absent: in nobody's.
    pub from: Option<UserId>,
    /// `type`; none of the protocol's own.
    pub kind: String,
    /// `payload`.
    pub payload: Option<String>,
    /// `error`.
    pub error: Option<bool>,
    /// The rest of `meta`.
    pub meta: Option<String>,
    /// Idempotency id.
    pub id: Option<String>,
    /// Skip the log.
    pub ephemeral: bool,
    /// The name of the API key it came with: an id belongs to the key.
    pub key_name: Arc<str>,
}

/// See the module. Cheap to clone; may be used from any thread.
#[derive(Clone)]
pub struct Node(Arc<Inner>);

struct Inner {
    bridge: Arc<dyn BridgePort>,
    presence: Arc<dyn PresencePort>,
    log_reader: Arc<dyn LogReaderPort>,
    cluster: Arc<dyn ClusterPort>,
    settings: Arc<Settings>,
    rules: ArcSwap<Rules>,
    environment: Environment,
    metrics: Arc<Metrics>,
    incarnation: Incarnation,
    authenticator: Arc<dyn Authenticator>,
    /// Only used at start and while draining.
    deliveries: Mutex<Vec<Arc<dyn DeliveryPort>>>,
    wshub: OnceLock<Arc<dyn Port<CloseAll>>>,
    application: OnceLock<Arc<dyn Application>>,
    fenced: Arc<Notify>,
    drain_asked: Arc<Notify>,
    inquiries: Inquiries,
    vital: Vital,
    denylist: Arc<Denylist>,
}

/// What a node is made of.
pub struct Parts {
    /// The configuration.
    pub settings: Arc<Settings>,
    /// Clock and randomness.
    pub environment: Environment,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// This process life.
    pub incarnation: Incarnation,
    /// Checks tokens.
    pub authenticator: Arc<dyn Authenticator>,
    /// The broker.
    pub backend: Rc<dyn Backend>,
    /// What the broker tells by itself.
    pub events: mpsc::Receiver<BackendEvent>,
}

impl Node {
    /// The configuration.
    pub fn settings(&self) -> &Arc<Settings> {
        &self.0.settings
    }

    /// What decides about actions now. Taking it waits for nobody.
    pub fn rules(&self) -> Guard<Arc<Rules>> {
        self.0.rules.load()
    }

    /// Replaces what decides about actions, for all that are read from now on.
    pub fn set_rules(&self, rules: Rules) {
        self.0.rules.store(Arc::new(rules));
    }

    /// Clock and randomness.
    pub fn environment(&self) -> &Environment {
        &self.0.environment
    }

    /// Counters.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.0.metrics
    }

    /// This process life.
    pub fn incarnation(&self) -> Incarnation {
        self.0.incarnation
    }

    /// Checks tokens.
    pub fn authenticator(&self) -> &dyn Authenticator {
        &*self.0.authenticator
    }

    /// Whether an actor the node cannot do without panicked.
    pub fn vital(&self) -> &Vital {
        &self.0.vital
    }

    /// Who is blocked, and which tokens are revoked.
    pub(crate) fn denylist(&self) -> &Denylist {
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

    /// Publishes in the name of the server.
    pub async fn publish(&self, publish: ServerPublish) -> Result<Ack, Refusal> {
        let (answer, outcome) = oneshot::channel();
        self.send_publication(publish, Answer::Api(answer))?;
        outcome.await.map_err(|_| stopping())?
    }

    fn send_publication(&self, publish: ServerPublish, answer: Answer) -> Result<(), Refusal> {
        let ServerPublish { to, from, kind, payload, error, meta, id, ephemeral, key_name } = publish;
        let ts = self.environment().unix_ms();
        let envelope = Envelope {
            to: &to.to_string(),
            from: from.as_ref().map(UserId::as_str),
            session: None,
            id: id.as_deref(),
            ts,
            kind: &kind,
            payload: payload.as_deref(),
            error,
            meta: meta.as_deref(),
        };
        let idempotency = id.as_ref().map(|id| IdempotencyKey {
            key: idempotency::key("", &key_name, id),
            window: self.settings().idempotency_window,
            digest: Some(idempotency::digest(&envelope)),
            ts,
        });
        let envelope: Bytes = envelope.encode().into();
        let nonce = self.environment().nonce();
        let told = match (&to, self.settings().retention.of(&to).filter(|_| !ephemeral)) {
            (Address::User(_) | Address::Session(_), None) => {
                mail::tell(self.presence(), DirectEphemeral { to, envelope, payer: None, answer })
            }
            (_, None) => mail::tell(self.bridge(), PublishEphemeral { topic: to, envelope, payer: None, answer }),
            (Address::User(user), Some(retention)) => {
                let append = AppendDirect { from: None, to: user.clone(), envelope, nonce, idempotency, retention };
                mail::tell(self.presence(), Direct { origin: None, append, ts, payer: None, answer })
            }
            (_, Some(retention)) => {
                let append = Append { stream: to, envelope, nonce, idempotency, retention };
                mail::tell(self.bridge(), PublishTopic { append, ts, payer: None, answer })
            }
        };
        told.map_err(|_| overloaded())
    }

    /// Who is in a channel, with how many sessions.
    pub async fn members(&self, channel: Address) -> Result<Vec<Occupant>, Refusal> {
        let (answer, outcome) = oneshot::channel();
        let page = Page { count_only: false, after: None, limit: usize::MAX };
        let ask = Ask { question: Question::Members { channel, page }, asker: Asker::Api(answer) };
        mail::tell(self.log_reader(), ask).map_err(|_| overloaded())?;
        match outcome.await.map_err(|_| stopping())?? {
            Found::Users(users) | Found::Members { users, .. } => Ok(users),
            Found::History { .. } => Ok(Vec::new()), // was not asked for
        }
    }

    /// Stores a ticket's content under the ticket's digest.
    pub async fn put_ticket(&self, digest: String, content: Bytes, ttl: Duration) -> Result<(), Refusal> {
        self.errand(|answer| Errand::PutTicket { digest, content, ttl, answer }).await
    }

    /// Takes a ticket's content; exactly one caller in the cluster gets it.
    pub async fn take_ticket(&self, digest: String) -> Result<Option<Bytes>, Refusal> {
        self.errand(|answer| Errand::TakeTicket { digest, answer }).await
    }

    /// The identity a ticket was made for. The ticket is used up.
    pub async fn redeem(&self, ticket: &str) -> Result<Identity, Refusal> {
        let content = self.take_ticket(ticket_digest(ticket)).await?.ok_or_else(bad_ticket)?;
        serde_json::from_slice(&content).map_err(|_| bad_ticket())
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

    /// Resolves when the cluster removed this node after its lease had expired: its incarnation is of no use any more, and
    /// the process has to end. For one caller.
    pub async fn fenced(&self) {
        self.0.fenced.notified().await;
    }

    /// Gives the lease back, so that the cluster does not have to find out.
    pub async fn release(&self) {
        let (answer, released) = oneshot::channel();
        mail::insist(self.cluster(), Release { answer });
        drop(released.await); // without an answer the lease expires by itself
    }
}

/// Why the broker could not be asked about a ticket, or what is wrong with it.
fn bad_ticket() -> Refusal {
    Refusal::new(ErrorCode::BadCredentials, "the ticket is unknown, was used before or has expired; get a new one")
}

/// Under what a ticket is stored: its SHA-256 in hexadecimal, so that whoever reads the broker has no ticket.
pub fn ticket_digest(ticket: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(ticket.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn overloaded() -> Refusal {
    Refusal::new(ErrorCode::Overloaded, "the node is busy; nothing was done")
}

fn stopping() -> Refusal {
    Refusal::new(ErrorCode::Draining, "the node stops; ask another one")
}
