//! The WS-HUB endpoint: clients with a key, groups that a listener assigns to them, and four plain pub/sub channels.
//!
//! One hub per node, on the core thread, owns keys, groups and membership; one worker per worker thread writes to the
//! sockets. The wire format is byte for byte what WS-HUB's own services expect: no envelope, no position, nothing
//! stored. It is a mode in addition to the native one; `native` connects the two.
//!
//! Order: a key is registered before it is announced, so that an answer cannot miss it, and a client's messages are
//! published after its announcement, because both go through the bus's one ordered lane and an announcement is repeated
//! until it is received.

mod announce;
mod announcements;
mod batch;
mod channel_names;
mod due;
mod heartbeat;
mod inbound;
pub mod native;
mod registry;
mod settings;
mod worker;

pub use channel_names::ChannelNames;
pub use settings::{GroupsMode, SameKey, WsHubSettings};
pub use worker::{Connections, WsHubWorker};

use crate::backend::plain::{Attempts, PlainBus, PlainEvent, PlainEvents, PlainPublish};
use crate::context::Context;
use crate::mail;
use crate::vital::Vital;
use crate::words::bridge::BridgePort;
use crate::words::ids::MemberKey;
use crate::words::wshub::*;
use actix::prelude::*;
use announcements::AnnouncementSchedule;
use bytes::Bytes;
use hubwire_protocol::CloseCode;
use registry::{RegisteredConnection, Registry, WorkerIndex};
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// Messages from the bus that may wait for the hub. Beyond it messages are dropped, which is logged.
const EVENTS_MAX: usize = 64 * 1024;

/// The hub; see the module.
pub struct WsHub {
    settings: Arc<WsHubSettings>,
    names: ChannelNames,
    bus: Rc<dyn PlainBus>,
    bridge: Option<Arc<dyn BridgePort>>,
    workers: Vec<Arc<dyn WorkerPort>>,
    registry: Registry,
    announcements: AnnouncementSchedule,
    /// When the timer for announcements fires, if it runs.
    timer_at: Option<Instant>,
    /// Whether the subscriptions were confirmed. Before that no key is announced, because the answer would be missed.
    is_listening: bool,
    /// Connections that wait for the confirmation.
    waiting: Vec<(Bytes, oneshot::Sender<()>)>,
    groups_version: u64,
    dropped: u64,
}

impl WsHub {
    /// Starts the hub on the calling thread, which owns `bus`. With a bridge, native sessions take part in
    /// `ch:wshub/<group>`.
    pub fn start(
        settings: Arc<WsHubSettings>,
        bus: Rc<dyn PlainBus>,
        bridge: Option<Arc<dyn BridgePort>>,
        vital: &Vital,
    ) -> Arc<Addr<Self>> {
        let hub = WsHub {
            names: ChannelNames::new(settings.channel_prefix.clone()),
            settings,
            bus,
            bridge,
            workers: Vec::new(),
            registry: Registry::default(),
            announcements: AnnouncementSchedule::default(),
            timer_at: None,
            is_listening: false,
            waiting: Vec::new(),
            groups_version: 0,
            dropped: 0,
        };
        vital.start(hub)
    }

    // -- connections ----------------------------------------------------------------------------------------------

    fn enter(&mut self, message: EnterKey, ctx: &mut Context<Self>) {
        let EnterKey { key, worker, place, peer, entered } = message;
        let worker = self.worker_index(worker);
        if !self.make_room(&key, worker, place) {
            return;
        }
        let connection = RegisteredConnection { worker, place, peer };
        let groups: Arc<[Bytes]> = self.registry.add(key.clone(), connection.clone()).groups.clone().into();
        if !groups.is_empty() {
            self.tell_groups(&[connection], groups);
        }
        if self.is_listening {
            self.announce(key, None, ctx);
            let _ = entered.send(()); // a connection that ended meanwhile leaves by itself
        } else {
            self.waiting.push((key, entered));
        }
    }

    /// Applies the rule for connections with the same key; returns `false` when the new one is refused.
    fn make_room(&mut self, key: &Bytes, worker: WorkerIndex, place: MemberKey) -> bool {
        let Some(known) = self.registry.key(key) else { return true };
        match self.settings.same_key {
            SameKey::All => true,
            SameKey::Newest => {
                for old in known.connections.clone() {
                    self.close(old.worker, old.place, CloseCode::Replaced.code(), CloseCode::Replaced.reason());
                }
                self.registry.remove_key(key);
                true
            }
            SameKey::Oldest => {
                self.close(worker, place, CloseCode::SessionLimit.code(), "the key is in use");
                false
            }
        }
    }

    fn leave(&mut self, message: LeaveKey) {
        let worker = self.worker_index(message.worker);
        if self.registry.remove(&message.key, worker, message.place) == Some(true) {
            self.forget(&message.key);
        }
    }

