//! Lagging members: they read on from the log until they have caught up.

use super::member::{Lag, WorkerMember};
use super::worker::Worker;
use crate::mail;
use crate::outbox::Offer;
use crate::words::delivery::*;
use crate::words::ids::FeedId;
use crate::words::ids::MemberKey;
use crate::words::log_reader::ReadOn;
use crate::words::present::{member, Present};
use bytes::Bytes;
use hubwire_protocol::event::{Event, Joined, Lag as LagNotice, PresentMember, Resumed};
use hubwire_protocol::{Address, Dialect, Position, UserId};
use std::sync::Arc;

impl Worker {
    /// All members of the topic read the log from their own positions on; the topic is at `pos`.
    pub(super) fn lag_all(&self, feed: FeedId, pos: Position) {
        let mut topics = self.topics.borrow_mut();
        let Some(topic) = topics.get_mut(&feed) else { return };
        let from = std::mem::replace(&mut topic.last, pos);
        let (keys, stream) = (topic.members.clone(), topic.stream.clone());
        drop(topics);
        for key in keys {
            self.with(key, |member| {
                if member.lag(feed).is_none() {
                    member.begin_lag(Lag::behind(feed, &stream, from));
                }
            });
            self.advance(key, feed);
        }
    }

    pub(super) fn advance_all(&self, key: MemberKey) {
        for feed in self.lagging_in(key) {
            self.advance(key, feed);
        }
    }

    fn lagging_in(&self, key: MemberKey) -> Vec<FeedId> {
        let lags =
            |member: &mut WorkerMember| member.behind.iter().flat_map(|it| &it.lags).map(|lag| lag.feed).collect();
        self.with(key, lags).unwrap_or_default()
    }

    /// Ends a member's lag in a feed when it has caught up; otherwise asks for more as soon as its outbox is empty. A
    /// member that has read further than the notifications waits for them.
    pub(super) fn advance(&self, key: MemberKey, feed: FeedId) {
        self.advance_if(key, feed, |lag, last| lag.pos.seq <= last.seq);
    }

    /// Like [`Worker::advance`], on a tick: a member that waits for notifications checks whether its position is still
    /// in the log. After a failover the notifications may never come.
    pub(super) fn advance_with_tick(&self, key: MemberKey) {
        for feed in self.lagging_in(key) {
            self.advance_if(key, feed, |_, _| true);
        }
    }

    fn advance_if(&self, key: MemberKey, feed: FeedId, reads: impl Fn(&Lag, Position) -> bool) {
        // what the turn has collected lies before the topic's position: a member that caught up now would receive it
        // twice
        self.flush_topic(feed);
        let topics = self.topics.borrow();
        let Some(topic) = topics.get(&feed) else { return };
        let mut members = self.members.borrow_mut();
        let Some(member) = members.get_mut(key).filter(|member| member.open) else { return };
        let (dialect, idle) = (member.dialect, member.outbox.queued_bytes() == 0);
        let Some(lag) = member.lag(feed).filter(|lag| !lag.reading) else { return };
        if matches!(lag.announce, Announce::Silent) {
            if lag.pos == topic.last {
                return member.end_lag(feed);
            }
            if !reads(lag, topic.last) {
                return;
            }
        }
        if !idle {
            return; // goes on when the outbox has drained
        }
        let Some(delivery) = self.delivery.get().cloned() else { return };
        let read = ReadOn { stream: topic.stream.clone(), after: lag.pos, feed, key, dialect, delivery };
        // if the mailbox is full, the next tick tries again
        lag.reading = mail::tell(self.node.log_reader(), read).is_ok();
    }

