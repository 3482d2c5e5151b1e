//! The backend of a single node: everything in memory, nothing survives the process.
//!
//! It keeps every promise of [`Backend`] that needs no second process, so a node without a broker behaves like a
//! cluster of one. Several nodes on one thread may share it, which is how a cluster is simulated. Every call is
//! complete when it returns (its future is ready): there is no task, lock or timer. Later calls remove what has
//! expired.

mod affiliations;
mod channel_snapshots;
mod denying;
mod denylist;
mod directory;
mod endpoint;
mod erasure;
mod event_logs;
mod expiry;
mod idempotency;
mod kept;
mod leases;
mod log;
mod members;
mod membership;
mod node;
mod notification;
mod numbers;
mod people;
mod persistent;
mod plain;
mod profiles;
mod saying;
mod server_events;
mod shelf;
mod snapshot;
mod standings;
mod states;
mod topics;
mod watched;
mod watching;

use super::{Backend, BackendEvent, ChannelSnapshot, Events, ServerEventSettings, LAST_SEEN_TTL};
use crate::environment::Environment;
use crate::words::relation::Relation;
use bytes::Bytes;
use denylist::DeniedSubjects;
use directory::MemoryDirectory;
use endpoint::Endpoint;
use event_logs::{EventLogs, NewEvent};
use hubwire_protocol::cluster::ClusterMessage;
use hubwire_protocol::{Address, DeviceId, Incarnation, MemberState, OrgId, Position, Profile, UserId};
use leases::MemoryLeases;
use members::StateChange;
use node::MemoryBackend;
use numbers::Numbers;
pub use plain::MemoryPlainBus;
use shelf::Shelf;
pub use snapshot::Snapshot;
use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use tokio::sync::mpsc;
use tokio::time::Instant;
use topics::MemoryTopics;
use watched::WatchingNodes;

/// A broker in memory, shared by the nodes of one thread.
#[derive(Clone)]
pub struct MemoryCluster(Rc<Shared>);

struct Shared {
    environment: Environment,
    broker: RefCell<MemoryBroker>,
    /// Upper bound of the memory of all streams.
    bytes_max: usize,
}

#[derive(Default)]
struct MemoryBroker {
    /// Number of messages to channels that other nodes than the sender had to receive.
    shared: usize,
    topics: MemoryTopics,
    nodes: HashMap<Incarnation, Rc<Endpoint>>,
    directory: MemoryDirectory,
    leases: MemoryLeases,
    cursors: Shelf<(UserId, DeviceId), BTreeMap<Address, Position>>,
    devices: Shelf<UserId, Vec<DeviceId>>,
    tickets: Shelf<String, Bytes>,
    snapshots: Shelf<Address, ChannelSnapshot>,
    orgs: Shelf<UserId, Vec<OrgId>>,
    people: BTreeMap<UserId, BTreeMap<UserId, Relation>>,
    /// How far each user has read the messages of each other user.
    read: Shelf<UserId, BTreeMap<UserId, Position>>,
    kept_memberships: BTreeMap<UserId, BTreeSet<Address>>,
    profiles: Shelf<UserId, Profile>,
    /// When the last session of each user ended; `None` if that is not recorded.
    last_seen: Option<Shelf<UserId, u64>>,
    denied: DeniedSubjects,
    /// `None` if server events are off.
    events: Option<EventLogs>,
    watched: WatchingNodes,
}

impl MemoryBroker {
    /// Announces changed states to the subscribers of channels.
    fn tell_states(&mut self, own: Incarnation) {
        for StateChange { channel, user, state } in self.directory.take_changed() {
            let (name, state) = (channel.to_string(), state.as_ref().map_or("", MemberState::as_str));
            let message = ClusterMessage::State { channel: &name, user: user.as_str(), state: state.as_bytes() };
            self.say(own, &channel, || message.encode().into());
        }
    }

    /// Records that a session of the user left the directory.
    fn note_gone(&mut self, unix_ms: u64, user: &UserId) {
        if !self.directory.is_online(user) {
            if let Some(seen) = &mut self.last_seen {
                *seen.entry(Instant::now(), user.clone(), LAST_SEEN_TTL, || 0) = unix_ms;
            }
        }
    }

    /// Announces to a channel's subscribers that a user joined or left.
    fn tell(&mut self, own: Incarnation, unix_ms: u64, channel: &Address, user: &UserId, joined: bool) {
        self.event(unix_ms, || NewEvent::member(channel, user, joined));
        let name = channel.to_string();
        let message = ClusterMessage::Presence { channel: &name, user: user.as_str(), joined };
        self.say(own, channel, || message.encode().into());
    }
}

impl MemoryCluster {
    /// An empty broker that uses the wall clock of the environment.
    pub fn new(environment: Environment) -> Self {
        MemoryCluster::bounded(environment, usize::MAX)
    }

    /// The same with an approximate bound on the memory of streams. Beyond it appends fail with
    /// [`super::BackendError::Full`] until other publications have expired.
    pub fn bounded(environment: Environment, bytes_max: usize) -> Self {
        let topics = MemoryTopics::numbered(Numbers::since(environment.unix_ms()));
        let broker = RefCell::new(MemoryBroker { topics, ..MemoryBroker::default() });
        MemoryCluster(Rc::new(Shared { environment, broker, bytes_max }))
    }

    /// Connects a node. Its events go to `events`, whose capacity must be at least 2; dropping the backend or the
    /// receiver of the events disconnects it, as a crash would.
    pub fn node(&self, incarnation: Incarnation, events: mpsc::Sender<BackendEvent>) -> Rc<dyn Backend> {
        let endpoint = Rc::new(Endpoint { incarnation, events: Events::new(events) });
        self.broker().nodes.insert(incarnation, Rc::clone(&endpoint));
        Rc::new(MemoryBackend::new(self.clone(), endpoint))
    }

    /// Starts to record server events.
    pub fn write_server_events(&self, settings: ServerEventSettings) {
        self.broker().events = Some(EventLogs::new(settings));
    }

    /// Starts to record when the last session of each user ended.
    pub fn note_last_seen(&self) {
        self.broker().last_seen.get_or_insert_default();
    }

    /// The number of subscriptions of all nodes: a test sees leaks here.
    pub fn subscriptions(&self) -> usize {
        self.broker().topics.subscriptions()
    }

    /// How many messages to channels went to other nodes than their sender.
    pub fn shared(&self) -> usize {
        self.broker().shared
    }

    /// Borrows the broker. No caller holds it while another one runs, because this module never awaits.
    fn broker(&self) -> RefMut<'_, MemoryBroker> {
        self.0.broker.borrow_mut()
    }

    /// Whether there is no room for this many bytes.
    fn is_full(&self, bytes: usize) -> bool {
        self.broker().topics.bytes().saturating_add(bytes) > self.0.bytes_max
    }

    fn unix_ms(&self) -> u64 {
        self.0.environment.unix_ms()
    }
}
