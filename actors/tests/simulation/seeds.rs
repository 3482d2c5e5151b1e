//! Seeds, and what came of them.
//!
//! `HUBWIRE_SIM_SEEDS=1000` runs more of them; `HUBWIRE_SIM_SEED=7` runs one and prints its trace, with both it is
//! the first of so many.

use crate::fault::Kinds;
use crate::link::Manners;
use crate::plan::Plan;
use crate::run::{run, Outcome};
use crate::trace::Lines;
use std::time::Duration;

/// Seeds of an ordinary run.
const SEEDS: u64 = 24;
/// Wrongs shown per seed.
const SHOWN: usize = 6;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text}")))
}

/// What to do about a seed that broke a promise.
pub fn report(plan: &Plan, outcome: &Outcome) -> String {
    let mut text = format!("seed {} breaks a promise\n  {plan:?}\n  faults: {:?}\n", plan.seed, outcome.faults);
    for wrong in outcome.wrongs.iter().take(SHOWN) {
        text.push_str(&format!("  {wrong}\n"));
    }
    let more = outcome.wrongs.len().saturating_sub(SHOWN);
    let replay = "cargo test -p hubwire-actors --test simulation -- --nocapture seeds";
    text.push_str(&format!("  ({more} more) its trace: HUBWIRE_SIM_SEED={} {replay}\n", plan.seed));
    text
}

#[test]
fn seeds_of_faults_break_no_promise() {
    let (seeds, lines) = match (number("HUBWIRE_SIM_SEED"), number("HUBWIRE_SIM_SEEDS")) {
        (Some(seed), None) => (seed..seed + 1, Lines::Print),
        (first, count) => {
            let first = first.unwrap_or(1);
            (first..first + count.unwrap_or(SEEDS), Lines::Hash)
        }
    };
    let (mut passed, mut faults, mut sent, mut delivered, mut resets) = (Duration::ZERO, 0, 0, 0, 0);
    let mut broken = Vec::new();
    for seed in seeds.clone() {
        let plan = Plan::of(seed);
        let outcome = run(&plan, lines);
        passed += outcome.virtual_time;
        faults += outcome.faults.len();
        sent += outcome.verdict.sent;
        delivered += outcome.verdict.delivered;
        resets += outcome.verdict.resets;
        if !outcome.is_clean() {
            print!("{}", report(&plan, &outcome));
            broken.push(seed);
        }
    }
    println!(
        "{} seeds, {} virtual seconds, {faults} faults, {sent} sent, {delivered} delivered, {resets} resets",
        seeds.count(),
        passed.as_secs()
    );
    assert!(broken.is_empty(), "these seeds break a promise: {broken:?}");
}

/// Without any delay a cluster that goes round in circles shows at once;
/// streams that end with their broker are where it did.
#[test]
fn a_broker_that_loses_its_data_is_not_asked_without_a_pause() {
    for seed in 1..7 {
        let plan = Plan { kinds: Kinds::Wiped, manners: Manners::default(), ..Plan::of(seed) };
        let outcome = run(&plan, Lines::Hash);
        assert!(outcome.is_clean(), "{}", report(&plan, &outcome));
    }
}

/// Five nodes, some traffic and now and then a fault: prints how much faster than the clock that is.
#[test]
#[allow(clippy::disallowed_methods)] // what is measured here is the machine
fn minutes_of_five_nodes_pass_in_seconds() {
    let time = Duration::from_secs(60 * number("HUBWIRE_SIM_MINUTES").unwrap_or(5));
    let plan = Plan::long(time);
    let began = std::time::Instant::now();
    let outcome = run(&plan, Lines::Hash);
    let (passed, took) = (outcome.virtual_time, began.elapsed());
    println!(
        "{} virtual seconds in {:.1} s: {:.0} per second; {} events, {} sent, {} delivered",
        passed.as_secs(),
        took.as_secs_f64(),
        passed.as_secs_f64() / took.as_secs_f64(),
        outcome.fingerprint.0,
        outcome.verdict.sent,
        outcome.verdict.delivered,
    );
    assert!(outcome.is_clean(), "{}", report(&plan, &outcome));
    assert!(passed >= time);
}

#[test]
fn a_seed_replays_exactly() {
    for seed in [1, 2, 3] {
        let plan = Plan::of(seed);
        let [first, second] = [run(&plan, Lines::Keep), run(&plan, Lines::Keep)];
        let differs = first.lines.iter().zip(&second.lines).position(|(one, other)| one != other);
        if let Some(at) = differs {
            let before = &first.lines[at.saturating_sub(10)..at];
            panic!("seed {seed} went apart after {before:#?}\n{}\n{}", first.lines[at], second.lines[at]);
        }
        assert_eq!(first.fingerprint, second.fingerprint);
    }
}
