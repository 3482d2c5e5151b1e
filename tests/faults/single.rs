//! Single faults, each with what is promised of it beyond what holds of all.

use crate::broker::End;
use crate::fault::Fault;
use crate::proxy::Manner;
use crate::run::{run, Outcome};
use crate::schedule::{head, history_path, show};
use crate::setup::Setup;
use std::time::Duration;

async fn single(name: &str, setup: Setup, plan: &[Fault], seconds: u64) -> Outcome {
    let (count, plan) = (plan.len(), plan.iter().copied());
    let outcome = run(&history_path(name), setup, 1, plan, Duration::from_secs(seconds)).await;
    assert_eq!(outcome.faults.len(), count, "all faults took place");
    head();
    show(name, setup, &outcome);
    assert!(outcome.is_clean());
    outcome
}

#[tokio::test]
async fn a_broker_that_lost_its_data_closes_no_socket_and_the_loss_is_told() {
    // a device that comes back just then is sent away with 4102
    let outcome = single("wipe", Setup::SINGLE.calm(), &[Fault::BrokerWipe { down_ms: 500 }], 8).await;
    assert_eq!(outcome.verdict.closed_by_node, 0);
    assert!(outcome.verdict.resets > 0, "the streams ended, and everybody was told");
}

#[tokio::test]
async fn a_rolling_restart_loses_nothing() {
    let outcome = single("rolling", Setup::SINGLE, &[Fault::RollingRestart], 5).await;
    assert_eq!(outcome.verdict.resets, 0, "no stream ended");
}

#[tokio::test]
async fn subscriptions_that_are_denied_for_a_while_and_a_full_memory_lose_nothing() {
    let plan = [Fault::Denied { for_ms: 7000 }, Fault::Full { for_ms: 4000 }];
    let outcome = single("denied", Setup::SINGLE.calm(), &plan, 20).await;
    assert_eq!(outcome.verdict.resets, 0, "no stream ended");
}

/// The primary ends so, after its replication was in order or cut for a second.
fn promotion(end: End, replication: Manner) -> Fault {
    Fault::Promotion { end, replication, for_ms: if replication == Manner::Pass { 0 } else { 1000 } }
}

fn stayed(outcome: &Outcome) {
    assert_eq!((outcome.verdict.closes, outcome.verdict.lefts), (0, 0), "sockets stay open, and nobody leaves");
}

#[tokio::test]
async fn a_promotion_closes_no_socket_and_nobody_leaves() {
    // one that was stopped comes back believing that it is the primary still
    let plan = [promotion(End::Killed, Manner::Pass), promotion(End::Stopped, Manner::Pass)];
    stayed(&single("promotion", Setup::SENTINEL.calm(), &plan, 15).await);
}

#[tokio::test]
async fn what_a_promotion_with_cut_replication_loses_is_told_to_whoever_saw_it() {
    let plan = [promotion(End::Killed, Manner::BlackHole)];
    let outcome = single("cut", Setup::SENTINEL.calm(), &plan, 5).await;
    stayed(&outcome);
    assert!(
        outcome.verdict.forgotten > 0 && outcome.verdict.resets > 0,
        "what was acknowledged was lost, and it was told"
    );
}

#[tokio::test]
async fn what_a_replica_must_have_is_never_lost_by_its_promotion() {
    let plan = [promotion(End::Killed, Manner::Pass), promotion(End::Stopped, Manner::BlackHole)];
    let outcome = single("replica", Setup::REPLICA.calm(), &plan, 15).await;
    stayed(&outcome);
    assert_eq!((outcome.verdict.forgotten, outcome.verdict.untold), (0, 0));
}

#[tokio::test]
async fn a_webhook_that_fails_hangs_and_dies_hears_of_everything_in_order_while_nodes_die() {
    let cut = Fault::Link { node: 1, manner: Manner::BlackHole, for_ms: 3000 };
    let plan = [Fault::Crash { node: 0, down_ms: 1000 }, cut, Fault::Crash { node: 2, down_ms: 1000 }];
    let outcome = single("webhook", Setup::WEBHOOK.calm(), &plan, 18).await;
    assert_eq!(outcome.verdict.resets, 0, "no stream ended");
}
