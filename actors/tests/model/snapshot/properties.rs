//! The properties of snapshots, and the events that have to occur so that these are not vacuous.

use super::{position, Client, Member, Snapshots, State};
use stateright::Property;

pub const STATE: &str = "at rest snapshot and later publications are the state, or the client was told of a gap";
pub const ONCE: &str = "no publication counts twice, unless the client was told of a gap";
pub const NEWEST: &str = "the snapshot that is kept is the newest that was acknowledged";
pub const REACHED: &str = "the log has come as far as the snapshot";

pub fn all(model: &Snapshots) -> Vec<Property<Snapshots>> {
    let mut all = vec![
        Property::always(STATE, |model: &Snapshots, state: &State| {
            !at_rest(model, state)
                || state.log.is_shortened
                || member(state).is_none_or(|it| it.told || it.state == state.log.all)
        }),
        Property::always(ONCE, |_: &Snapshots, state: &State| member(state).is_none_or(|it| it.told || is_once(it))),
        Property::always(NEWEST, |_: &Snapshots, state: &State| {
            state.kept.as_ref().map_or(0, |kept| position(kept).seq) >= state.acknowledged
        }),
        Property::always(REACHED, |_: &Snapshots, state: &State| {
            state.kept.as_ref().is_none_or(|kept| position(kept).seq <= state.log.top().seq)
        }),
        Property::sometimes(
            "a newer snapshot is stored while a client enters with an older one",
            |_: &Snapshots, state: &State| {
                let Client::Prepared(snapshot) = &state.client else { return false };
                state.kept.as_ref().is_some_and(|kept| position(kept).seq > position(snapshot).seq)
            },
        ),
        Property::sometimes("a snapshot is refused", |_: &Snapshots, state: &State| state.refused),
        Property::sometimes("the state is more than the snapshot, and is live", |model: &Snapshots, state: &State| {
            let is_more = |it: &&Member| !it.told && it.lag.is_none() && it.state.len() > 1;
            at_rest(model, state) && member(state).filter(is_more).is_some()
        }),
    ];
    if model.others {
        all.push(Property::sometimes("a client has what its node has not heard of", |_: &Snapshots, state: &State| {
            let lag = member(state).filter(|it| it.answered && !it.told).and_then(|it| it.lag);
            lag.zip(state.feed).is_some_and(|(lag, feed)| lag.seq > feed.seq)
        }));
    }
    if model.budget.trims > 0 {
        all.push(Property::sometimes("a client is told of a gap", |_: &Snapshots, state: &State| {
            member(state).is_some_and(|it| it.told)
        }));
    }
    all
}

fn member(state: &State) -> Option<&Member> {
    match &state.client {
        Client::In(member) if !member.lacks_snapshot => Some(member),
        _ => None,
    }
}

fn is_once(member: &Member) -> bool {
    member.state.iter().enumerate().all(|(at, entry)| !member.state[..at].contains(entry))
}

fn at_rest(model: &Snapshots, state: &State) -> bool {
    let mut steps = Vec::new();
    model.steps(state, &mut steps);
    steps.is_empty()
}
