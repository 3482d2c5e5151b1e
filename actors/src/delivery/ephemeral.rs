//! Actions that are in no log: a session whose outbox is full does not receive them.

use super::worker::Worker;
use crate::outbox::Offer;
use crate::words::delivery::{Tell, TellOne};

impl Worker {
    pub(super) fn tell(&self, message: Tell) {
        self.flush_topic(message.feed); // keeps its place among the publications
        let mut topics = self.topics.borrow_mut();
        let Some(topic) = topics.get_mut(&message.feed) else { return };
        topic.present = message.present;
        let (mut delivered, mut dropped) = (0, 0);
        for key in &topic.members {
            self.with(*key, |member| {
                let wants_presence = member.seat(message.feed).is_some_and(|seat| seat.presence);
                let meant = message.audience.holds(member.user(), wants_presence);
                if !meant || !member.open || !member.is_among(&message.receivers) {
                    return;
                }
                let Some(frame) = message.frames.get(member.dialect) else { return };
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
}
