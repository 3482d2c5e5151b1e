//! Explores a model and reports what it found.

use stateright::{Checker, HasDiscoveries, Model};
use std::fmt::Debug;
use std::hash::Hash;

/// Every property holds in every reachable state, everything that is to happen sometimes does, and there were at least
/// so many states.
pub fn holds<M>(name: &str, model: M, states_min: usize)
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync,
    M::Action: Clone + Debug + PartialEq + Send + Sync,
{
    let checker = model.checker().spawn_bfs().join();
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    println!("{name}: every property holds in {states} states, up to {depth} steps deep");
    for (property, path) in checker.discoveries() {
        if checker.model().property(property).expectation.discovery_is_failure() {
            let state = path.last_state().clone();
            panic!("{name}: {property} does not hold: {:?}\n{state:#?}", path.into_actions());
        }
    }
    checker.assert_properties();
    assert!(states >= states_min, "{name}: only {states} states");
}

/// A property that does not hold, by a shortest way to where it does not.
pub fn breaks<M>(name: &str, model: M, property: &'static str)
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync,
    M::Action: Clone + Debug + PartialEq + Send + Sync,
{
    let wanted = HasDiscoveries::AnyOf([property].into());
    let checker = model.checker().finish_when(wanted).spawn_bfs().join();
    let steps = checker.assert_any_discovery(property).into_actions();
    println!("{name}: {property} breaks after {} steps: {steps:?}", steps.len());
}
