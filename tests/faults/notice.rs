//! A notification is lost without a trace: how soon a client still receives the publication.

use crate::rig::Rig;
use crate::setup::Setup;
use crate::support::{Client, Codec, Login};
use crate::workload::Workload;
use serde_json::json;
use std::time::Duration;
use tokio::time::{timeout, Instant};

/// Five seconds and the delivery are promised; the rest is for a busy machine.
const PROMISE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_lost_notification_is_noticed_within_seconds() {
    let _turn = crate::run::turn().await;
    let workload = Workload::start();
    let rig = Rig::start(Setup::SINGLE, workload.handle()).await;
    let mut client = Client::connect(&rig.nodes[1].url(), Codec::Json, &Login::admin("u0")).await;
    client.join("ch:acme/board").await;
    for (number, to) in ["ch:acme/board", "org:acme", "user:u0"].into_iter().enumerate() {
        let kind = format!("test/lost-{number}");
        rig.links[1].swallow(&kind, 1);
        let stored = Instant::now();
        rig.nodes[0].api().publish(to, &kind, json!({}));
        assert_eventually!(rig.links[1].swallowed() == number + 1, "the notification of {to} is lost");
        let arrived = timeout(PROMISE, client.next_of(&kind)).await;
        assert!(arrived.is_ok(), "{to}: not within {PROMISE:?}");
        println!("{to}: {} ms after its notification was lost", stored.elapsed().as_millis());
    }
}
