//! A node that was stopped for so long that the others removed it: it must not go on.

use crate::support::{Cluster, Codec, Login, Stack};
use crate::turn;

#[tokio::test]
async fn a_node_that_was_removed_closes_its_sockets_and_exits_with_an_error() {
    let _turn = turn().await;
    let mut cluster = Cluster::start(Stack::Redis).await;
    let mut client = cluster.connect(0, Codec::Json, &Login::member("u1")).await;
    cluster.sessions_are("u1", 1).await;
    cluster.node(0).process.signal("STOP");
    let reaped = || cluster.api(1).metric("hubwire_reaped_sessions_total");
    assert_eventually!(reaped() + cluster.api(2).metric("hubwire_reaped_sessions_total") == 1.0);
    cluster.node(0).process.signal("CONT");
    assert_eq!(client.closed().await, 4000);
    let node = cluster.node_mut(0);
    let status = node.process.exit().await;
    let output = node.process.output();
    assert!(status.code().is_some_and(|code| code != 0), "{status:?}:\n{output}");
    assert!(output.contains("the cluster removed this node after its lease expired; start it again"), "{output}");
    assert_eq!(cluster.api(1).session_count("u1"), 0);
}
