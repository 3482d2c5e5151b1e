//! Checks that the history alone does not allow: here the logs are available, so what devices saw is compared with
//! them.

use crate::history::{user_of, Event, Record, Violation};
use hubwire_actors::backend::memory::MemoryCluster;
use hubwire_actors::backend::Entry;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::{Incarnation, Position};
use std::collections::BTreeMap;
use tokio::sync::mpsc;

/// More than any log holds.
const EVERYTHING: usize = 1_000_000;

/// What a device got of a stream since it was placed in it last.
struct Seen {
    since: Position,
    got: Vec<Position>,
}

/// At rest, the publications that a device saw of a stream since its last gap are the log from there on: all of them,
/// no others, in this order. That holds whatever the broker lost.
pub async fn against_the_logs(cluster: &MemoryCluster, history: &[Record]) -> Vec<String> {
    let (sender, _events) = mpsc::channel(2);
    let broker = cluster.node(Incarnation::from_random(0), sender);
    let mut wrongs = Vec::new();
    for ((device, stream), seen) in seen(history) {
        let address = stream.parse().expect("streams are addresses");
        let mut log = broker.history(address, None, EVERYTHING, usize::MAX).await.unwrap_or_default();
        log.reverse();
        let own = stream.strip_prefix("user:") == Some(user_of(device));
        let expected = log.iter().filter(|entry| entry.pos.seq > seen.since.seq && !(own && is_own(entry, device)));
        let expected: Vec<Position> = expected.map(|entry| entry.pos).collect();
        let oldest = log.first().map_or(Position::START, |entry| entry.pos);
        // a copy of what it sent itself comes only when it had connected anew meanwhile,
        // and what is trimmed is not judged
        let sent: Vec<Position> = log.iter().filter(|it| own && is_own(it, device)).map(|entry| entry.pos).collect();
        let got = seen.got.iter().filter(|pos| pos.seq >= oldest.seq && !sent.contains(pos)).copied();
        let got: Vec<Position> = got.collect();
        if got != expected {
            let differs = got.iter().zip(&expected).take_while(|(got, expected)| got == expected).count();
            let (got_there, expected_there) = (got.get(differs), expected.get(differs));
            wrongs.push(format!(
                "NotTheLog {{ {device} {stream} since {}: has {} of {}, \
                 at {differs} {got_there:?} instead of {expected_there:?} }}",
                seen.since,
                got.len(),
                expected.len(),
            ));
        }
    }
    wrongs
}

fn seen(history: &[Record]) -> BTreeMap<(&str, &str), Seen> {
    let mut all: BTreeMap<(&str, &str), Seen> = BTreeMap::new();
    for Record { device, event, .. } in history {
        match event {
            Event::Resumed { stream, pos } => {
                let since = position(pos);
                all.entry((device, stream)).or_insert(Seen { since, got: Vec::new() });
            }
            Event::Reset { stream, pos } => {
                let since = position(pos);
                all.insert((device, stream), Seen { since, got: Vec::new() });
            }
            Event::Recv { stream, pos, .. } => {
                if let Some(seen) = all.get_mut(&(device.as_str(), stream.as_str())) {
                    seen.got.push(position(pos));
                }
            }
            _ => {}
        }
    }
    all
}

/// Whether a device sent an entry itself.
fn is_own(entry: &Entry, device: &str) -> bool {
    let id = Envelope::decode(&entry.envelope).ok().and_then(|envelope| envelope.id.map(String::from));
    id.is_some_and(|id| id.rsplit_once('#').is_some_and(|(of, _)| of == device))
}

fn position(text: &str) -> Position {
    text.parse().expect("the history holds positions")
}

/// Whether a promise holds even when the broker lost what it had acknowledged.
pub fn holds_whatever_is_lost(violation: &Violation) -> bool {
    use Violation::{Disorder, Duplicate, Ghost};
    matches!(violation, Duplicate { .. } | Disorder { .. } | Ghost { .. })
}
