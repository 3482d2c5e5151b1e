//! The properties of leases and the directory, and the events that have to occur so that these are not vacuous.

use super::{Leases, Session, State};
use stateright::Property;

pub const INDEXED: &str = "I5: a route has an index entry, or its incarnation is fenced";
pub const FENCED: &str = "I6: a node whose lease expired delivers nothing";
pub const POLICY: &str = "I7: a session enters beside no other live one";
pub const SPARED: &str = "I10: the reaper removes no route of a live incarnation";
pub const ONCE: &str = "it is told once that a session left";
pub const ENTERED: &str = "an open session of a node with a lease is in the directory";

pub fn all(model: &Leases) -> Vec<Property<Leases>> {
    let mut all = vec![
        Property::always(INDEXED, |_: &Leases, state: &State| {
            let broker = &state.broker;
            [0, 1].iter().all(|at| !broker.routes[*at] || broker.index[*at] || broker.is_fenced(*at))
        }),
        Property::always(SPARED, |_: &Leases, state: &State| !state.wronged),
        Property::always(ENTERED, |_: &Leases, state: &State| [0, 1].iter().all(|at| is_entered(state, *at))),
        Property::sometimes("a node has no lease and gets it back", |_: &Leases, state: &State| {
            state.nodes.iter().any(|node| node.runs && node.asked.is_some() && node.lease_until <= state.now)
        }),
        Property::sometimes("a session takes the place of another", |_: &Leases, state: &State| {
            state.sessions.contains(&Session::Replaced)
        }),
    ];
    if model.until > 2 {
        // a lease has to end first
        all.extend([
            Property::sometimes("a dead node's session is reaped", |_: &Leases, state: &State| state.told.contains(&1)),
            Property::sometimes("a node finds that it was reaped", |model: &Leases, state: &State| {
                model.faults.crashes == state.left.crashes && state.nodes.iter().any(|node| !node.runs)
            }),
        ]);
    }
    if model.faults.failovers == 0 && model.faults.wipes == 0 {
        all.push(Property::always(FENCED, |model: &Leases, state: &State| {
            [0, 1].iter().all(|at| !state.delivers(*at, &model.rules) || state.broker.is_live(*at, state.now))
        }));
    } else {
        all.push(Property::sometimes("sessions are entered again", |_: &Leases, state: &State| {
            let open = |at: usize| state.broker.index[1 - at] && state.sessions[at] == Session::New;
            state.now > 0 && state.left.wipes + state.left.failovers == 0 && (open(0) || open(1))
        }));
    }
    if model.faults.failovers == 0 {
        // a failover may bring a route back that was reaped, and with it who left
        all.push(Property::always(ONCE, |_: &Leases, state: &State| state.told.iter().all(|told| *told <= 1)));
    }
    if model.policy {
        all.push(Property::always(POLICY, |_: &Leases, state: &State| !state.exceeded));
    }
    all
}

fn is_entered(state: &State, at: usize) -> bool {
    let (node, broker) = (&state.nodes[at], &state.broker);
    let healthy = state.has_lease(at) && node.healthy_since.is_some() && broker.is_live(at, state.now);
    !healthy || state.sessions[at] != Session::Open || broker.routes[at]
}
