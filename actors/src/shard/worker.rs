//! The state of one worker thread: its sessions and the topics they take part in.
//!
//! Shared by the shard actor (deliveries) and the sessions of the same thread (enter, open, drained, leave); nothing
//! here ever waits or calls back.

use super::member::{Lag, Member, Progress};
use super::messages::*;
use super::topic::{Batch, Topic};
use super::{MemberKey, Shard};
use crate::bridge::messages::ReadOn;
use crate::feed::FeedId;
use crate::mail;
use crate::node::Node;
use crate::outbox::{Offer, Outbox};
use actix::prelude::*;
use bytes::Bytes;
use hubwire_protocol::control::{Bye, Joined, Lag as LagNotice, Resumed, ServerControl};
use hubwire_protocol::frame::{frame, Opcode};
use hubwire_protocol::{CloseCode, Codec, Position, SessionId, UserId};
use slab::Slab;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// A batch is written at this size even if the turn is not over, so that it stays well within an outbox.
const BATCH_BYTES: usize = 16 * 1024;
/// Slots of the heartbeat wheel; the longest interval in ticks.
const WHEEL_SLOTS: usize = 256;

/// One per worker thread and node.
pub struct Worker {
    pub(crate) node: Node,
    shard: OnceCell<Addr<Shard>>,
    members: RefCell<Slab<Member>>,
    topics: RefCell<HashMap<FeedId, Topic>>,
    /// Topics with a batch, in the order their first publication came.
    dirty: RefCell<Vec<FeedId>>,
    generation: Cell<u32>,
    wheel: RefCell<Vec<Vec<MemberKey>>>,
    now: Cell<usize>,
}

/// What the worker has to know of a session.
pub struct Entering {
    /// Its id.
    pub session: SessionId,
    /// Its codec.
    pub codec: Codec,
    /// Its write side.
    pub outbox: Rc<dyn Outbox>,
}

impl Worker {
    /// Starts the shard of this thread for `node`.
    pub fn start(node: Node) -> Rc<Self> {
        let worker = Rc::new(Worker {
            node,
            shard: OnceCell::new(),
            members: RefCell::default(),
            topics: RefCell::default(),
            dirty: RefCell::default(),
            generation: Cell::new(0),
            wheel: RefCell::new(vec![Vec::new(); WHEEL_SLOTS]),
            now: Cell::new(0),
        });
        let shard = Shard::new(worker.clone()).start();
        worker.node.register_shard(shard.clone());
        let _ = worker.shard.set(shard); // set once, here
        worker
    }

    /// The shard's address. `None` only while [`Worker::start`] runs.
    pub fn shard(&self) -> Option<&Addr<Shard>> {
        self.shard.get()
    }

    // -- sessions of this thread ----------------------------------------------------------------------------------

    /// A session begins. It gets nothing from feeds until [`Worker::open`].
    pub fn enter(&self, entering: Entering) -> MemberKey {
        let generation = self.generation.get().wrapping_add(1);
        self.generation.set(generation);
        let mut members = self.members.borrow_mut();
        let index = members.insert(Member {
            generation,
            session: entering.session,
            user: None,
            codec: entering.codec,
            outbox: entering.outbox,
            open: false,
            pinged: false,
            feeds: Vec::new(),
            lags: Vec::new(),
            progress: Progress::default(),
        });
        let key = MemberKey { index: index as u32, generation };
        drop(members);
        self.schedule(key, self.ping_ticks());
        key
    }

    /// The session said welcome: deliveries begin, and what it resumes is read.
    pub fn open(&self, key: MemberKey, user: UserId) {
        let opened = self.with(key, |member| {
            member.open = true;
            member.user = Some(user);
        });
        if opened.is_some() {
            self.advance_all(key);
        }
    }

    /// The session's socket took everything: what waits in logs is read on.
    pub fn drained(&self, key: MemberKey) {
        let lags = self.with(key, |member| !member.lags.is_empty() && member.open);
        if lags == Some(true) {
            self.advance_all(key);
        }
    }

