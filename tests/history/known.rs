//! What anybody knows to have been stored: what was acknowledged, and what any device got.

use super::streams::position;
use super::{Event, Record};
use hubwire_protocol::Position;
use std::collections::{BTreeMap, HashMap};

/// A publication somebody knows of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub id: &'a str,
    /// Whether its sender was told that it is stored.
    pub acked: bool,
    /// It was stored after this: the first attempt to send it.
    pub sent_ms: u64,
    /// It was stored before this: the first that anybody knew of it.
    pub known_ms: u64,
}

/// By stream and position.
pub(super) type Known<'a> = BTreeMap<&'a str, BTreeMap<Position, Place<'a>>>;

/// Where each id was sent, and when for the first time.
pub(super) fn destinations(records: &[Record]) -> HashMap<&str, (&str, u64)> {
    let mut destinations = HashMap::new();
    for record in records {
        if let Event::Send { id, to } = &record.event {
            destinations.entry(id.as_str()).or_insert((to.as_str(), record.at_ms));
        }
    }
    destinations
}

pub(super) fn known(records: &[Record]) -> Known<'_> {
    let destinations = destinations(records);
    let mut known: Known = BTreeMap::new();
    for record in records {
        let (stream, pos, id, acked) = match &record.event {
            Event::Ok { id, pos } => match destinations.get(id.as_str()) {
                Some((stream, _)) => (*stream, pos, id, true),
                None => continue,
            },
            Event::Recv { stream, pos, id } => (stream.as_str(), pos, id, false),
            _ => continue,
        };
        let at = position(pos);
        let places = known.entry(stream).or_default();
        // two ids at one place: the second one gets a place of its own, so that the fork shows
        let at = match places.get(&at) {
            Some(other) if other.id != id => Position { nonce: !at.nonce, ..at },
            _ => at,
        };
        let sent_ms = destinations.get(id.as_str()).map_or(0, |(_, sent_ms)| *sent_ms);
        let place = places.entry(at).or_insert(Place { id, acked: false, sent_ms, known_ms: record.at_ms });
        place.acked |= acked;
    }
    known
}
