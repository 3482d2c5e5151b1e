//! Writes what a turn collected for a topic to the outboxes of its members, in one write per socket.

use super::member::Lag;
use super::worker::Worker;
use super::worker_feed::WorkerFeed;
use crate::observer::{Delivered, Sighting};
use crate::outbox::Offer;
use crate::trace::TracedArrival;
use crate::words::delivery::DeliverPublication;
use crate::words::frames::Frames;
use crate::words::ids::FeedId;
use crate::words::ids::MemberKey;
use crate::words::receivers::Receivers;
use hubwire_protocol::Position;

/// Frames for the members of a topic in one write.
struct Written {
    feed: FeedId,
    /// The position before it: a member that cannot take it lags from there.
    prev: Position,
    /// Publications in it.
    count: u64,
    frames: Frames,
    /// The members that receive it.
    receivers: Receivers,
    /// Publications in it whose sender records a trace.
    traced: Vec<TracedArrival>,
}

impl Worker {
    pub(super) fn flush(&self) {
        let dirty = std::mem::take(&mut *self.dirty.borrow_mut());
        for feed in dirty {
            self.flush_topic(feed);
        }
    }

    /// Its entry in `dirty` stays: without a batch there is nothing to write.
    pub(super) fn flush_topic(&self, feed: FeedId) {
        let mut topics = self.topics.borrow_mut();
        let Some(topic) = topics.get_mut(&feed) else { return };
        let Some(mut batch) = topic.batch.take() else { return };
        let (prev, count, traced) = (batch.prev, batch.count, std::mem::take(&mut batch.traced));
        let (frames, receivers) = (batch.finish(), Receivers::default());
        let ahead = self.write(topic, Written { feed, prev, count, frames, receivers, traced });
        drop(topics);
        ahead.into_iter().for_each(|key| self.advance(key, feed));
    }

    /// A publication for only some of the members is written separately.
    pub(super) fn write_alone(&self, message: DeliverPublication) {
        let DeliverPublication { feed, pos, prev, frames, receivers, traced } = message;
        let traced = traced.map(|traced| *traced).into_iter().collect();
        let mut topics = self.topics.borrow_mut();
        let Some(topic) = topics.get_mut(&feed) else { return };
        topic.last = pos;
        let ahead = self.write(topic, Written { feed, prev, count: 1, frames, receivers, traced });
        drop(topics);
        ahead.into_iter().for_each(|key| self.advance(key, feed));
    }

    /// Offers frames to the members of a topic. Returns the members that had read further than this worker.
    fn write(&self, topic: &WorkerFeed, written: Written) -> Vec<MemberKey> {
        let Written { feed, prev, count, frames, receivers, traced } = written;
        let mut members = self.members.borrow_mut();
        let (mut delivered, mut spilled, mut sessions, mut lagging) = (0, 0, 0, 0);
        let mut ahead = Vec::new();
        for key in &topic.members {
            let Some(member) = members.get_mut(*key) else { continue };
            if !member.is_among(&receivers) {
                continue;
            }
            if let Some(lag) = member.lag(feed) {
                if !lag.reading && lag.pos.seq >= prev.seq {
                    ahead.push(*key);
                }
                lagging += 1;
                continue;
            }
            let offer = match member.open {
                true => frames.get(member.dialect).map_or(Offer::Closed, |frame| member.outbox.offer(frame)),
                false => Offer::Full,
            };
            match offer {
                Offer::Taken => {
                    delivered += count;
                    sessions += 1;
                }
                Offer::Closed => {}
                Offer::Full => {
                    lagging += 1;
                    spilled += u64::from(member.open);
                    member.begin_lag(Lag::behind(feed, &topic.stream, prev));
                }
            }
        }
        debug_assert!(prev <= topic.last);
        self.node.metrics().deliveries.inc_by(delivered);
        self.node.metrics().spills.inc_by(spilled);
        self.node.tracer().delivered(&traced, &topic.stream, sessions, lagging);
        let observer = self.node.observer();
        if observer.watches() {
            let (stream, after, to) = (topic.stream.clone(), prev, topic.last);
            observer.see(Sighting::Delivered(Delivered { stream, after, to, sessions, lagging }));
        }
        ahead
    }
}
