//! Seeds by seconds, and a table of what came of them.
//!
//! `HUBWIRE_FAULT_SEEDS=20 HUBWIRE_FAULT_SECONDS=60 cargo test --test faults -- --nocapture mixed` runs the full
//! schedule; `HUBWIRE_FAULT_SEED=7` begins with (and, with one seed, replays) the faults of a seed. Without either, one
//! seed with a Redis alone and one with a replica that is promoted are run.

use crate::fault::Fault;
use crate::run::{run, Outcome};
use crate::setup::Setup;
use rand::rngs::StdRng;
use rand::SeedableRng;
use std::path::PathBuf;
use std::time::Duration;

/// Violations shown per seed; the history file has all.
const SHOWN: usize = 5;

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{variable}={text}")))
}

/// Where the history of a run is written.
pub fn history_path(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("faults");
    std::fs::create_dir_all(&dir).unwrap();
    dir.join(format!("{name}.jsonl"))
}

/// Prints the line of a run.
pub fn show(name: &str, setup: Setup, outcome: &Outcome) {
    let verdict = &outcome.verdict;
    println!(
        "{name:>9} | {:>8} | {:>6} | {:>6} | {:>6} | {:>9} | {:>6} | {:>6} | {:>6} | {:>6} MB | {:>10} ms | {:>10}",
        setup.name,
        outcome.faults.len(),
        verdict.sent,
        verdict.acked,
        verdict.delivered,
        verdict.forgotten,
        verdict.resets,
        verdict.untold,
        verdict.memory_peak / 1_000_000,
        verdict.first_ok_after_heal_ms,
        verdict.violations.len() + outcome.stuck.len(),
    );
    if !outcome.is_clean() {
        println!("  faults: {:?}\n  history: {}", outcome.faults, outcome.path.display());
        outcome.stuck.iter().for_each(|stuck| println!("  {stuck}"));
        verdict.violations.iter().take(SHOWN).for_each(|violation| println!("  {violation}"));
    }
}

/// Prints what the columns are.
pub fn head() {
    println!(
        "      run |   broker | faults |   sent |  acked | delivered | forgot | resets | untold |    memory \
         | ok after heal | violations"
    );
}

#[tokio::test]
async fn mixed_faults_by_seed_break_no_promise() {
    let seconds = Duration::from_secs(number("HUBWIRE_FAULT_SECONDS", 25));
    let first = number("HUBWIRE_FAULT_SEED", 1);
    let is_short = ["HUBWIRE_FAULT_SEED", "HUBWIRE_FAULT_SEEDS"].into_iter().all(|it| std::env::var(it).is_err());
    let seeds = match is_short {
        true => vec![1, 2],
        false => (first..first + number("HUBWIRE_FAULT_SEEDS", 2)).collect(),
    };
    head();
    let mut failed = Vec::new();
    for seed in seeds {
        let (setup, mut chance) = (Setup::of(seed), StdRng::seed_from_u64(seed));
        let plan = std::iter::repeat_with(|| Fault::draw(setup, &mut chance));
        let outcome = run(&history_path(&format!("seed-{seed}")), setup, seed, plan, seconds).await;
        show(&format!("seed {seed}"), setup, &outcome);
        if !outcome.is_clean() {
            failed.push(outcome.path);
        }
    }
    assert!(failed.is_empty(), "these histories break a promise: {failed:?}");
}
