//! The cluster's presence, compared with the open sockets, and the changes that devices received.

use super::{user_of, Event, Record, Violation};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How long after a fault connections may still be on their way back.
const AFTERMATH_MS: u64 = 3000;

pub(super) fn check(records: &[Record], violations: &mut Vec<Violation>) {
    // open devices, each with the streams it takes part in
    let mut open: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut told: HashMap<(&str, &str, &str), bool> = HashMap::new();
    let mut calm_from_ms = 0;
    for record in records {
        match &record.event {
            // joins and leaves are in no log, so those lost in a fault are not repeated
            Event::Fault { .. } => calm_from_ms = u64::MAX,
            Event::Heal { .. } => calm_from_ms = record.at_ms + AFTERMATH_MS,
            Event::Change { .. } if record.at_ms < calm_from_ms => told.clear(),
            Event::Attach { .. } => drop(open.insert(&record.device, BTreeSet::new())),
            Event::Close { .. } => {
                open.remove(record.device.as_str());
                // it did not receive what was announced while it was away
                told.retain(|(device, ..), _| *device != record.device);
            }
            Event::Resumed { stream, .. } | Event::Reset { stream, .. } => {
                open.entry(&record.device).or_default().insert(stream);
            }
            Event::Presence { address, users } => compare(address, users, &open, violations),
            Event::Change { channel, user, there } => {
                let before = told.insert((&record.device, channel, user), *there);
                if before == Some(*there) {
                    let (device, channel) = (record.device.clone(), channel.clone());
                    violations.push(Violation::ToldTwice { device, channel, user: user.clone(), there: *there });
                }
            }
            _ => {}
        }
    }
}

fn compare(
    address: &str,
    said: &BTreeMap<String, u64>,
    open: &BTreeMap<&str, BTreeSet<&str>>,
    violations: &mut Vec<Violation>,
) {
    let mut sockets: BTreeMap<&str, u64> = BTreeMap::new();
    for (device, streams) in open {
        let there = match address.strip_prefix("user:") {
            Some(user) => user_of(device) == user,
            None => streams.contains(address),
        };
        if there {
            *sockets.entry(user_of(device)).or_default() += 1;
        }
    }
    let users: BTreeSet<&str> = said.keys().map(String::as_str).chain(sockets.keys().copied()).collect();
    for user in users {
        let (said, open) = (said.get(user).copied().unwrap_or(0), sockets.get(user).copied().unwrap_or(0));
        if said != open {
            violations.push(Violation::Ghost { address: address.into(), user: user.into(), said, open });
        }
    }
}