    /// Handles the end of a key's last connection.
    fn forget(&mut self, key: &Bytes) {
        self.announcements.forget(key);
        if self.settings.client_gone {
            let publish = PlainPublish {
                channel: self.names.client_gone(),
                payload: key.clone(),
                attempts: Attempts::UntilTaken,
            };
            drop(self.bus.publish(publish)); // dropping the future does not undo the work
        }
    }

    fn client_data(&self, message: ClientData) {
        let ClientData { key, message, permit } = message;
        let channel = self.names.client_data(&key);
        let published = self.bus.publish(PlainPublish { channel, payload: message, attempts: Attempts::One });
        // a task of its own, bounded by the permits: an actor polls everything that it spawned with every message
        actix::spawn(async move {
            if let Err(error) = published.await {
                log::warn!("cannot publish a client's message error={error}");
            }
            drop(permit);
        });
    }

    fn close(&self, worker: WorkerIndex, place: MemberKey, code: u16, reason: &'static str) {
        if let Some(worker) = self.workers.get(worker) {
            mail::insist(worker, ClosePlace { place, code, reason });
        }
    }

    fn worker_index(&mut self, worker: Arc<dyn WorkerPort>) -> WorkerIndex {
        self.workers.iter().position(|known| Arc::ptr_eq(known, &worker)).unwrap_or_else(|| {
            self.workers.push(worker);
            self.workers.len() - 1
        })
    }

    // -- the HTTP API ---------------------------------------------------------------------------------------------

    fn publish(&self, message: PublishPlain) {
        let PublishPlain { channel, payload, answer } = message;
        let published = self.bus.publish(PlainPublish { channel, payload, attempts: Attempts::One });
        // bounded by the bus's queue; a caller that has given up needs no answer
        actix::spawn(async move { drop(answer.send(published.await)) });
    }

    fn report(&self) -> Vec<ClientReport> {
        let report = self.registry.keys().map(|(key, known)| ClientReport {
            key: key.clone(),
            groups: known.groups.clone(),
            peers: known.connections.iter().map(|connection| connection.peer.clone()).collect(),
            is_answered: known.is_answered,
        });
        let mut report: Vec<ClientReport> = report.collect();
        report.sort_by(|one, other| one.key.cmp(&other.key));
        report
    }
}

impl Actor for WsHub {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(mail::CORE_MAILBOX);
        let (sender, mut events) = mpsc::channel(EVENTS_MAX);
        ctx.add_stream(futures_util::stream::poll_fn(move |cx| events.poll_recv(cx)));
        self.bus.listen(self.names.inbound(), PlainEvents::new(sender));
    }
}

impl StreamHandler<PlainEvent> for WsHub {
    fn handle(&mut self, event: PlainEvent, ctx: &mut Self::Context) {
        match event {
            PlainEvent::Message { channel, payload } => self.on_message(&channel, payload),
            PlainEvent::Complete => self.on_complete(ctx),
        }
    }
}

impl Handler<EnterKey> for WsHub {
    type Result = ();
    fn handle(&mut self, message: EnterKey, ctx: &mut Self::Context) {
        self.enter(message, ctx);
    }
}

impl Handler<Unanswered> for WsHub {
    type Result = ();
    fn handle(&mut self, message: Unanswered, ctx: &mut Self::Context) {
        self.announce_again(message, ctx);
    }
}

impl Handler<LeaveKey> for WsHub {
    type Result = ();
    fn handle(&mut self, message: LeaveKey, _: &mut Self::Context) {
        self.leave(message);
    }
}

impl Handler<ClientData> for WsHub {
    type Result = ();
    fn handle(&mut self, message: ClientData, _: &mut Self::Context) {
        self.client_data(message);
    }
}

impl Handler<FromNative> for WsHub {
    type Result = ();
    fn handle(&mut self, message: FromNative, _: &mut Self::Context) {
        self.publish_native(message);
    }
}

impl Handler<PublishPlain> for WsHub {
    type Result = ();
    fn handle(&mut self, message: PublishPlain, _: &mut Self::Context) {
        self.publish(message);
    }
}

impl Handler<Listen> for WsHub {
    type Result = ();
    fn handle(&mut self, message: Listen, _: &mut Self::Context) {
        self.bus.listen(vec![message.subscription], PlainEvents::new(message.events));
    }
}

impl Handler<CountConnections> for WsHub {
    type Result = usize;
    fn handle(&mut self, _: CountConnections, _: &mut Self::Context) -> usize {
        self.registry.connection_count()
    }
}

impl Handler<ReportClients> for WsHub {
    type Result = MessageResult<ReportClients>;
    fn handle(&mut self, _: ReportClients, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.report())
    }
}

impl Handler<CloseAll> for WsHub {
    type Result = ();
    fn handle(&mut self, message: CloseAll, _: &mut Self::Context) {
        for worker in &self.workers {
            mail::insist(worker, CloseAll { ..message });
        }
    }
}
