//! Acknowledgements: the order of the actions of one sender.

use super::kept::Vanished;
use super::streams::position;
use super::{Event, Record, Violation};
use hubwire_protocol::Position;
use std::collections::{BTreeMap, HashMap};

/// A history of a stream: the one in the log at the end, or what a rollback took.
type Branch = Option<usize>;
type Newest<'a> = BTreeMap<Branch, (Position, &'a str)>;

/// An action from its first attempt on.
struct Sent<'a> {
    to: &'a str,
    attempts: usize,
    /// The highest position acknowledged to the sender before it was sent, and what stands there.
    floor: Newest<'a>,
    number: usize,
}

/// Per sender and stream: the newest acknowledged, and what was sent exactly once, by order of sending.
#[derive(Default)]
struct Order<'a> {
    newest: Newest<'a>,
    once: BTreeMap<Branch, Vec<(usize, Position, &'a str)>>,
}

/// What was acknowledged before something else was sent stands before it; so does, of what was sent exactly once,
/// whatever was sent first. (A repeated action takes the place of whichever attempt came first.) What a rollback took
/// stands in another history than what came after it.
pub(super) fn check(records: &[Record], vanished: &Vanished, violations: &mut Vec<Violation>) {
    let mut sent: HashMap<&str, Sent> = HashMap::new();
    let mut orders: HashMap<(&str, &str), Order> = HashMap::new();
    for (number, record) in records.iter().enumerate() {
        match &record.event {
            Event::Send { id, to } => {
                let newest = &orders.entry((&record.device, to)).or_default().newest;
                let first = || Sent { to, attempts: 0, floor: newest.clone(), number };
                sent.entry(id).or_insert_with(first).attempts += 1;
            }
            Event::Ok { id, pos } => {
                let Some(sent) = sent.get(id.as_str()) else { continue };
                let order = orders.entry((&record.device, sent.to)).or_default();
                let pos = position(pos);
                let branch = vanished.get(sent.to).and_then(|vanished| vanished.get(&pos)).copied();
                if let Some((_, first)) = sent.floor.get(&branch).filter(|(floor, _)| floor.seq >= pos.seq) {
                    violations.push(out_of_order(sent.to, first, id));
                }
                let newest = order.newest.entry(branch).or_insert((pos, id));
                *newest = (*newest).max((pos, id));
                if sent.attempts == 1 {
                    order.once.entry(branch).or_default().push((sent.number, pos, id));
                }
            }
            _ => {}
        }
    }
    for ((_, stream), order) in orders {
        for mut once in order.once.into_values() {
            once.sort();
            for pair in once.windows(2).filter(|pair| pair[0].1.seq >= pair[1].1.seq) {
                violations.push(out_of_order(stream, pair[0].2, pair[1].2));
            }
        }
    }
}

fn out_of_order(stream: &str, first: &str, second: &str) -> Violation {
    Violation::SenderOrder { stream: stream.into(), first: first.into(), second: second.into() }
}