    /// The session is over.
    pub fn leave(&self, key: MemberKey) {
        let mut members = self.members.borrow_mut();
        if members.get(key.index as usize).is_none_or(|member| member.generation != key.generation) {
            return;
        }
        let member = members.remove(key.index as usize);
        drop(members);
        for feed in member.feeds {
            self.remove_from_topic(feed, key);
        }
    }

    // -- what feeds say -------------------------------------------------------------------------------------------

    pub(super) fn add_member(&self, message: AddMember) {
        let AddMember { feed, stream, last, key, start, announce, presence } = message;
        self.flush_topic(feed); // what came before belongs to the others
        let added = self.with(key, |member| {
            let again = member.feeds.contains(&feed);
            if !again {
                member.feeds.push(feed);
            }
            member.end_lag(feed);
            match start {
                Start::After(pos) => {
                    member.lags.push(Lag { feed, pos, reading: false, announce: announce.clone() });
                }
                Start::Now => {
                    if let Some(frame) = announcement(member.codec, &stream, &announce, last, None) {
                        member.outbox.offer_reply(&frame);
                        member.outbox.wake();
                    }
                }
            }
            again
        });
        let Some(again) = added else { return };
        let mut topics = self.topics.borrow_mut();
        let topic = topics.entry(feed).or_insert_with(|| Topic::new(stream, last));
        if !again {
            topic.members.push(key);
        }
        topic.without_presence.retain(|member| *member != key);
        if !presence {
            topic.without_presence.push(key);
        }
        drop(topics);
        self.advance(key, feed);
    }

    pub(super) fn remove_member(&self, message: RemoveMember) {
        self.flush_topic(message.feed);
        self.with(message.key, |member| {
            member.feeds.retain(|feed| *feed != message.feed);
            member.end_lag(message.feed);
            if let Some(reply) = &message.reply {
                member.outbox.offer_reply(reply);
                member.outbox.wake();
            }
        });
        self.remove_from_topic(message.feed, message.key);
    }

    /// Collects a publication. True when this is the first one of the turn: a flush is due.
    pub(super) fn publish(&self, message: Publish) -> bool {
        let mut topics = self.topics.borrow_mut();
        let Some(topic) = topics.get_mut(&message.feed) else { return false };
        if message.prev != topic.last {
            // this shard's mailbox was full in between: everybody reads the log from where they are
            drop(topics);
            self.flush_topic(message.feed);
            self.lag_all(message.feed, message.pos);
            return false;
        }
        let alone = message.except.is_some();
        if alone && topic.batch.is_some() {
            drop(topics);
            self.flush_topic(message.feed);
            topics = self.topics.borrow_mut();
        }
        let Some(topic) = topics.get_mut(&message.feed) else { return false };
        let first_of_turn = self.dirty.borrow().is_empty();
        let fresh = topic.batch.is_none();
        let batch = topic.batch.get_or_insert_with(|| Batch::new(message.prev));
        batch.push(message.frames);
        topic.last = message.pos;
        let full = batch.bytes() >= BATCH_BYTES;
        drop(topics);
        if alone || full {
            self.write_batch(message.feed, message.except);
            return false;
        }
        if fresh {
            self.dirty.borrow_mut().push(message.feed);
        }
        first_of_turn
    }

