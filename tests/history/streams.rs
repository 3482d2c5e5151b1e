//! What devices received of each stream, compared with everything known to be in it.

use super::kept::{Kept, Vanished};
use super::known::{destinations, Known, Place};
use super::record::device_of;
use super::{user_of, Event, Record, Violation};
use hubwire_protocol::Position;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A device and a stream it follows.
struct Follower {
    start: Position,
    last: Position,
    /// The last place it was at that is in the log at the end.
    last_kept: Position,
    got: BTreeSet<Position>,
    /// Ids since the last reset: a broker that lost its log also forgot which ids it had stored.
    ids: BTreeSet<String>,
    resets: Vec<Gap>,
}

/// What a device was told to be gone.
struct Gap {
    after: Position,
    after_kept: Position,
    to: Position,
    /// The first that came then.
    next: Option<Position>,
}

impl Gap {
    /// Whether a place of the log lay in it.
    fn holds(&self, pos: Position) -> bool {
        self.after_kept.seq < pos.seq && pos.seq <= self.to.seq
    }

    /// Whether a place that is not in the log any more lay in it. Of what was lost together with the place where the
    /// device was, everything behind that did; else, what came next is another history if it stands above.
    fn held(&self, pos: Position, lost_together: bool) -> bool {
        let upto = self.next.filter(|next| !lost_together && next.seq > self.after.seq);
        pos.seq > self.after.seq && upto.is_none_or(|upto| pos.seq < upto.seq)
    }
}

type Followers<'a> = BTreeMap<(&'a str, &'a str), Follower>;

/// Returns how often a device did not see what the broker lost, and was not told.
pub(super) fn check<'a>(
    records: &'a [Record],
    kept: &Kept<'a>,
    known: Known<'a>,
    vanished: &Vanished,
    violations: &mut Vec<Violation>,
) -> usize {
    let followers = follow(records, kept, violations);
    let destinations = destinations(records);
    let restarted: BTreeSet<&str> =
        followers.iter().filter(|(_, follower)| !follower.resets.is_empty()).map(|((_, stream), _)| *stream).collect();
    let all = with_kept(known, kept, violations);
    for (stream, places) in &all {
        let gone = vanished.get(stream);
        let standing = places.iter().filter(|(pos, _)| gone.is_none_or(|gone| !gone.contains_key(*pos)));
        let standing = standing.map(|(pos, place)| (*pos, place.id)).collect();
        check_log(stream, &standing, restarted.contains(stream) && kept.log(stream).is_none(), violations);
    }
    let mut untold = 0;
    for ((device, stream), follower) in &followers {
        untold += check_follower(device, stream, follower, &all, vanished.get(stream), violations);
    }
    check_copies(&destinations, &all, vanished, kept, &followers, &restarted, violations);
    untold
}

/// What is in a log need be known to nobody: it is to be delivered all the same.
fn with_kept<'a>(mut known: Known<'a>, kept: &Kept<'a>, violations: &mut Vec<Violation>) -> Known<'a> {
    for (stream, log) in kept.logs() {
        let places = known.entry(stream).or_default();
        for (pos, id) in log {
            let other = places.entry(*pos).or_insert(Place { id, acked: false, sent_ms: 0, known_ms: 0 }).id;
            if other != *id {
                let places = [other, id].map(|id| (pos.to_string(), id.to_string()));
                violations.push(Violation::Fork { stream: stream.into(), places });
            }
        }
    }
    known
}

fn follow<'a>(records: &'a [Record], kept: &Kept, violations: &mut Vec<Violation>) -> Followers<'a> {
    let mut followers: Followers = BTreeMap::new();
    for Record { device, event, at_ms } in records {
        match event {
            Event::Resumed { stream, pos } => {
                let start = position(pos);
                followers.entry((device, stream)).or_insert_with(|| Follower {
                    start,
                    last: start,
                    last_kept: if kept.holds(stream, start) { start } else { Position::START },
                    got: BTreeSet::new(),
                    ids: BTreeSet::new(),
                    resets: Vec::new(),
                });
            }
            Event::Reset { stream, pos } => {
                let Some(follower) = followers.get_mut(&(device.as_str(), stream.as_str())) else { continue };
                if kept.log(stream).is_some() && !kept.rolled_back_before(*at_ms) {
                    let (device, stream, pos) = (device.clone(), stream.clone(), pos.clone());
                    violations.push(Violation::NeedlessReset { device, stream, pos });
                }
                let to = position(pos);
                let Follower { last: after, last_kept: after_kept, .. } = *follower;
                follower.resets.push(Gap { after, after_kept, to, next: None });
                follower.last = to;
                if kept.holds(stream, to) {
                    follower.last_kept = to;
                }
                follower.ids.clear();
            }
            Event::Recv { stream, pos, id } => {
                let Some(follower) = followers.get_mut(&(device.as_str(), stream.as_str())) else { continue };
                let at = position(pos);
                if let Some(gap) = follower.resets.last_mut() {
                    gap.next.get_or_insert(at);
                }
                let again = !follower.ids.insert(id.clone());
                let left = follower.last != Position::START && !kept.holds(stream, follower.last);
                if again {
                    let (device, stream, id) = (device.clone(), stream.clone(), id.clone());
                    violations.push(Violation::Duplicate { device, stream, id });
                } else if at.seq <= follower.last.seq {
                    let (device, stream, last) = (device.clone(), stream.clone(), follower.last.to_string());
                    violations.push(Violation::Disorder { device, stream, last, pos: pos.clone() });
                } else if left && kept.holds(stream, at) {
                    let (device, stream, last) = (device.clone(), stream.clone(), follower.last.to_string());
                    violations.push(Violation::Crossed { device, stream, last, pos: pos.clone() });
                }
                follower.last = follower.last.max(at);
                if kept.holds(stream, at) {
                    follower.last_kept = follower.last_kept.max(at);
                }
                follower.got.insert(at);
            }
            _ => {}
        }
    }
    followers
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

