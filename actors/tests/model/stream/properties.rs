//! The properties of a stream, and the events that have to occur so that these are not vacuous.

use super::feed::{Frame, OUTBOX_MAX};
use super::{Call, Promise, State, Stream};
use stateright::Property;

pub const ACKED: &str = "I1: what was acknowledged is in the log";
pub const ONCE: &str = "I2: no message reaches a device twice";
pub const LINKED: &str = "I3: between two resets each publication follows the one before";
pub const EQUAL: &str = "I4: at rest a device saw the log, or was told";
pub const BOUNDED: &str = "I9: an outbox stays within its bound";

pub const TOLD: &str = "what was acknowledged is in the log, or the device was told of a gap";

pub fn all(model: &Stream) -> Vec<Property<Stream>> {
    let mut all = vec![
        Property::always(ONCE, once),
        Property::always(LINKED, |_: &Stream, state: &State| !state.device.unlinked),
        Property::always(BOUNDED, bounded),
    ];
    if model.promise == Promise::Replica {
        all.push(Property::always(ACKED, acked));
    }
    all.push(match model.promise {
        Promise::Replica | Promise::Told => Property::always(EQUAL, |model: &Stream, state: &State| {
            !at_rest(model, state) || state.shortened || saw_all(state)
        }),
        Promise::ToldAll => Property::always(TOLD, |model: &Stream, state: &State| {
            !at_rest(model, state) || state.shortened || acked(model, state) || state.device.told
        }),
    });
    all.push(Property::sometimes("a gap is repaired", |_: &Stream, state: &State| {
        let read = state.feed.as_ref().and_then(|feed| feed.reading.as_ref());
        read.is_some_and(|range| range.intact && !range.entries.is_empty())
    }));
    if model.faults.disconnects > 0 {
        all.push(Property::sometimes("a resume recovers something", |_: &Stream, state: &State| {
            state.device.recovered && !state.device.saw.is_empty()
        }));
    }
    if model.faults.trims > 0 || model.faults.failovers > 0 {
        let refused = |_: &Stream, state: &State| state.device.told;
        all.push(Property::sometimes("a resume or a read is refused", refused));
    }
    if model.faults.failovers > 0 {
        all.push(Property::sometimes("a device saw what a failover took", |_: &Stream, state: &State| {
            state.shortened && state.log.entries.iter().all(|entry| entry.pos != state.device.pos)
        }));
    }
    all.push(Property::sometimes("all is acknowledged, seen and at rest", |model: &Stream, state: &State| {
        state.calls.iter().all(|call| *call == Call::Acked) && at_rest(model, state) && saw_all(state)
    }));
    all
}

fn acked(_: &Stream, state: &State) -> bool {
    let stored = |message: u8| state.log.find(message).is_some();
    (0..).zip(&state.calls).all(|(message, call)| *call != Call::Acked || stored(message))
}

fn once(_: &Stream, state: &State) -> bool {
    let saw = &state.device.saw;
    saw.iter().enumerate().all(|(at, entry)| saw[..at].iter().all(|before| before.message != entry.message))
}

fn bounded(_: &Stream, state: &State) -> bool {
    let publications = |frame: &&Frame| matches!(frame, Frame::Publication(_));
    state.member.as_ref().is_none_or(|member| member.outbox.iter().filter(publications).count() <= OUTBOX_MAX)
}

fn at_rest(model: &Stream, state: &State) -> bool {
    let mut steps = Vec::new();
    if state.notices.is_empty() {
        model.steps(state, &mut steps);
        return steps.is_empty();
    }
    false
}

/// The device saw exactly what the log has since the device was last told of a gap.
fn saw_all(state: &State) -> bool {
    let (log, device) = (&state.log, &state.device);
    match log.entries.iter().position(|entry| entry.pos == device.base) {
        Some(at) => device.saw == log.entries[at + 1..],
        None => false,
    }
}
