//! What senders were told: the order of what one sender sent, and how soon sending worked again after a fault.

use super::streams::position;
use super::{Event, Record, Violation};
use hubwire_protocol::Position;
use std::collections::HashMap;

/// An action from its first attempt on.
struct Sent<'a> {
    to: &'a str,
    attempts: usize,
    /// The highest position acknowledged to the sender before it was sent, and what stands there.
    floor: Option<(Position, &'a str)>,
    number: usize,
}

/// Per sender and stream: the newest acknowledged, and the newest in the order of sending that was sent once.
#[derive(Default)]
struct Order<'a> {
    newest: Option<(Position, &'a str)>,
    /// By order of sending: what was sent exactly once.
    once: Vec<(usize, Position, &'a str)>,
}

/// What was acknowledged before something else was sent stands before it; so does, of what was sent exactly once,
/// whatever was sent first. (A repeated action takes the place of whichever attempt came first.)
pub(super) fn check(records: &[Record], violations: &mut Vec<Violation>) {
    let mut sent: HashMap<&str, Sent> = HashMap::new();
    let mut orders: HashMap<(&str, &str), Order> = HashMap::new();
    for (number, record) in records.iter().enumerate() {
        match &record.event {
            Event::Send { id, to } => {
                let floor = orders.entry((&record.device, to)).or_default().newest;
                sent.entry(id).or_insert(Sent { to, attempts: 0, floor, number }).attempts += 1;
            }
            Event::Ok { id, pos } => {
                let Some(sent) = sent.get(id.as_str()) else { continue };
                let order = orders.entry((&record.device, sent.to)).or_default();
                let pos = position(pos);
                if let Some((_, first)) = sent.floor.filter(|(floor, _)| floor.seq >= pos.seq) {
                    violations.push(out_of_order(sent.to, first, id));
                }
                order.newest = order.newest.max(Some((pos, id)));
                if sent.attempts == 1 {
                    order.once.push((sent.number, pos, id));
                }
            }
            _ => {}
        }
    }
    for ((_, stream), mut order) in orders {
        order.once.sort();
        for pair in order.once.windows(2).filter(|pair| pair[0].1.seq >= pair[1].1.seq) {
            violations.push(out_of_order(stream, pair[0].2, pair[1].2));
        }
    }
}

fn out_of_order(stream: &str, first: &str, second: &str) -> Violation {
    Violation::SenderOrder { stream: stream.into(), first: first.into(), second: second.into() }
}

/// The longest time from a heal to the first acknowledgement of something whose first attempt came after it.
pub(super) fn first_ok_after_heal_ms(records: &[Record]) -> u64 {
    let mut longest = 0;
    let mut first_sent: HashMap<&str, u64> = HashMap::new();
    let mut healed: Option<u64> = None;
    for record in records {
        match &record.event {
            Event::Heal { .. } => healed = Some(record.at_ms),
            Event::Fault { .. } => healed = None, // the next fault came first: nothing can be said
            Event::Send { id, .. } => drop(first_sent.entry(id).or_insert(record.at_ms)),
            Event::Ok { id, .. } => {
                let Some(since) = healed else { continue };
                if first_sent.get(id.as_str()).is_some_and(|sent| *sent >= since) {
                    longest = longest.max(record.at_ms - since);
                    healed = None;
                }
            }
            _ => {}
        }
    }
    longest
}
