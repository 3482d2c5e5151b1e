//! Half of a channel reconnects: the announcements of the broker and the pushes to members grow with the number of
//! changes, not with the number of members.

use crate::support::monitor::Monitor;
use crate::support::{Client, Cluster, Codec, Login, Stack};
use futures_util::future::join_all;

const CHANNEL: &str = "ch:acme/all-hands";
const MEMBERS: usize = 60;
const HALF: usize = MEMBERS / 2;

async fn join(cluster: &Cluster, n: usize, node: usize) -> Client {
    let mut client = cluster.connect(node, Codec::Json, &Login::member(&format!("u{n:02}"))).await;
    client.join(CHANNEL).await;
    client
}

/// The half that will reconnect, those that stay, and one of them who heard that everybody else came.
async fn gather(cluster: &Cluster) -> (Vec<Client>, Vec<Client>, Client) {
    let mut witness = join(cluster, MEMBERS, 0).await;
    let mut restless = join_all((0..MEMBERS).map(|n| join(cluster, n, n))).await;
    let stay = restless.split_off(HALF);
    let mut heard = 0;
    while heard < MEMBERS {
        heard += witness.next_of("@@hub/joined").await.users().len();
    }
    (restless, stay, witness)
}

/// Each closes its socket, and joins again on another node.
async fn reconnect(cluster: &Cluster, restless: Vec<Client>) -> Vec<Client> {
    join_all(restless.into_iter().map(Client::close)).await;
    join_all((0..HALF).map(|n| join(cluster, n, n + 1))).await
}

/// How often the broker announced that a user came, and that one left, since the last call.
fn announced(monitor: &mut Monitor) -> [usize; 2] {
    let commands = monitor.commands();
    ["J", "L"].map(|letter| {
        let message = format!("\"{letter} {CHANNEL} ");
        commands.iter().filter(|it| it.publishes() && it.arguments.contains(&message)).count()
    })
}

#[tokio::test]
async fn half_of_a_channel_that_is_back_in_time_costs_no_announcement() {
    let cluster = Cluster::start_with(Stack::Redis, &[("HUBWIRE_PRESENCE_LEFT_GRACE_MS", "600000")]).await;
    let (restless, _stay, mut witness) = gather(&cluster).await;
    let mut monitor = Monitor::start(cluster.redis());
    let _back = reconnect(&cluster, restless).await;
    assert_eq!(announced(&mut monitor), [0, 0]);
    let heard = witness.fence().await;
    assert!(!heard.iter().any(|it| it.to() == CHANNEL), "{heard:?}");
}

#[tokio::test]
async fn half_of_a_channel_that_leaves_and_comes_is_announced_once_each_and_told_together() {
    let at_once = [("HUBWIRE_PRESENCE_LEFT_GRACE_MS", "0"), ("HUBWIRE_PRESENCE_DELAY_MS", "200")];
    let cluster = Cluster::start_with(Stack::Redis, &at_once).await;
    let (restless, _stay, mut witness) = gather(&cluster).await;
    let mut monitor = Monitor::start(cluster.redis());
    join_all(restless.into_iter().map(Client::close)).await;
    let (mut told, mut messages) = (0, 0);
    while told < HALF {
        told += witness.next_of("@@hub/left").await.users().len();
        messages += 1;
    }
    assert_eq!((told, announced(&mut monitor)), (HALF, [0, HALF]));
    assert!(messages <= HALF / 2, "{messages} messages tell of {HALF} users who left at once");
    let _back = join_all((0..HALF).map(|n| join(&cluster, n, n + 1))).await;
    let mut told = 0;
    while told < HALF {
        told += witness.next_of("@@hub/joined").await.users().len();
    }
    assert_eq!((told, announced(&mut monitor)), (HALF, [HALF, 0]));
}
