//! The properties of direct messages, and the events that have to occur so that these are not vacuous.

use super::{Call, Direct, Slot, State};
use stateright::Property;

pub const ACKED: &str = "I1: what was acknowledged is in both logs";
pub const ONCE: &str = "I2: no message stands in a log twice";
pub const BOTH: &str = "I8: at rest a message stands in both logs or in neither";

pub fn all(model: &Direct) -> Vec<Property<Direct>> {
    let mut all = vec![
        Property::always(ACKED, acked),
        Property::always(ONCE, |_: &Direct, state: &State| {
            is_set(&state.sender.primary) && is_set(&state.receiver.primary)
        }),
        Property::always(BOTH, |model: &Direct, state: &State| !at_rest(model, state) || both_or_neither(state)),
        Property::sometimes("a message stands in one log only", |_: &Direct, state: &State| !both_or_neither(state)),
        Property::sometimes("all is acknowledged and at rest", |model: &Direct, state: &State| {
            state.acked.iter().all(|acked| *acked) && at_rest(model, state)
        }),
    ];
    if model.rules.marks && model.returns && model.faults.crashes > 0 {
        all.push(Property::sometimes("a mark is finished for a sender that is gone", |_: &Direct, state: &State| {
            state.finishing.is_some() && state.calls.contains(&Call::Dropped)
        }));
    }
    if model.faults.failovers > 0 {
        all.push(Property::sometimes("a failover takes what was stored", |_: &Direct, state: &State| {
            state.calls.iter().any(|call| matches!(call, Call::First(Some(_)) | Call::Second(_)))
        }));
    }
    all
}

fn has(slot: &Slot, message: u8) -> bool {
    slot.log.iter().any(|publication| publication.message == message)
}

fn acked(_: &Direct, state: &State) -> bool {
    let stored = |message| has(&state.sender.primary, message) && has(&state.receiver.primary, message);
    (0..).zip(&state.acked).all(|(message, acked)| !acked || stored(message))
}

fn both_or_neither(state: &State) -> bool {
    (0..state.calls.len() as u8).all(|it| has(&state.sender.primary, it) == has(&state.receiver.primary, it))
}

fn is_set(slot: &Slot) -> bool {
    let twice = |(at, one): (usize, &super::Publication)| slot.log[..at].iter().any(|it| it.message == one.message);
    !slot.log.iter().enumerate().any(twice)
}

fn at_rest(model: &Direct, state: &State) -> bool {
    let mut steps = Vec::new();
    model.steps(state, &mut steps);
    steps.is_empty()
}
