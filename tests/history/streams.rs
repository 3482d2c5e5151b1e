//! What devices got of each stream, against everything anybody knows to be in it.

use super::record::device_of;
use super::{user_of, Event, Record, Violation};
use hubwire_protocol::Position;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A device and a stream it follows.
struct Follower {
    start: Position,
    last: Position,
    got: BTreeSet<Position>,
    /// Ids since the last reset: a broker that lost its log also forgot which ids it had stored.
    ids: BTreeSet<String>,
    resets: Vec<Gap>,
}

/// What a device was told to be gone.
struct Gap {
    after: Position,
    to: Position,
    /// The first that came then.
    next: Option<Position>,
}

impl Gap {
    /// Whether a place lay in it. A stream that goes on below where the device was has begun anew: then the gap ends where
    /// the new history does, with the first publication that came.
    fn holds(&self, pos: Position) -> bool {
        let upto = if self.to.seq >= self.after.seq { Some(self.to.seq + 1) } else { self.next.map(|next| next.seq) };
        pos.seq > self.after.seq && upto.is_none_or(|upto| pos.seq < upto)
    }
}

type Followers<'a> = BTreeMap<(&'a str, &'a str), Follower>;
/// By stream: place and id.
type Logs<'a> = BTreeMap<&'a str, BTreeMap<Position, &'a str>>;

pub(super) fn check(records: &[Record], violations: &mut Vec<Violation>) {
    let followers = follow(records, violations);
    let destinations = destinations(records);
    let logs = logs(records, &destinations);
    let restarted: BTreeSet<&str> =
        followers.iter().filter(|(_, follower)| !follower.resets.is_empty()).map(|((_, stream), _)| *stream).collect();
    for (stream, log) in &logs {
        check_log(stream, log, restarted.contains(stream), violations);
    }
    for ((device, stream), follower) in &followers {
        check_follower(device, stream, follower, logs.get(stream), violations);
    }
    check_copies(&destinations, &logs, &followers, &restarted, violations);
}

fn follow<'a>(records: &'a [Record], violations: &mut Vec<Violation>) -> Followers<'a> {
    let mut followers: Followers = BTreeMap::new();
    for Record { device, event, .. } in records {
        match event {
            Event::Resumed { stream, pos } => {
                let start = position(pos);
                followers.entry((device, stream)).or_insert_with(|| Follower {
                    start,
                    last: start,
                    got: BTreeSet::new(),
                    ids: BTreeSet::new(),
                    resets: Vec::new(),
                });
            }
            Event::Reset { stream, pos } => {
                let Some(follower) = followers.get_mut(&(device.as_str(), stream.as_str())) else { continue };
                let to = position(pos);
                follower.resets.push(Gap { after: follower.last, to, next: None });
                follower.last = to;
                follower.ids.clear();
            }
            Event::Recv { stream, pos, id } => {
                let Some(follower) = followers.get_mut(&(device.as_str(), stream.as_str())) else { continue };
                let at = position(pos);
                if let Some(gap) = follower.resets.last_mut() {
                    gap.next.get_or_insert(at);
                }
                let again = !follower.ids.insert(id.clone());
                if again {
                    let (device, stream, id) = (device.clone(), stream.clone(), id.clone());
                    violations.push(Violation::Duplicate { device, stream, id });
                } else if at.seq <= follower.last.seq {
                    let (device, stream, last) = (device.clone(), stream.clone(), follower.last.to_string());
                    violations.push(Violation::Disorder { device, stream, last, pos: pos.clone() });
                }
                follower.last = follower.last.max(at);
                follower.got.insert(at);
            }
            _ => {}
        }
    }
    followers
}

/// Where each id was sent.
fn destinations(records: &[Record]) -> HashMap<&str, &str> {
    let sent = records.iter().filter_map(|record| match &record.event {
        Event::Send { id, to } => Some((id.as_str(), to.as_str())),
        _ => None,
    });
    sent.collect()
}

