//! The properties of a channel on several nodes, and the events that have to occur so that these are not vacuous.

use super::{Follows, Lone, State, Stay, NODES};
use stateright::Property;

pub const ONCE: &str = "a publication comes to a node once at most";
pub const ALL: &str = "at rest every node that was in and stayed has every publication";
pub const SILENT: &str = "nothing goes between nodes while one has all members";
pub const HEARD: &str = "a node that is in is told directly or has subscribed";
pub const SWITCHED: &str = "at rest several nodes with members all follow the topic once something was said";

pub fn all(model: &Lone) -> Vec<Property<Lone>> {
    let mut all = vec![
        Property::always(ONCE, |_: &Lone, state: &State| {
            state.publications.iter().all(|publication| publication.got.iter().all(|got| *got <= 1))
        }),
        Property::always(ALL, |model: &Lone, state: &State| !at_rest(model, state) || everything_came(state)),
        Property::always(SILENT, |_: &Lone, state: &State| !state.crossed),
        Property::always(HEARD, |_: &Lone, state: &State| (0..NODES).all(|at| is_heard(state, at))),
        Property::sometimes("a lone node's publication is kept", |_: &Lone, state: &State| {
            state.broker.subscribed == [false; NODES] && state.publications.iter().any(|it| it.got.contains(&1))
        }),
        Property::sometimes("several nodes follow, and one got what the other published", |_: &Lone, state: &State| {
            let follow = state.nodes.iter().filter(|node| node.follows == Follows::Yes).count();
            follow > 1 && state.publications.iter().any(|it| it.got.iter().sum::<u8>() > 1)
        }),
    ];
    // else the next publication says it again, and a dead node hears nothing
    if model.budget.lost_words == 0 && model.budget.crashes == 0 {
        all.push(Property::always(SWITCHED, |model: &Lone, state: &State| {
            !state.all_know || !at_rest(model, state) || all_follow(state)
        }));
    }
    if model.budget.leaves > 0 {
        all.push(Property::sometimes("a node that follows remains alone", |_: &Lone, state: &State| {
            let members = state.broker.members.iter().filter(|member| **member).count();
            let follows = state.nodes.iter().filter(|node| node.follows == Follows::Yes).count();
            members == 1 && follows == 1 && !state.broker.near.contains(&true)
        }));
    }
    all
}

fn is_heard(state: &State, at: usize) -> bool {
    let node = &state.nodes[at];
    node.stay != Stay::In || node.is_lost || state.broker.near[at] || state.broker.subscribed[at]
}

fn everything_came(state: &State) -> bool {
    state.publications.iter().all(|it| it.owed.iter().zip(&it.got).all(|(owed, got)| !owed || *got == 1))
}

fn all_follow(state: &State) -> bool {
    state.broker.members.iter().filter(|member| **member).count() < 2 || !state.broker.near.contains(&true)
}

fn at_rest(model: &Lone, state: &State) -> bool {
    let mut steps = Vec::new();
    model.steps(state, &mut steps);
    steps.is_empty()
}
