//! Peers that vanish without closing the connection.

use crate::frames::*;
use crate::raw::Raw;
use crate::support::action::publication;
use crate::victim::{assert_served, Victim};
use serde_json::json;

#[tokio::test]
async fn silent_peers_are_found_by_the_ping_and_their_descriptors_come_back() {
    let victim = Victim::start(&["--socket-ping-interval-ms", "1000", "--socket-pong-timeout-ms", "300"]).await;
    let baseline = victim.descriptors();
    let silent: Vec<Raw> = (0..100).map(|i| victim.raw(&format!("u{i}"))).collect();
    // on a slow machine the first ones are gone before the last ones came
    assert_eq!(victim.0.api().metric("hubwire_sessions_opened_total"), 100.0);
    // nobody answers, nobody closes: the streams stay open on this side to the end of the test
    assert_eventually!(victim.descriptors() <= baseline + 2);
    let mut healthy = victim.healthy().await;
    assert_served(&mut healthy).await;
    assert_eventually!(victim.0.api().metric("hubwire_sessions") == 1.0);
    drop(silent);
}

/// A stopped process: its kernel goes on to acknowledge, it itself does nothing.
#[tokio::test]
async fn a_stopped_client_process_is_found_and_left_behind() {
    let victim = Victim::start(&["--socket-ping-interval-ms", "1000", "--socket-pong-timeout-ms", "300"]).await;
    let url = format!("{}?user=u1&orgs=acme", victim.0.url());
    let client = crate::support::Process::start("sub", env!("CARGO_BIN_EXE_hubwire"), ["sub", "--url", &url], &[]);
    assert_eventually!(victim.0.api().metric("hubwire_sessions") == 1.0, "{}", client.output());
    client.signal("STOP");
    assert_eventually!(victim.0.api().metric("hubwire_sessions") == 0.0);
    client.signal("CONT");
}

/// Unacknowledged data in the kernel ends the connection by `TCP_USER_TIMEOUT`, with every other deadline far away.
#[tokio::test]
async fn a_busy_connection_that_takes_nothing_is_ended_by_the_kernel() {
    let far = "600000";
    let victim = Victim::start(&[
        "--socket-tcp-user-timeout-ms",
        "1000",
        "--socket-stall-timeout-ms",
        far,
        "--socket-ping-interval-ms",
        far,
    ])
    .await;
    let baseline = victim.descriptors();
    let mut stuck = victim.raw("stuck");
    let mut healthy = victim.healthy().await;
    stuck.send(&text(r#"{"type":"@@hub/join","meta":{"hub":{"to":"ch:acme/a","id":"j"}}}"#));
    assert_eq!(crate::victim::action(&mut stuck)["type"], "@@hub/joined");
    healthy.join("ch:acme/a").await;
    let batch = vec![publication("ch:acme/a", "x", json!("x".repeat(900))); 60];
    assert_eventually!(
        {
            healthy.send(&json!(batch)).await;
            healthy.fence().await;
            victim.descriptors() <= baseline + 1 // the healthy one
        },
        "{} descriptors, {baseline} before",
        victim.descriptors()
    );
}