/// Everything anybody knows: what was acknowledged and what anybody got.
fn logs<'a>(records: &'a [Record], destinations: &HashMap<&'a str, &'a str>) -> Logs<'a> {
    let mut logs: Logs = BTreeMap::new();
    for record in records {
        let (stream, pos, id) = match &record.event {
            Event::Ok { id, pos } => match destinations.get(id.as_str()) {
                Some(stream) => (*stream, pos, id),
                None => continue,
            },
            Event::Recv { stream, pos, id } => (stream.as_str(), pos, id),
            _ => continue,
        };
        let at = position(pos);
        // two ids at one place: the second one gets a place of its own, so that the fork shows
        let log = logs.entry(stream).or_default();
        match log.get(&at) {
            Some(other) if *other != id.as_str() => drop(log.insert(Position { nonce: !at.nonce, ..at }, id)),
            _ => drop(log.insert(at, id)),
        }
    }
    logs
}

/// One history: no two publications at one place, no id at two.
fn check_log(stream: &str, log: &BTreeMap<Position, &str>, restarted: bool, violations: &mut Vec<Violation>) {
    let entries: Vec<_> = log.iter().collect();
    for pair in entries.windows(2).filter(|pair| pair[0].0.seq == pair[1].0.seq) {
        let place = |(pos, id): &(&Position, &&str)| (pos.to_string(), id.to_string());
        violations.push(Violation::Fork { stream: stream.into(), places: [place(&pair[0]), place(&pair[1])] });
    }
    let mut ids = BTreeSet::new();
    for id in log.values().filter(|id| !ids.insert(**id)) {
        if !restarted {
            violations.push(Violation::StoredTwice { stream: stream.into(), id: id.to_string() });
        }
    }
}

/// Everything after the device's first position, but for what it was told to be gone.
fn check_follower(
    device: &str,
    stream: &str,
    follower: &Follower,
    log: Option<&BTreeMap<Position, &str>>,
    violations: &mut Vec<Violation>,
) {
    let own_stream = stream.strip_prefix("user:").is_some_and(|user| user == user_of(device));
    for (pos, id) in log.into_iter().flatten().filter(|(pos, _)| pos.seq > follower.start.seq) {
        // a copy of its own direct message: it has that one
        let own_copy = own_stream && device_of(id) == device;
        if !own_copy && !follower.got.contains(pos) && !follower.resets.iter().any(|gap| gap.holds(*pos)) {
            let (device, stream) = (device.into(), stream.into());
            violations.push(Violation::Lost { device, stream, pos: pos.to_string(), id: id.to_string() });
        }
    }
}

/// A direct message stands in both streams. What nobody but its sender could see is not judged.
fn check_copies(
    destinations: &HashMap<&str, &str>,
    logs: &Logs,
    followers: &Followers,
    restarted: &BTreeSet<&str>,
    violations: &mut Vec<Violation>,
) {
    let ids: HashMap<&str, BTreeSet<&str>> =
        logs.iter().map(|(stream, log)| (*stream, log.values().copied().collect())).collect();
    let has = |stream: &str, id: &str| ids.get(stream).is_some_and(|ids| ids.contains(id));
    for (id, receiver) in destinations.iter().filter(|(_, to)| to.starts_with("user:")) {
        let origin = device_of(id);
        let sender = format!("user:{}", user_of(origin));
        let sides = [sender.as_str(), receiver];
        if sides[0] == sides[1] || sides.iter().any(|side| restarted.contains(side)) {
            continue;
        }
        for [here, there] in [sides, [sides[1], sides[0]]] {
            let witnessed = followers.keys().any(|(device, stream)| *stream == there && *device != origin);
            if has(here, id) && !has(there, id) && witnessed {
                violations.push(Violation::CopyMissing { stream: there.into(), id: id.to_string() });
            }
        }
    }
}

/// A position of a history. One that is none makes the history void.
pub(super) fn position(text: &str) -> Position {
    text.parse().unwrap_or_else(|_| panic!("the history holds a position that is none: {text}"))
}
