//! Delivers from a feed to the workers with members: encoded once per dialect, one message per worker.

use super::members::WorkerMembers;
use super::Feed;
use crate::mail;
use crate::vital::isolated;
use crate::words::delivery::{Audience, DeliverPublication, Mark, Tell};
use crate::words::feed::Arrival;
use crate::words::frames::Frames;
use crate::words::receivers::Receivers;
use bytes::Bytes;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::Dialect;
use std::iter::repeat_n;

impl Feed {
    /// Encodes a publication once per dialect and sends one message to each worker with members.
    pub(super) fn deliver(&mut self, arrival: Arrival) {
        self.advance(arrival.pos);
        let encoded = isolated(|| {
            let envelope = Envelope::decode(&arrival.envelope)?;
            let frames = Frames::encode(self.wanted, |dialect| dialect.publication(&envelope, Some(arrival.pos)));
            self.owe(envelope.from);
            let traced = self.core.tracer.arrived(&envelope, &self.stream, arrival.pos);
            Ok((frames, Receivers::told(&envelope, &self.stream, self.known), traced))
        });
        let (frames, receivers, traced) = encoded.unwrap_or_else(|error| {
            let unreadable = self.core.unreadable(&self.stream, arrival.pos, &error);
            (Frames::encode(self.wanted, unreadable), Receivers::default(), None)
        });
        // the last worker takes the originals, and most feeds have members on one worker only
        let copies = repeat_n((frames, receivers, traced), self.reaches.len());
        for (reach, (frames, receivers, traced)) in self.reaches.iter_mut().zip(copies) {
            // publications that were skipped in between were not for members there
            let prev = std::mem::replace(&mut reach.last, arrival.pos);
            let publish = DeliverPublication { feed: self.id, pos: arrival.pos, prev, frames, receivers, traced };
            if mail::tell(&reach.delivery, publish).is_err() {
                reach.missed = true;
                self.core.overflow("delivery");
            }
        }
    }

    /// Charges the sender for the deliveries to all members of the feed on this node.
    pub fn owe(&self, from: Option<&str>) {
        if let Some(from) = from {
            let members = self.reaches.iter().map(WorkerMembers::members).sum();
            self.core.accounts.owe(from, members);
        }
    }

    /// Sends an ephemeral action to each worker with members.
    pub fn tell(&self, receivers: &Receivers, audience: Audience, encode: impl Fn(Dialect) -> Option<Bytes>) {
        let frames = Frames::encode(self.wanted, encode);
        for reach in &self.reaches {
            let (frames, audience, present) = (frames.clone(), audience.clone(), self.present.clone());
            let tell = Tell { feed: self.id, frames, receivers: receivers.clone(), audience, present };
            if mail::tell(&reach.delivery, tell).is_err() {
                self.core.overflow("delivery");
            }
        }
    }

    /// Tells delivery actors whose mailbox was full the position of the feed.
    pub fn remind(&mut self) {
        for reach in self.reaches.iter_mut().filter(|reach| reach.missed) {
            reach.last = self.last;
            reach.missed = mail::tell(&reach.delivery, Mark { feed: self.id, last: self.last }).is_err();
        }
    }
}