/// Everything after the device's first position, but for what it was told to be gone, and for what the broker lost when
/// the device had nothing of it yet. Returns how much of the latter was acknowledged.
fn check_follower(
    device: &str,
    stream: &str,
    follower: &Follower,
    all: &Known,
    vanished: Option<&BTreeMap<Position, usize>>,
    violations: &mut Vec<Violation>,
) -> usize {
    let own_stream = stream.strip_prefix("user:").is_some_and(|user| user == user_of(device));
    let taken = |pos: &Position| vanished.and_then(|vanished| vanished.get(pos));
    // how far it got in what each rollback took
    let mut reached: HashMap<usize, u64> = HashMap::new();
    for (rollback, pos) in follower.got.iter().filter_map(|pos| Some((*taken(pos)?, pos))) {
        reached.insert(rollback, pos.seq); // ascending
    }
    // who comes from another history into one that is lost later is told where that goes on for it, and with that of
    // what it began with; by the number alone this may lie below where it was
    let held = |pos: Position, rollback: usize| {
        let lost = Some(&rollback);
        follower.resets.iter().any(|gap| {
            let (was_there, went_there) = (taken(&gap.after) == lost, taken(&gap.to) == lost);
            gap.held(pos, was_there) || (went_there && !was_there && pos.seq <= gap.to.seq)
        })
    };
    let mut untold = 0;
    for (pos, place) in all.get(stream).into_iter().flatten().filter(|(pos, _)| pos.seq > follower.start.seq) {
        // a copy of its own direct message: it has that one
        let own_copy = own_stream && device_of(place.id) == device;
        if own_copy || follower.got.contains(pos) {
            continue;
        }
        let excused = match taken(pos) {
            None => follower.resets.iter().any(|gap| gap.holds(*pos)),
            Some(rollback) if held(*pos, *rollback) => true,
            Some(rollback) => {
                let unseen = reached.get(rollback).is_none_or(|reached| *reached < pos.seq);
                untold += usize::from(unseen && place.acked);
                unseen
            }
        };
        if !excused {
            let (device, stream) = (device.into(), stream.into());
            violations.push(Violation::Lost { device, stream, pos: pos.to_string(), id: place.id.to_string() });
        }
    }
    untold
}

/// A direct message is in both streams. In streams without a recorded log, copies that only the sender could see are
/// not judged.
fn check_copies(
    destinations: &HashMap<&str, (&str, u64)>,
    all: &Known,
    vanished: &Vanished,
    kept: &Kept,
    followers: &Followers,
    restarted: &BTreeSet<&str>,
    violations: &mut Vec<Violation>,
) {
    let standing = |stream: &str| -> BTreeSet<&str> {
        let gone = vanished.get(stream);
        let places = all.get(stream).into_iter().flatten();
        places.filter(|(pos, _)| gone.is_none_or(|gone| !gone.contains_key(*pos))).map(|(_, place)| place.id).collect()
    };
    let ids: HashMap<&str, BTreeSet<&str>> = all.keys().map(|stream| (*stream, standing(stream))).collect();
    let has = |stream: &str, id: &str| ids.get(stream).is_some_and(|ids| ids.contains(id));
    for (id, (receiver, _)) in destinations.iter().filter(|(_, (to, _))| to.starts_with("user:")) {
        let origin = device_of(id);
        let sender = format!("user:{}", user_of(origin));
        let sides = [sender.as_str(), *receiver];
        let looked_at = sides.iter().all(|side| kept.log(side).is_some());
        if sides[0] == sides[1] || (!looked_at && sides.iter().any(|side| restarted.contains(side))) {
            continue;
        }
        for [here, there] in [sides, [sides[1], sides[0]]] {
            let witnessed = looked_at || followers.keys().any(|(device, stream)| *stream == there && *device != origin);
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
