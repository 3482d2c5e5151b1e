//! A history: what clients saw, one JSON line per event, and the judge of it.
//!
//! Clients write down what they send and what arrives, exactly as it arrives: they hide no duplicate and mend no order.
//! Afterwards [`check`] holds the whole history against the promises. Every check is one pass over the records or over
//! what one device got of one stream, so that a history of millions of events is judged in seconds.
//!
//! A device that was told of a gap (`lag`, `recovered:false`) is excused for what lay in it, and for nothing else.
#![allow(dead_code)] // each test target uses its part

mod gauges;
mod heals;
mod journal;
mod kept;
mod known;
mod presence;
mod record;
mod sends;
mod streams;
#[cfg(test)]
mod tests;
mod violation;

pub use journal::{read, Journal};
pub use record::{user_of, Entry, Event, Record};
pub use violation::Violation;

use std::collections::BTreeSet;

/// The gauge of a node's resident memory.
pub const MEMORY: &str = "process_resident_memory_bytes";

/// What a history amounts to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verdict {
    /// Actions sent, each counted once however often it was repeated.
    pub sent: usize,
    /// Of those: acknowledged.
    pub acked: usize,
    /// Publications devices got.
    pub delivered: usize,
    /// Times a device was told of a gap.
    pub resets: usize,
    /// Sockets a node closed with a code of the protocol (4000 to 4999).
    pub closed_by_node: usize,
    /// Sockets that ended, by whomever.
    pub closes: usize,
    /// Times a device was told that somebody left.
    pub lefts: usize,
    /// Acknowledged actions that the broker lost when it was allowed to.
    pub forgotten: usize,
    /// Publications a device never saw because the broker lost them, without being told: it had seen nothing of what
    /// was lost, and what survived is whole for it.
    pub untold: usize,
    /// Most resident memory of a node, in bytes.
    pub memory_peak: u64,
    /// Longest time from the end of a fault to the first acknowledgement of something sent after it, without the time
    /// of faults that came before it.
    pub first_ok_after_heal_ms: u64,
    /// What broke a promise.
    pub violations: Vec<Violation>,
}

/// Judges a history. The records of one device must be in the order in which it saw things.
pub fn check(records: &[Record]) -> Verdict {
    let mut violations = Vec::new();
    let kept = kept::Kept::new(records, &mut violations);
    let known = known::known(records);
    let vanished = kept.vanished(&known, &mut violations);
    let taken = |(stream, pos): (&&str, &hubwire_protocol::Position)| {
        vanished.get(*stream).is_some_and(|it| it.contains_key(pos))
    };
    let acked =
        known.iter().flat_map(|(stream, places)| places.iter().map(move |(pos, place)| ((stream, pos), place.acked)));
    let forgotten = acked.filter(|(place, acked)| *acked && taken(*place)).count();
    let untold = streams::check(records, &kept, known, &vanished, &mut violations);
    sends::check(records, &vanished, &mut violations);
    gauges::check(records, &mut violations);
    presence::check(records, &mut violations);
    let ids = |wanted: fn(&Event) -> Option<&String>| {
        records.iter().filter_map(|record| wanted(&record.event)).collect::<BTreeSet<_>>().len()
    };
    let count = |wanted: fn(&Event) -> bool| records.iter().filter(|record| wanted(&record.event)).count();
    Verdict {
        sent: ids(|event| match event {
            Event::Send { id, .. } => Some(id),
            _ => None,
        }),
        acked: ids(|event| match event {
            Event::Ok { id, .. } => Some(id),
            _ => None,
        }),
        delivered: count(|event| matches!(event, Event::Recv { .. })),
        resets: count(|event| matches!(event, Event::Reset { .. })),
        closed_by_node: count(|event| matches!(event, Event::Close { code: 4000..=4999 })),
        closes: count(|event| matches!(event, Event::Close { .. })),
        lefts: count(|event| matches!(event, Event::Change { there: false, .. })),
        forgotten,
        untold,
        memory_peak: gauges::peak(records, MEMORY),
        first_ok_after_heal_ms: heals::check(records, &mut violations),
        violations,
    }
}
