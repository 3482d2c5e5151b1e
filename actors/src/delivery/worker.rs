//! The state of one worker thread: its sessions and the topics that they follow.
//!
//! The delivery actor (deliveries) and the sessions of the same thread (enter, open, drained, leave) share it; nothing
//! here ever waits or calls back.

use super::lag::{announcement, Stands};
use super::member::{any_is_behind, Lag, Seat, WorkerMember};
use super::worker_feed::{Batch, WorkerFeed};
use super::Delivery;
use crate::id_map::IdMap;
use crate::node::Node;
use crate::outbox::Outbox;
use crate::slots::Slots;
use crate::words::delivery::*;
use crate::words::ids::{FeedId, MemberKey};
use core::net::IpAddr;
use hubwire_protocol::event::{Event, Lag as LagNotice};
use hubwire_protocol::{DeviceClass, Dialect, SessionId};
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// A batch is written at this size even if the turn is not over: half of what an outbox holds by default. A smaller
/// batch would split the publications that a busy publisher has in flight into two writes, and a write costs more than
/// its contents.
const BATCH_BYTES: usize = 32 * 1024;
/// Slots of the heartbeat wheel; the longest interval in ticks.
pub(super) const WHEEL_SLOTS: usize = 256;

/// The state of a worker; one per worker thread and node.
pub struct Worker {
    pub(crate) node: Node,
    pub(super) delivery: OnceCell<Arc<dyn DeliveryPort>>,
    pub(super) members: RefCell<Slots<WorkerMember>>,
    pub(super) topics: RefCell<IdMap<FeedId, WorkerFeed>>,
    /// Topics with a batch, in the order of their first publications.
    pub(super) dirty: RefCell<Vec<FeedId>>,
    pub(super) wheel: RefCell<Vec<Vec<MemberKey>>>,
    pub(super) now: Cell<usize>,
    /// What this worker last added to the gauges of all workers: lagging sessions, and bytes in their outboxes.
    pub(super) lagging: Cell<(i64, i64)>,
}

/// A session to be entered.
pub struct NewSession {
    /// Its id.
    pub session: SessionId,
    /// Its dialect.
    pub dialect: Dialect,
    /// The address of its client.
    pub address: Option<IpAddr>,
    /// Its write side.
    pub outbox: Rc<dyn Outbox>,
    /// The class of its device, if given.
    pub class: Option<DeviceClass>,
}

impl Worker {
    /// Starts the delivery actor of this thread for `node`.
    pub fn start(node: Node) -> Rc<Self> {
        let worker = Rc::new(Worker {
            node,
            delivery: OnceCell::new(),
            members: RefCell::default(),
            topics: RefCell::default(),
            dirty: RefCell::default(),
            wheel: RefCell::new(vec![Vec::new(); WHEEL_SLOTS]),
            now: Cell::new(0),
            lagging: Cell::new((0, 0)),
        });
        let delivery: Arc<dyn DeliveryPort> = worker.node.vital().start(Delivery::new(worker.clone()));
        worker.node.register_delivery(delivery.clone());
        let _ = worker.delivery.set(delivery); // set once, here
        worker
    }

    /// The delivery actor's address. `None` only while [`Worker::start`] runs.
    pub fn delivery(&self) -> Option<&Arc<dyn DeliveryPort>> {
        self.delivery.get()
    }

    // -- sessions of this thread ----------------------------------------------------------------------------------

    /// Enters a session. It receives nothing from feeds until [`Worker::open`].
    pub fn enter(&self, entering: NewSession) -> MemberKey {
        let key = self.members.borrow_mut().insert(|generation| WorkerMember {
            generation,
            session: entering.session,
            class: entering.class,
            identity: None,
            dialect: entering.dialect,
            address: entering.address,
            outbox: entering.outbox,
            open: false,
            pinged: false,
            visible_ping: false,
            seats: Vec::new(),
            behind: None,
        });
        self.schedule(key, self.ping_ticks());
        key
    }

    /// The client wants pings that its application sees.
    pub fn ping_visibly(&self, key: MemberKey) {
        self.with(key, |member| member.visible_ping = true);
    }

    /// Sets the class of the session's device.
    pub fn classify(&self, key: MemberKey, class: DeviceClass) {
        self.with(key, |member| member.class = Some(class));
    }

    /// The session has sent its welcome: deliveries begin, and logs are read for what it resumes.
    pub fn open(&self, key: MemberKey) {
        if self.with(key, |member| member.open = true).is_some() {
            self.advance_all(key);
        }
    }

    /// The session's outbox is empty: lagging feeds are read on.
    pub fn drained(&self, key: MemberKey) {
        if !any_is_behind() {
            return;
        }
        let is_behind = self.with(key, |member| member.behind.is_some() && member.open);
        if is_behind == Some(true) {
            self.advance_all(key);
        }
    }

    /// Removes a session that has ended.
    pub fn leave(&self, key: MemberKey) {
        let left = self.members.borrow_mut().remove(key);
        for seat in left.into_iter().flat_map(|member| member.seats) {
            self.remove_from_topic(seat.feed, seat.at);
        }
    }

    // -- messages of feeds ----------------------------------------------------------------------------------------

