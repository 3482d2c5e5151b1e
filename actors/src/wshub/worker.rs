//! The connections of one worker thread: their groups and outboxes. Nothing here waits.
//!
//! The hub sends one message per worker with members of a group; the worker writes to their outboxes without a further
//! hop. Consecutive messages for one group that arrive together are written together; the order across groups is kept,
//! because a message for another group ends the batch.

use super::batch::FrameBatch;
use super::due::{Deadline, DueQueue};
use super::settings::WsHubSettings;
use crate::context::Context;
use crate::mail;
use crate::outbox::{Offer, Outbox};
use crate::slots::{Numbered, Slots};
use crate::vital::Vital;
use crate::words::ids::MemberKey;
use crate::words::wshub::{CloseAll, ClosePlace, Deliver, FlushBatch, SetGroups, WorkerPort};
use actix::prelude::*;
use bytes::Bytes;
use hubwire_protocol::CloseCode;
use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A connection from its worker's view.
pub(super) struct WorkerConnection {
    generation: u32,
    pub outbox: Rc<dyn Outbox>,
    groups: Arc<[Bytes]>,
    groups_version: u64,
    /// Whether its messages are not read at the moment, so that silence proves nothing.
    pub is_held: bool,
    /// The bytes written when progress was last seen, and when; `None` while the outbox is empty.
    pub progress: Option<(u64, Instant)>,
}

impl Numbered for WorkerConnection {
    fn generation(&self) -> u32 {
        self.generation
    }
}

/// The connections of a worker, and what is due for them.
#[derive(Default)]
pub(super) struct MemberTable {
    pub slots: Slots<WorkerConnection>,
    pub due: DueQueue,
    groups: HashMap<Bytes, HashSet<MemberKey>>,
    batch: Option<FrameBatch>,
}

/// The state of a worker, shared by its actor and the connections of its thread.
pub struct Connections {
    pub(super) settings: Arc<WsHubSettings>,
    pub(super) members: RefCell<MemberTable>,
    /// Notified when a deadline is earlier than all others.
    pub(super) earlier: Notify,
    actor: OnceCell<Arc<dyn WorkerPort>>,
}

impl Connections {
    /// Starts the worker of this thread.
    pub fn start(settings: Arc<WsHubSettings>, vital: &Vital) -> Rc<Self> {
        let connections = Rc::new(Connections {
            settings,
            members: RefCell::default(),
            earlier: Notify::new(),
            actor: OnceCell::new(),
        });
        let actor = vital.start(WsHubWorker { connections: connections.clone() });
        let _ = connections.actor.set(actor); // set once, here
        connections
    }

    /// The mailbox of this worker. `None` only while [`Connections::start`] runs.
    pub fn actor(&self) -> Option<&Arc<dyn WorkerPort>> {
        self.actor.get()
    }

    /// Enters a connection. It is in no group yet, and held.
    pub fn enter(&self, outbox: Rc<dyn Outbox>) -> MemberKey {
        let mut members = self.members.borrow_mut();
        let groups: Arc<[Bytes]> = Arc::new([]);
        let place = members.slots.insert(|generation| WorkerConnection {
            generation,
            outbox,
            groups,
            groups_version: 0,
            is_held: true,
            progress: None,
        });
        self.plan(&mut members.due, Deadline::Ping, Instant::now() + self.ping_period(), place);
        place
    }

    /// Sets whether messages of a connection are not read at the moment.
    pub fn set_held(&self, place: MemberKey, is_held: bool) {
        if let Some(member) = self.members.borrow_mut().slots.get_mut(place) {
            member.is_held = is_held;
        }
    }

    /// Removes a connection that has ended.
    pub fn leave(&self, place: MemberKey) {
        let mut members = self.members.borrow_mut();
        if let Some(member) = members.slots.remove(place) {
            members.leave_groups(place, &member.groups);
        }
    }

    fn set_groups(&self, message: &SetGroups) {
        self.flush(); // what came before belongs to the members before
        let mut members = self.members.borrow_mut();
        for place in &message.places {
            let member = members.slots.get_mut(*place).filter(|member| member.groups_version < message.version);
            let Some(member) = member else { continue };
            member.groups_version = message.version;
            let before = std::mem::replace(&mut member.groups, message.groups.clone());
            members.leave_groups(*place, &before);
            for group in message.groups.iter() {
                members.groups.entry(group.clone()).or_default().insert(*place);
            }
        }
    }