    pub(super) fn catch_up(&self, message: CatchUp) {
        let CatchUp { feed, key, after, outcome } = message;
        let known = self.topics.borrow().get(&feed).map(|topic| (topic.stream.clone(), topic.present.clone()));
        let Some((stream, present)) = known else { return };
        let (mut delivered, mut told) = (0, false);
        let moved = self.with(key, |member| {
            let (user, presence) = (member.user().cloned(), member.seat(feed).is_some_and(|seat| seat.presence));
            let there = present.as_deref().filter(|_| presence).zip(user.as_ref());
            let (dialect, session, outbox) = (member.dialect, member.session, member.outbox.clone());
            let Some(lag) = member.lag(feed).filter(|lag| lag.pos == after) else { return false };
            lag.reading = false;
            let before = lag.pos;
            if matches!(outcome, CatchUpOutcome::Failed) {
                return false; // asked again with the next tick
            }
            let announce = std::mem::replace(&mut lag.announce, Announce::Silent);
            let announced = !matches!(announce, Announce::Silent);
            match outcome {
                CatchUpOutcome::Gone { top, oldest } => {
                    // a member whose start was not announced has everything before `before`, unless it was trimmed
                    let holds_more = announced || oldest.seq >= before.seq;
                    lag.pos = if lag.gone == Gone::Oldest && holds_more { oldest } else { top };
                    let stands = Stands { pos: lag.pos, top, recovered: Some(false) };
                    let frame = match announced {
                        true => announcement(dialect, &stream, &announce, stands, there),
                        false => dialect.event(&Event::Lag(LagNotice { pos: stands.pos }), Some(&stream), None),
                    };
                    if let Some(frame) = frame {
                        outbox.offer_reply(&frame);
                    }
                    told = true;
                }
                CatchUpOutcome::Missed { missed, top } => {
                    let stands = Stands { pos: before, top, recovered: Some(true) };
                    if let Some(frame) = announcement(dialect, &stream, &announce, stands, there) {
                        outbox.offer_reply(&frame);
                        told = true;
                    }
                    for one in missed.iter() {
                        let is_meant = one.receivers.hold((session, dialect), user.as_ref(), None);
                        let frame = one.frame.as_ref().filter(|_| is_meant);
                        if let Some(frame) = frame {
                            if outbox.offer(frame) != Offer::Taken {
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
            // its turn requests more; if nothing was written, it would request missing data endlessly
            if told || delivered > 0 {
                outbox.wake();
            }
            moved
        });
        self.node.metrics().deliveries.inc_by(delivered);
        if moved == Some(true) {
            self.advance(key, feed); // a read without a result is repeated with the next tick, not at once
        }
    }
}

impl WorkerMember {
    /// A lagging member resumes again, or leaves, before the log was read: its request is answered with its present
    /// position. Nothing follows from there.
    pub(super) fn give_up_lag(&mut self, feed: FeedId, stream: &Arc<Address>) {
        let dialect = self.dialect;
        let Some(lag) = self.lag(feed) else { return };
        let stands = Stands { pos: lag.pos, top: lag.pos, recovered: None };
        if let Some(frame) = announcement(dialect, stream, &lag.announce, stands, None) {
            self.outbox.offer_reply(&frame);
            self.outbox.wake();
        }
        self.end_lag(feed);
    }
}

/// The start of a member, as announced to its client.
#[derive(Clone, Copy)]
pub(super) struct Stands {
    /// The position it continues from.
    pub pos: Position,
    /// The last position of the log.
    pub top: Position,
    /// Whether everything after the requested position follows; `None` when none was requested.
    pub recovered: Option<bool>,
}

/// The frame that announces the start to the client, with the members for the member's user; `None` when nothing is
/// announced.
pub(super) fn announcement(
    dialect: Dialect,
    stream: &Arc<Address>,
    announce: &Announce,
    stands: Stands,
    there: Option<(&Present, &UserId)>,
) -> Option<Bytes> {
    let Stands { pos, top, recovered } = stands;
    let (pos, top) = (Some(pos), Some(top));
    let members = there.and_then(|(present, user)| members(present, user));
    let count = there.map(|(present, _)| members.as_ref().map_or(present.count, Vec::len));
    let version = there.map(|(present, _)| present.version);
    let (event, re) = match announce {
        Announce::Silent => return None,
        Announce::Joined { re, beginning } => {
            let (recent, snapshot) = match beginning.as_deref() {
                Some(beginning) => (beginning.recent.clone(), beginning.snapshot.clone()),
                None => (None, None),
            };
            // the newest publications are the end of the log: whether it is complete was not asked
            let recovered = recovered.filter(|_| recent.is_none());
            let joined = Joined { users: vec![], pos, recovered, top, recent, snapshot, members, count, version };
            (Event::Joined(joined), re)
        }
        Announce::Resumed { re } => {
            let recovered = recovered.unwrap_or(true);
            (Event::Resumed(Resumed { recovered, pos, top, error: None, members, count, version }), re)
        }
    };
    dialect.event(&event, Some(stream), re.as_deref())
}

/// The members for a user, itself included, whether or not it was announced already.
fn members<'a>(present: &'a Present, user: &'a UserId) -> Option<Vec<PresentMember<'a>>> {
    let users = present.users.as_ref()?;
    let mut members: Vec<PresentMember> = users.iter().map(|(user, shown)| member(user, shown)).collect();
    if let Err(at) = users.binary_search_by(|(other, _)| other.cmp(user)) {
        members.insert(at, PresentMember { user, state: None, profile: None });
    }
    Some(members)
}
