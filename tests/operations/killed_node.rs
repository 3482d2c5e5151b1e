//! A node is killed. Its users are gone from the directory once its lease has expired, and `left` is announced once
//! for those who do not come back.

use crate::crowd::Crowd;
use crate::support::{Client, Cluster, Codec, Login, Stack};
use crate::turn;
use std::time::Duration;
use tokio::time::Instant;

const CHANNEL: &str = "ch:acme/board";
/// What the product promises.
const INVISIBLE_WITHIN: Duration = Duration::from_secs(6);
const LEFT_WITHIN: Duration = Duration::from_secs(15);

#[tokio::test]
async fn the_users_of_a_killed_node_vanish_in_time_and_leave_once() {
    let _turn = turn().await;
    let mut cluster = Cluster::start(Stack::Redis).await;
    let mut crowd = Crowd::new();
    let watchers = ["w1", "w2"];
    crowd.send(&cluster.url(0), [watchers[0].into()], Some(CHANNEL));
    crowd.send(&cluster.url(1), [watchers[1].into()], Some(CHANNEL));
    assert_eventually!(crowd.is_settled());
    let (gone, back) = (["g1", "g2", "g3"], ["b1", "b2"]);
    let mut here = Vec::new();
    for user in gone.iter().chain(&back) {
        let mut client = cluster.connect(2, Codec::Json, &Login::member(user)).await;
        client.join(CHANNEL).await;
        here.push(client);
    }
    // one who is also elsewhere, and does not leave at all
    let mut twice = cluster.connect(2, Codec::Json, &Login::member(watchers[0])).await;
    twice.join(CHANNEL).await;
    for user in gone {
        cluster.sessions_are(user, 1).await;
    }

    let killed_at = Instant::now();
    cluster.node_mut(2).process.kill();
    let mut returned = Vec::new();
    for user in back {
        let mut client: Client = cluster.connect(0, Codec::Json, &Login::member(user)).await;
        client.join(CHANNEL).await;
        returned.push(client);
    }
    let api = cluster.api(0);
    for user in gone {
        assert_eventually!(api.session_count(user) == 0);
    }
    let invisible_after = killed_at.elapsed();
    let ack = returned[0].publish("user:g1", "chat/whisper", serde_json::json!("for later")).await;
    assert_eq!(ack.payload()["sessions"], 0, "nothing is routed there: {ack:?}");
    for watcher in watchers {
        for user in gone {
            assert_eventually!(crowd.of(watcher).look(|seen| seen.lefts_of(user) == 1), "{watcher}: {user} left");
        }
    }
    let left_after = killed_at.elapsed();
    println!("invisible after {invisible_after:?}, left after {left_after:?}");
    assert!(invisible_after <= INVISIBLE_WITHIN, "{invisible_after:?}");
    assert!(left_after <= LEFT_WITHIN, "{left_after:?}");

    // the node is removed to its last entry, and both others have had the time to tell it again
    let leases = || redis::cmd("ZCARD").arg("hubwire:{nodes}:lease").query::<usize>(&mut cluster.redis().connection());
    let reaping =
        || redis::cmd("ZCARD").arg("hubwire:{nodes}:reaping").query::<usize>(&mut cluster.redis().connection());
    let leaving =
        || redis::cmd("ZCARD").arg("hubwire:{nodes}:leaving").query::<usize>(&mut cluster.redis().connection());
    assert_eventually!((leases(), reaping(), leaving()) == (Ok(2), Ok(0), Ok(0)));
    cluster.api(1).publish(CHANNEL, "test/end", serde_json::json!("end"));
    for watcher in watchers {
        let watcher = crowd.of(watcher);
        assert_eventually!(watcher.look(|seen| seen.received.contains_key(CHANNEL)));
        let seen = watcher.seen();
        let lefts: Vec<&(String, bool)> = seen.changes.iter().filter(|(_, joined)| !joined).collect();
        assert_eq!(lefts.len(), gone.len(), "once each, and nobody else: {lefts:?}");
        assert!(gone.iter().all(|user| seen.lefts_of(user) == 1), "{lefts:?}");
    }
}