    /// Adds a frame to the batch of its group. Returns whether it started one, so that a flush is due.
    fn deliver(&self, message: Deliver) -> bool {
        if let Some(batch) = self.members.borrow_mut().batch.as_mut() {
            if batch.group == message.group && batch.add(&message.frame) {
                return false;
            }
        }
        self.flush();
        self.members.borrow_mut().batch = Some(FrameBatch::new(message.group, message.frame));
        true
    }

    fn flush(&self) {
        let mut members = self.members.borrow_mut();
        let Some(batch) = members.batch.take() else { return };
        let MemberTable { slots, groups, due, .. } = &mut *members;
        let Some(places) = groups.get(&batch.group) else { return };
        let frames = batch.finish();
        let now = Instant::now();
        for place in places {
            if let Some(member) = slots.get_mut(*place) {
                self.offer(member, *place, &frames, now, due);
            }
        }
    }

    /// Offers frames to a member; one whose outbox is full would miss messages, and is ended.
    pub(super) fn offer(
        &self,
        member: &mut WorkerConnection,
        place: MemberKey,
        frames: &Bytes,
        now: Instant,
        due: &mut DueQueue,
    ) {
        if member.outbox.offer(frames) == Offer::Full {
            log::debug!("an outbox is full, ending the connection");
            member.outbox.close(CloseCode::SlowConsumer.code(), CloseCode::SlowConsumer.reason());
        }
        if member.progress.is_none() && member.outbox.queued_bytes() > 0 {
            member.progress = Some((member.outbox.written_bytes(), now));
            self.plan(due, Deadline::Stall, now + self.stall_period(), place);
        }
    }

    fn close(&self, message: &ClosePlace) {
        self.flush(); // what was sent before reaches it before the close frame
        if let Some(member) = self.members.borrow_mut().slots.get_mut(message.place) {
            member.outbox.close(message.code, message.reason);
        }
    }

    fn close_all(&self, message: &CloseAll) {
        for member in self.members.borrow().slots.iter() {
            member.outbox.close(message.code, message.reason);
        }
    }
}

impl MemberTable {
    fn leave_groups(&mut self, place: MemberKey, groups: &[Bytes]) {
        for group in groups {
            let Some(places) = self.groups.get_mut(group) else { continue };
            places.remove(&place);
            if places.is_empty() {
                self.groups.remove(group);
            }
        }
    }
}

/// The mailbox in front of a worker's connections.
pub struct WsHubWorker {
    connections: Rc<Connections>,
}

impl Actor for WsHubWorker {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(mail::DELIVERY_MAILBOX);
        ctx.spawn(self.connections.clone().keep_deadlines().into_actor(self));
    }
}

impl Handler<Deliver> for WsHubWorker {
    type Result = ();
    fn handle(&mut self, message: Deliver, ctx: &mut Self::Context) {
        // queued behind all present messages; a full mailbox only means a smaller batch
        if self.connections.deliver(message) && mail::tell(&ctx.shared_address(), FlushBatch).is_err() {
            self.connections.flush();
        }
    }
}

impl Handler<FlushBatch> for WsHubWorker {
    type Result = ();
    fn handle(&mut self, _: FlushBatch, _: &mut Self::Context) {
        self.connections.flush();
    }
}

impl Handler<SetGroups> for WsHubWorker {
    type Result = ();
    fn handle(&mut self, message: SetGroups, _: &mut Self::Context) {
        self.connections.set_groups(&message);
    }
}

impl Handler<ClosePlace> for WsHubWorker {
    type Result = ();
    fn handle(&mut self, message: ClosePlace, _: &mut Self::Context) {
        self.connections.close(&message);
    }
}

impl Handler<CloseAll> for WsHubWorker {
    type Result = ();
    fn handle(&mut self, message: CloseAll, _: &mut Self::Context) {
        self.connections.close_all(&message);
    }
}
