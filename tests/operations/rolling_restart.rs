//! Three nodes behind HAProxy are drained and started again, one after the other. All clients come back, so no `left`
//! is announced; only for those who do not come back, and once.

use crate::crowd::Crowd;
use crate::support::{Cluster, Stack};
use crate::turn;

const CHANNEL: &str = "ch:acme/board";
const USERS: usize = 24;

fn user(number: usize) -> String {
    format!("u{number}")
}

#[tokio::test]
async fn nobody_leaves_by_a_rolling_restart_but_those_who_do_not_come_back() {
    let _turn = turn().await;
    // back before `left` is announced: a client that is away at that moment does not hear it
    let mut cluster = Cluster::start_with(Stack::Balanced, &[("HUBWIRE_DRAIN_GRACE_MS", "500")]).await;
    let broker = cluster.redis().url();
    let mut crowd = Crowd::new();
    crowd.send(&cluster.url(0), (0..USERS).map(user), Some(CHANNEL));
    assert_eventually!(crowd.is_settled());
    let mut lost = Vec::new();
    for number in 0..3 {
        // on any node: also the one that stops may have to hand over that a user is gone
        let node = cluster.node(number).label().to_string();
        let on_node = crowd.all().find(|(_, it)| it.look(|seen| seen.node == node)).map(|(user, _)| user.to_string());
        let gone = on_node.expect("somebody is on each node");
        let node = cluster.node_mut(number);
        node.process.signal("TERM");
        crowd.lose(&gone).await;
        lost.push(gone);
        assert_eq!(node.process.exit().await.code(), Some(0));
        node.respawn(Some(&broker));
        node.ready().await;
        assert_eventually!(crowd.is_settled());
        for (user, watcher) in crowd.all() {
            assert_eventually!(
                lost.iter().all(|gone| watcher.look(|seen| seen.lefts_of(gone) == 1)),
                "{user} is told that {lost:?} left: {:?}",
                watcher.seen()
            );
        }
    }
    // a publication comes after everything that was told before it
    cluster.api(0).publish(CHANNEL, "test/end", serde_json::json!("end"));
    for (user, watcher) in crowd.all() {
        assert_eventually!(watcher.look(|seen| seen.received.contains_key(CHANNEL)), "{user} has the last one");
        let seen = watcher.seen();
        assert!(seen.closes.iter().all(|code| *code == 4000), "{seen:?}");
        assert_eq!(seen.resets, 0, "{seen:?}");
        let lefts: Vec<&String> = seen.changes.iter().filter(|(_, joined)| !joined).map(|(user, _)| user).collect();
        assert!(lefts.iter().all(|left| lost.contains(left)), "{user} was told that these left: {lefts:?}");
        assert!(lost.iter().all(|gone| seen.lefts_of(gone) == 1), "{user}: {lefts:?}");
    }
    assert!(crowd.all().any(|(_, it)| it.look(|seen| seen.welcomes > 1)), "somebody was moved");
}
