//! What nodes have of memory and queues, against what they may have.

use super::{Event, Record, Violation};

pub(super) fn check(records: &[Record], violations: &mut Vec<Violation>) {
    for Record { device, event, .. } in records {
        if let Event::Gauge { name, value, bound } = event {
            if value > bound {
                let (node, name) = (device.clone(), name.clone());
                violations.push(Violation::Unbounded { node, name, value: *value, bound: *bound });
            }
        }
    }
}

/// The most that any node had of something.
pub(super) fn peak(records: &[Record], wanted: &str) -> u64 {
    let value = |record: &Record| match &record.event {
        Event::Gauge { name, value, .. } if name == wanted => Some(*value),
        _ => None,
    };
    records.iter().filter_map(value).max().unwrap_or(0)
}
