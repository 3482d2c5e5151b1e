//! Seeds by seconds, and a table of what came of them.
//!
//! `HUBWIRE_FAULT_SEEDS=20 HUBWIRE_FAULT_SECONDS=60 cargo test --test faults -- --nocapture mixed` runs the full
//! schedule; `HUBWIRE_FAULT_SEED=7` begins with (and, with one seed, replays) the faults of a seed.

use crate::fault::Fault;
use crate::run::{run, Outcome};
use rand::rngs::StdRng;
use rand::SeedableRng;
use std::path::PathBuf;
use std::time::Duration;

/// Violations shown per seed; the history file has all.
const SHOWN: usize = 5;

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{variable}={text}")))
}

fn history_path(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("faults");
    std::fs::create_dir_all(&dir).unwrap();
    dir.join(format!("{name}.jsonl"))
}

fn show(name: &str, outcome: &Outcome) {
    let verdict = &outcome.verdict;
    println!(
        "{name:>12} | {:>6} | {:>6} | {:>6} | {:>9} | {:>6} | {:>8} ms | {:>10}",
        outcome.faults.len(),
        verdict.sent,
        verdict.acked,
        verdict.delivered,
        verdict.resets,
        verdict.first_ok_after_heal_ms,
        verdict.violations.len() + outcome.stuck.len(),
    );
    if !outcome.is_clean() {
        println!("  faults: {:?}\n  history: {}", outcome.faults, outcome.path.display());
        outcome.stuck.iter().for_each(|stuck| println!("  {stuck}"));
        verdict.violations.iter().take(SHOWN).for_each(|violation| println!("  {violation}"));
    }
}

fn head() {
    println!("{:>12} | faults |   sent |  acked | delivered | resets | ok after heal | violations", "run");
}

#[tokio::test]
async fn mixed_faults_by_seed_break_no_promise() {
    let seconds = Duration::from_secs(number("HUBWIRE_FAULT_SECONDS", 25));
    let first = number("HUBWIRE_FAULT_SEED", 1);
    head();
    let mut failed = Vec::new();
    for seed in first..first + number("HUBWIRE_FAULT_SEEDS", 2) {
        let mut chance = StdRng::seed_from_u64(seed);
        let plan = std::iter::repeat_with(|| Fault::draw(&mut chance));
        let outcome = run(&history_path(&format!("seed-{seed}")), seed, plan, seconds).await;
        show(&format!("seed {seed}"), &outcome);
        if !outcome.is_clean() {
            failed.push(outcome.path);
        }
    }
    assert!(failed.is_empty(), "these histories break a promise: {failed:?}");
}

#[tokio::test]
async fn a_broker_that_lost_its_data_closes_no_socket_and_the_loss_is_told() {
    let plan = [Fault::BrokerWipe { down_ms: 500 }].into_iter();
    let outcome = run(&history_path("wipe"), 1, plan, Duration::from_secs(8)).await;
    head();
    show("wipe", &outcome);
    assert!(outcome.is_clean());
    assert_eq!(outcome.verdict.closed_by_node, 0);
    assert!(outcome.verdict.resets > 0, "the streams ended, and everybody was told");
}

#[tokio::test]
async fn a_rolling_restart_loses_nothing() {
    let outcome = run(&history_path("rolling"), 1, [Fault::RollingRestart].into_iter(), Duration::from_secs(5)).await;
    head();
    show("rolling", &outcome);
    assert!(outcome.is_clean());
    assert_eq!(outcome.verdict.resets, 0, "no stream ended");
}
