//! What senders were told: the order of what one sender sent.

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
