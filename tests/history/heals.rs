//! How soon sending works again after a fault.

use super::{Event, Record, Violation};
use std::collections::HashMap;

/// How long that may take.
pub(super) const PATIENCE_MS: u64 = 15_000;

/// A fault that has ended without an acknowledgement since.
struct Pending<'a> {
    fault: &'a str,
    since_ms: u64,
    /// Time without any fault since then, up to `calm_since_ms`.
    calm_ms: u64,
    /// Since when there is no fault; none while there is one.
    calm_since_ms: Option<u64>,
}

impl Pending<'_> {
    fn calm_at(&self, now_ms: u64) -> u64 {
        self.calm_ms + self.calm_since_ms.map_or(0, |since| now_ms - since)
    }
}

/// From each heal to the first acknowledgement of something whose first attempt came after it; the next faults do not
/// count, and do not hide it. Returns the longest time.
pub(super) fn check(records: &[Record], violations: &mut Vec<Violation>) -> u64 {
    let mut longest = 0;
    let mut judge = |pending: &Pending, now_ms: u64, violations: &mut Vec<Violation>| {
        let ms = pending.calm_at(now_ms);
        longest = longest.max(ms);
        if ms > PATIENCE_MS {
            violations.push(Violation::SlowHeal { fault: pending.fault.into(), ms });
        }
    };
    let mut first_sent: HashMap<&str, u64> = HashMap::new();
    let mut last_sent_ms = 0;
    let mut pending: Option<Pending> = None;
    for Record { at_ms, event, .. } in records {
        match event {
            Event::Heal { name } => {
                let fresh = Pending { fault: name, since_ms: *at_ms, calm_ms: 0, calm_since_ms: None };
                pending.get_or_insert(fresh).calm_since_ms = Some(*at_ms);
            }
            Event::Fault { .. } => {
                if let Some(pending) = &mut pending {
                    pending.calm_ms = pending.calm_at(*at_ms);
                    pending.calm_since_ms = None;
                }
            }
            // a promotion that no fault asked for
            Event::Rollback { .. } if pending.as_ref().is_some_and(|it| it.calm_since_ms.is_some()) => pending = None,
            Event::Send { id, .. } => {
                first_sent.entry(id).or_insert(*at_ms);
                last_sent_ms = *at_ms;
            }
            Event::Ok { id, .. } => {
                let sent_ms = first_sent.get(id.as_str());
                if let Some(healed) = pending.take_if(|it| sent_ms.is_some_and(|sent_ms| *sent_ms >= it.since_ms)) {
                    judge(&healed, *at_ms, violations);
                }
            }
            _ => {}
        }
    }
    // what was sent in vain until the end
    if let Some(pending) = pending.filter(|pending| pending.since_ms <= last_sent_ms) {
        judge(&pending, last_sent_ms.max(pending.calm_since_ms.unwrap_or(0)), violations);
    }
    longest
}
