//! An operator's view of a worker: its channels, and the positions of its sessions. Queries are rare, so no extra state
//! is kept: each scans the existing state, which takes a few milliseconds for 100,000 topics.

use super::worker::Worker;
use crate::words::ids::MemberKey;
use crate::words::status::StreamOfSession;
use crate::words::status::{CountMembers, ListChannels};
use hubwire_protocol::Address;
use std::collections::BTreeMap;

impl Worker {
    pub(super) fn list_channels(&self, message: ListChannels) {
        let ListChannels { filter, answer } = message;
        let topics = self.topics.borrow();
        let mut first: BTreeMap<&Address, usize> = BTreeMap::new();
        for topic in topics.values().filter(|topic| filter.takes(&topic.stream)) {
            // most of many channels come after a whole page
            if first.len() >= filter.limit && first.last_key_value().is_some_and(|(last, _)| **last < *topic.stream) {
                continue;
            }
            first.insert(&topic.stream, topic.members.len());
            if first.len() > filter.limit {
                first.pop_last();
            }
        }
        let first = first.into_iter().map(|(channel, sessions)| (channel.clone(), sessions)).collect();
        drop(answer.send(first)); // the caller may have given up
    }

    pub(super) fn count_members(&self, message: CountMembers) {
        let topics = self.topics.borrow();
        let topic = topics.values().find(|topic| *topic.stream == message.stream);
        let _ = message.answer.send(topic.map_or(0, |topic| topic.members.len()));
        // the caller may have given up
    }

    /// The positions of a session in each of its streams, in their order.
    pub(crate) fn streams_of(&self, key: MemberKey) -> Vec<StreamOfSession> {
        let topics = self.topics.borrow();
        let streams = self.with(key, |member| {
            let seats: Vec<_> = member.seats.iter().map(|seat| seat.feed).collect();
            let seated = seats.into_iter().filter_map(|feed| topics.get(&feed).map(|topic| (feed, topic)));
            seated
                .map(|(feed, topic)| {
                    let lag = member.lag(feed).map(|lag| lag.pos);
                    let stream = (*topic.stream).clone();
                    StreamOfSession { stream, pos: lag.unwrap_or(topic.last), lagging: lag.is_some() }
                })
                .collect::<Vec<_>>()
        });
        let mut streams = streams.unwrap_or_default();
        streams.sort_by(|one, other| one.stream.cmp(&other.stream));
        streams
    }
}