    pub(super) fn reset(&self, message: Reset) {
        self.flush_topic(message.feed);
        let mut topics = self.topics.borrow_mut();
        let Some(topic) = topics.get_mut(&message.feed) else { return };
        topic.last = message.top;
        for key in &topic.members {
            self.with(*key, |member| {
                // one that lags or is not open yet finds out by its own read
                if member.open && member.lag(message.feed).is_none() {
                    let notice = ServerControl::Lag(LagNotice { pos: message.top });
                    member.outbox.offer_reply(&member.codec.control(&notice, Some(&topic.stream), None));
                    member.outbox.wake();
                }
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

    pub(super) fn tell(&self, message: Tell) {
        self.flush_topic(message.feed); // keeps its place among the publications
        let topics = self.topics.borrow();
        let Some(topic) = topics.get(&message.feed) else { return };
        let (mut delivered, mut dropped) = (0, 0);
        for key in &topic.members {
            self.with(*key, |member| {
                let wants_presence = || !topic.without_presence.contains(key);
                let meant = message.audience.holds(member.user.as_ref(), wants_presence);
                if !meant || !member.open || message.except == Some(member.session) {
                    return;
                }
                let Some(frame) = message.frames.get(member.codec) else { return };
                match member.outbox.offer(frame) {
                    Offer::Taken => delivered += 1,
                    Offer::Full => dropped += 1,
                    Offer::Closed => {}
                }
            });
        }
        self.node.metrics().deliveries.inc_by(delivered);
        self.node.metrics().ephemeral_dropped.inc_by(dropped);
    }

    pub(super) fn tell_one(&self, message: TellOne) {
        let offer = self.with(message.key, |member| member.outbox.offer(&message.frame));
        match offer {
            Some(Offer::Taken) => self.node.metrics().deliveries.inc(),
            Some(Offer::Full) => self.node.metrics().ephemeral_dropped.inc(),
            Some(Offer::Closed) | None => {}
        }
    }

    pub(super) fn close_member(&self, message: CloseMember) {
        self.with(message.key, |member| {
            member.outbox.close(message.code.code(), message.code.reason());
            member.outbox.wake();
        });
    }

    pub(super) fn drain_some(&self, count: usize) -> usize {
        let members = self.members.borrow();
        let draining = members.iter().filter(|(_, member)| !member.outbox.is_closing()).take(count);
        draining
            .map(|(_, member)| {
                let bye = Bye { reason: "draining", retry_in_ms: self.node.environment().below(2000) };
                member.outbox.offer_reply(&member.codec.control(&ServerControl::Bye(bye), None, None));
                member.outbox.close(CloseCode::Draining.code(), CloseCode::Draining.reason());
                member.outbox.wake();
            })
            .count()
    }

    // -- writing --------------------------------------------------------------------------------------------------

    pub(super) fn flush(&self) {
        let dirty = std::mem::take(&mut *self.dirty.borrow_mut());
        for feed in dirty {
            self.write_batch(feed, None);
        }
    }

    fn flush_topic(&self, feed: FeedId) {
        // its place in `dirty` stays: an empty batch is nothing to write
        self.write_batch(feed, None);
    }

    fn write_batch(&self, feed: FeedId, except: Option<SessionId>) {
        let mut topics = self.topics.borrow_mut();
        let Some(topic) = topics.get_mut(&feed) else { return };
        let last = topic.last;
        let Some(batch) = topic.batch.take() else { return };
        let (prev, count) = (batch.prev, batch.count);
        let frames = batch.finish();
        let mut members = self.members.borrow_mut();
        let (mut delivered, mut spilled) = (0, 0);
        let mut ahead = Vec::new();
        for key in &topic.members {
            let Some(member) = live(&mut members, *key) else { continue };
            if except == Some(member.session) {
                continue;
            }
            if !member.lags.is_empty() {
                if let Some(lag) = member.lag(feed) {
                    if !lag.reading && lag.pos.seq >= prev.seq {
                        ahead.push(*key); // it had read further than this worker was told
                    }
                    continue;
                }
            }
            let offer = match member.open {
                true => frames.get(member.codec).map_or(Offer::Closed, |frame| member.outbox.offer(frame)),
                false => Offer::Full,
            };
            match offer {
                Offer::Taken => delivered += count,
                Offer::Closed => {}
                Offer::Full => {
                    spilled += u64::from(member.open);
                    member.lags.push(Lag { feed, pos: prev, reading: false, announce: Announce::Silent });
                }
            }
        }
        drop(members);
        drop(topics);
        debug_assert!(prev <= last);
        self.node.metrics().deliveries.inc_by(delivered);
        self.node.metrics().spills.inc_by(spilled);
        for key in ahead {
            self.advance(key, feed);
        }
    }

    // -- lagging --------------------------------------------------------------------------------------------------

    /// Everybody in the topic reads the log from where they are; the topic stands at `pos`.
    fn lag_all(&self, feed: FeedId, pos: Position) {
        let mut topics = self.topics.borrow_mut();
        let Some(topic) = topics.get_mut(&feed) else { return };
        let from = std::mem::replace(&mut topic.last, pos);
        let keys = topic.members.clone();
        drop(topics);
        for key in keys {
            self.with(key, |member| {
                if member.lag(feed).is_none() {
                    member.lags.push(Lag { feed, pos: from, reading: false, announce: Announce::Silent });
                }
            });
            self.advance(key, feed);
        }
    }

    fn advance_all(&self, key: MemberKey) {
        let feeds: Vec<FeedId> =
            self.with(key, |member| member.lags.iter().map(|lag| lag.feed).collect()).unwrap_or_default();
        for feed in feeds {
            self.advance(key, feed);
        }
    }

    /// Ends a member's lag in a feed when it has caught up, else asks for more as soon as its outbox is empty.
    fn advance(&self, key: MemberKey, feed: FeedId) {
        // the topic stands behind what the turn collected: a lag that ended now would get that twice
        self.flush_topic(feed);
        let topics = self.topics.borrow();
        let Some(topic) = topics.get(&feed) else { return };
        let mut members = self.members.borrow_mut();
        let Some(member) = live(&mut members, key).filter(|member| member.open) else { return };
        let (codec, idle) = (member.codec, member.outbox.queued_bytes() == 0);
        let Some(lag) = member.lag(feed).filter(|lag| !lag.reading) else { return };
        if matches!(lag.announce, Announce::Silent) {
            if lag.pos == topic.last {
                return member.end_lag(feed);
            }
            if lag.pos.seq > topic.last.seq {
                return; // the log was ahead of the notifications; they will come
            }
        }
        if !idle {
            return; // goes on when the outbox has drained
        }
        let Some(shard) = self.shard.get().cloned() else { return };
        let read = ReadOn { stream: topic.stream.clone(), after: lag.pos, feed, key, codec, shard };
        // a full mailbox is tried again with the next tick
        lag.reading = mail::tell(self.node.bridge(), read).is_ok();
    }

    pub(super) fn catch_up(&self, message: CatchUp) {
        let CatchUp { feed, key, after, outcome } = message;
        let Some(stream) = self.topics.borrow().get(&feed).map(|topic| topic.stream.clone()) else { return };
        let mut delivered = 0;
        let moved = self.with(key, |member| {
            let (codec, session, outbox) = (member.codec, member.session, member.outbox.clone());
            let Some(lag) = member.lag(feed).filter(|lag| lag.pos == after) else { return false };
            lag.reading = false;
            let before = lag.pos;
            if matches!(outcome, CatchUpOutcome::Failed) {
                return false; // asked again with the next tick
            }
            let announce = std::mem::replace(&mut lag.announce, Announce::Silent);
            let announced = !matches!(announce, Announce::Silent);
            match outcome {
                CatchUpOutcome::Gone(top) => {
                    lag.pos = top;
                    let frame = announcement(codec, &stream, &announce, top, Some(false)).unwrap_or_else(|| {
                        codec.control(&ServerControl::Lag(LagNotice { pos: top }), Some(&stream), None)
                    });
                    outbox.offer_reply(&frame);
                }
                CatchUpOutcome::Missed(missed) => {
                    if let Some(frame) = announcement(codec, &stream, &announce, lag.pos, Some(true)) {
                        outbox.offer_reply(&frame);
                    }
                    for one in missed.iter() {
                        if one.except != Some(session) && !one.frame.is_empty() {
                            if outbox.offer(&one.frame) != Offer::Taken {
                                break;
                            }
                            delivered += 1;
                        }
                        lag.pos = one.pos;
                    }
                }
                CatchUpOutcome::Failed => {}
            }
            let moved = announced || lag.pos != before;
            outbox.wake();
            moved
        });
        self.node.metrics().deliveries.inc_by(delivered);
        if moved == Some(true) {
            self.advance(key, feed); // a read that brought nothing is repeated with the next tick, not at once
        }
    }

    // -- ticks ----------------------------------------------------------------------------------------------------

    pub(super) fn tick(&self) {
        let now = (self.now.get() + 1) % WHEEL_SLOTS;
        self.now.set(now);
        let due = std::mem::take(&mut self.wheel.borrow_mut()[now]);
        for key in due {
            if let Some(ticks) = self.with(key, |member| self.heartbeat(member)) {
                self.schedule(key, ticks);
            }
        }
        self.check_stalls();
    }

    /// Pings, or ends a session that was silent since the last ping. Returns when to look again.
    fn heartbeat(&self, member: &mut Member) -> u32 {
        let heard = member.outbox.take_heard();
        if member.pinged && !heard {
            member.outbox.close(CloseCode::PingTimeout.code(), CloseCode::PingTimeout.reason());
            member.outbox.wake();
            return self.pong_ticks();
        }
        if member.pinged {
            member.pinged = false;
            return self.ping_ticks();
        }
        member.pinged = true;
        member.outbox.offer_reply(&frame(Opcode::Ping, b""));
        member.outbox.wake();
        self.pong_ticks()
    }

    /// A session that lags and whose socket takes nothing for too long is cut; one that waits for a read asks again.
    fn check_stalls(&self) {
        let mut lagging = Vec::new();
        for (index, member) in self.members.borrow_mut().iter_mut().filter(|(_, member)| !member.lags.is_empty()) {
            let written = member.outbox.written_bytes();
            if written != member.progress.written_bytes || member.outbox.queued_bytes() == 0 {
                member.progress = Progress { written_bytes: written, ticks: 0 };
            } else {
                member.progress.ticks += 1;
            }
            if u64::from(member.progress.ticks) >= self.node.settings().stall_timeout.as_secs().max(1) {
                member.outbox.close(CloseCode::SlowConsumer.code(), CloseCode::SlowConsumer.reason());
                member.outbox.wake();
            }
            lagging.push(MemberKey { index: index as u32, generation: member.generation });
        }
        for key in lagging {
            self.advance_all(key);
        }
    }

    fn schedule(&self, key: MemberKey, ticks: u32) {
        let slot = (self.now.get() + (ticks as usize).clamp(1, WHEEL_SLOTS - 1)) % WHEEL_SLOTS;
        self.wheel.borrow_mut()[slot].push(key);
    }

    /// The ping interval in ticks, ±10 %.
    fn ping_ticks(&self) -> u32 {
        let interval = self.node.settings().ping_interval.as_secs().max(1);
        let jitter = self.node.environment().below(interval / 5 + 1);
        (interval - interval / 10 + jitter) as u32
    }

    fn pong_ticks(&self) -> u32 {
        self.node.settings().pong_timeout.as_secs().max(1) as u32
    }

    // -- plumbing -------------------------------------------------------------------------------------------------

    fn with<T>(&self, key: MemberKey, act: impl FnOnce(&mut Member) -> T) -> Option<T> {
        live(&mut self.members.borrow_mut(), key).map(act)
    }

    fn remove_from_topic(&self, feed: FeedId, key: MemberKey) {
        let mut topics = self.topics.borrow_mut();
        if let Some(topic) = topics.get_mut(&feed) {
            topic.remove(key);
            if topic.members.is_empty() {
                topics.remove(&feed);
            }
        }
    }
}

fn live(members: &mut Slab<Member>, key: MemberKey) -> Option<&mut Member> {
    members.get_mut(key.index as usize).filter(|member| member.generation == key.generation)
}

/// The frame that says a member was added; `None` when nothing is to be said.
fn announcement(
    codec: Codec,
    stream: &Arc<hubwire_protocol::Address>,
    announce: &Announce,
    pos: Position,
    recovered: Option<bool>,
) -> Option<Bytes> {
    let (control, re) = match announce {
        Announce::Silent => return None,
        Announce::Joined { re } => (ServerControl::Joined(Joined { users: vec![], pos: Some(pos), recovered }), re),
        Announce::Resumed { re } => (ServerControl::Resumed(Resumed { recovered: recovered.unwrap_or(true), pos }), re),
    };
    Some(codec.control(&control, Some(stream), re.as_deref()))
}
