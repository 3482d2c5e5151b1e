//! All nodes die at once under thousands of clients. They come back in waves, resume, and stay.
//!
//! `HUBWIRE_STORM_CLIENTS=5000 cargo test --test operations -- --nocapture storm` is the full number.

use crate::crowd::Crowd;
use crate::roamer::Seen;
use crate::support::{Cluster, Stack};
use crate::turn;
use serde_json::{json, Value};
use std::time::Duration;
use tokio::time::Instant;

/// Clients that arrive at once may be turned away a few times; clients turned away again and again would form a second
/// wave.
const REFUSED_MAX: usize = 8;
/// What the product promises.
const BACK_WITHIN: Duration = Duration::from_secs(60);

fn clients() -> usize {
    std::env::var("HUBWIRE_STORM_CLIENTS").map_or(1000, |text| text.parse().unwrap())
}

/// Publishes an organisation event on the first node that takes it.
fn publish(cluster: &Cluster, number: u64) -> bool {
    let body = json!({ "to": "org:acme", "type": "test/n", "payload": number, "id": format!("n{number}") });
    cluster.nodes().iter().any(|node| node.api().post("/v1/publish", body.clone()).status == 200)
}

#[tokio::test]
async fn a_storm_of_reconnects_comes_in_waves_and_loses_nothing() {
    let _turn = turn().await;
    let mut cluster = Cluster::start(Stack::Balanced).await;
    let broker = cluster.redis().url();
    let mut crowd = Crowd::new();
    let begun = Instant::now();
    crowd.send(&cluster.url(0), (0..clients()).map(|number| format!("u{number}")), None);
    let came_by = Instant::now() + BACK_WITHIN;
    while !crowd.is_settled() {
        assert!(Instant::now() < came_by, "all came: {}", tally(&crowd));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("{} clients came within {:?}: {}", clients(), begun.elapsed(), tally(&crowd));
    assert!(publish(&cluster, 0));
    assert_eventually!(all_have(&crowd, 1));

    for number in 0..3 {
        cluster.node_mut(number).process.kill();
    }
    assert_eventually!(crowd.all().all(|(_, it)| it.look(|seen| !seen.connected)));
    // the first to be cut may have come to the node that was killed last
    let before: Vec<Seen> = crowd.all().map(|(_, it)| it.seen()).collect();
    for number in 0..3 {
        cluster.node_mut(number).respawn(Some(&broker));
    }
    for number in 0..3 {
        cluster.node_mut(number).ready().await;
    }
    let up = Instant::now();
    let refused_while_down: Vec<usize> = crowd.all().map(|(_, it)| it.look(|seen| seen.refused)).collect();
    let mut published = 1;
    while !crowd.is_settled() {
        assert!(up.elapsed() < BACK_WITHIN, "all are back: {}", tally(&crowd));
        if published < 20 && publish(&cluster, published) {
            published += 1;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("{} clients are back within {:?}: {}", clients(), up.elapsed(), tally(&crowd));
    // one more, when all are there
    assert!(publish(&cluster, published));
    published += 1;
    assert_eventually!(all_have(&crowd, published as usize), "{}", tally(&crowd));
    println!("all have all after {:?}", up.elapsed());

    let expected: Vec<Value> = (0..published).map(Value::from).collect();
    let mut refused = Vec::new();
    for (((user, roamer), before), refused_while_down) in crowd.all().zip(before).zip(refused_while_down) {
        roamer.look(|seen| {
            assert_eq!(seen.received["org:acme"], expected, "{user}: each once and in order");
            assert_eq!(seen.welcomes, before.welcomes + 1, "{user} came back once: {seen:?}");
            assert_eq!(seen.closes.len(), before.closes.len(), "{user} is not cut again: {seen:?}");
            assert_eq!((seen.resets, seen.errors.len()), (0, 0), "{user}: {seen:?}");
            refused.push(seen.refused - refused_while_down);
        });
    }
    let most = refused.iter().max().copied().unwrap_or(0);
    println!("refused since the nodes are up: {} in all, {most} times at most", refused.iter().sum::<usize>());
    assert!(most <= REFUSED_MAX, "{most}");
    let reads = cluster.nodes().iter().map(|node| node.api().metric("hubwire_log_reads_total")).sum::<f64>();
    println!("reads of the log for it: {reads}");
}

fn all_have(crowd: &Crowd, count: usize) -> bool {
    crowd.all().all(|(_, it)| it.look(|seen| seen.received.get("org:acme").is_some_and(|got| got.len() >= count)))
}

fn tally(crowd: &Crowd) -> String {
    let count = |of: fn(&Seen) -> usize| crowd.all().map(|(_, it)| it.look(of)).sum::<usize>();
    format!(
        "{} settled, {} welcomes, {} closes, {} refusals",
        count(|seen| usize::from(seen.settled)),
        count(|seen| seen.welcomes),
        count(|seen| seen.closes.len()),
        count(|seen| seen.refused)
    )
}