    pub(super) fn add_member(&self, message: AddMember) {
        let AddMember { feed, stream, last, key, start, announce, presence, present } = message;
        if !self.admits(key, &stream) {
            return self.turn_away(key, &stream, &announce);
        }
        self.flush_topic(feed); // what came before belongs to the others
        let added = self.with(key, |member| {
            member.give_up_lag(feed, &stream);
            match start {
                Start::After { pos, gone } => member.begin_lag(Lag { feed, pos, gone, reading: false, announce }),
                // nothing is announced before the welcome
                Start::Now if !member.open && !matches!(announce, Announce::Silent) => {
                    member.begin_lag(Lag { feed, pos: last, gone: Gone::Top, reading: false, announce });
                }
                Start::Now => {
                    let stands = Stands { pos: last, top: last, recovered: None };
                    let there = present.as_deref().filter(|_| presence).zip(member.user());
                    if let Some(frame) = announcement(member.dialect, &stream, &announce, stands, there) {
                        member.outbox.offer_reply(&frame);
                        member.outbox.wake();
                    }
                }
            }
            let mut topics = self.topics.borrow_mut();
            let topic = topics.entry(feed).or_insert_with(|| WorkerFeed::new(stream, last));
            topic.present = present;
            match member.seat(feed) {
                Some(seat) => seat.presence = presence,
                None => {
                    member.seats.reserve_exact(1);
                    member.seats.push(Seat { feed, at: topic.seat(key), presence });
                }
            }
        });
        if added.is_none() {
            return;
        }
        self.advance(key, feed);
    }

    pub(super) fn remove_member(&self, message: RemoveMember) {
        self.flush_topic(message.feed);
        let stream = self.topics.borrow().get(&message.feed).map(|topic| topic.stream.clone());
        let seat = self.with(message.key, |member| {
            if let Some(stream) = stream {
                member.give_up_lag(message.feed, &stream);
            }
            if let Some(reply) = &message.reply {
                member.outbox.offer_reply(reply);
                member.outbox.wake();
            }
            member.stand_up(message.feed)
        });
        if let Some(at) = seat.flatten() {
            self.remove_from_topic(message.feed, at);
        }
    }

    /// Collects a publication. Returns true for the first one of the turn: a flush is due.
    pub(super) fn publish(&self, message: DeliverPublication) -> bool {
        let mut topics = self.topics.borrow_mut();
        let Some(topic) = topics.get_mut(&message.feed) else { return false };
        if message.prev != topic.last {
            // this delivery actor's mailbox was full in between: all members read the log from their own positions
            drop(topics);
            self.flush_topic(message.feed);
            self.lag_all(message.feed, message.pos);
            return false;
        }
        if !message.receivers.are_all() {
            drop(topics);
            self.flush_topic(message.feed);
            self.write_alone(message);
            return false;
        }
        topic.last = message.pos;
        let first_of_turn = self.dirty.borrow().is_empty();
        if topic.batch.is_none() {
            self.dirty.borrow_mut().push(message.feed);
        }
        let batch = topic.batch.get_or_insert_with(|| Box::new(Batch::new(message.prev)));
        batch.push(message.frames);
        batch.traced.extend(message.traced.map(|traced| *traced));
        let full = batch.bytes() >= BATCH_BYTES;
        drop(topics);
        if full {
            self.flush_topic(message.feed);
        }
        first_of_turn
    }

    pub(super) fn passed(&self, message: Passed) {
        self.flush_topic(message.feed);
        let mut topics = self.topics.borrow_mut();
        // a worker at another position missed something, which the next publication reveals
        if let Some(topic) = topics.get_mut(&message.feed).filter(|topic| topic.last == message.prev) {
            topic.last = message.pos;
        }
    }

    pub(super) fn reset(&self, message: Reset) {
        self.flush_topic(message.feed);
        let mut topics = self.topics.borrow_mut();
        let Some(topic) = topics.get_mut(&message.feed) else { return };
        let from = std::mem::replace(&mut topic.last, message.top);
        for key in &topic.members {
            self.with(*key, |member| {
                if member.lag(message.feed).is_some() {
                    return; // finds out by its own read
                }
                if !member.open {
                    // it knows a position of the former history; a read announces the break as soon as the session is
                    // open
                    return member.begin_lag(Lag::behind(message.feed, &topic.stream, from));
                }
                let notice = Event::Lag(LagNotice { pos: message.top });
                member.say(&notice, Some(&topic.stream), None);
                member.outbox.wake();
            });
        }
    }

    pub(super) fn mark(&self, message: Mark) {
        let behind = self.topics.borrow().get(&message.feed).is_some_and(|topic| topic.last != message.last);
        if behind {
            self.flush_topic(message.feed);
            self.lag_all(message.feed, message.last);
        }
    }

    // -- plumbing -------------------------------------------------------------------------------------------------

    pub(super) fn with<T>(&self, key: MemberKey, act: impl FnOnce(&mut WorkerMember) -> T) -> Option<T> {
        self.members.borrow_mut().get_mut(key).map(act)
    }

    /// Removes the member at an index; the last one moves there.
    pub(super) fn remove_from_topic(&self, feed: FeedId, at: u32) {
        let mut topics = self.topics.borrow_mut();
        let Some(topic) = topics.get_mut(&feed) else { return };
        if let Some(moved) = topic.remove(at) {
            self.with(moved, |member| member.seat(feed).map(|seat| seat.at = at));
        }
        if topic.members.is_empty() {
            topics.remove(&feed);
        }
    }
}
