//! HAProxy learns of a drain by the agent: the node gets no new clients, and those it has are served to the end.

use crate::support::{Client, Cluster, Codec, Login, Node, Stack};
use crate::turn;
use serde_json::json;
use std::io::Read;

/// What the node's agent says.
fn word(node: &Node) -> String {
    let mut word = String::new();
    let mut socket = std::net::TcpStream::connect(("127.0.0.1", node.agent_port())).unwrap();
    socket.set_read_timeout(Some(crate::support::eventually::DEADLINE)).unwrap();
    socket.read_to_string(&mut word).unwrap();
    word
}

#[tokio::test]
async fn while_a_node_drains_its_streams_go_on_and_new_ones_go_elsewhere() {
    let _turn = turn().await;
    // long enough to try everything before the first socket is closed
    let cluster = Cluster::start_with(Stack::Balanced, &[("HUBWIRE_DRAIN_GRACE_MS", "8000")]).await;
    let mut clients = Vec::new();
    for number in 0..9 {
        clients.push(cluster.connect(0, Codec::Json, &Login::member(&format!("u{number}"))).await);
    }
    let draining = cluster.nodes().iter().find(|node| node.label() == "n1").unwrap();
    assert_eq!(word(draining), "up ready\n");
    let (mut here, _elsewhere): (Vec<Client>, Vec<Client>) = clients.into_iter().partition(|it| it.node() == "n1");
    assert!(!here.is_empty(), "the balancer spreads sessions");

    assert!((200..300).contains(&draining.api().post("/v1/drain", json!({})).status));
    assert_eventually!(word(draining) == "drain\n");
    // seen by HAProxy itself
    assert_eventually!(cluster.haproxy().drains("n1"));
    assert!(!cluster.haproxy().drains("n2"));
    for number in 0..6 {
        let new = cluster.connect(0, Codec::Json, &Login::member(&format!("v{number}"))).await;
        assert_ne!(new.node(), "n1");
    }
    for client in &mut here {
        cluster.api(1).publish("org:acme", "test/during", json!("drain"));
        assert_eq!(client.next_of("test/during").await.payload(), "drain");
        client.publish("user:u0", "test/from", json!(1)).await;
    }
    for client in &mut here {
        client.next_of("@@hub/bye").await;
        assert_eq!(client.closed().await, 4000, "by the node itself");
    }
}

#[tokio::test]
async fn an_agent_says_down_while_the_broker_is_away() {
    let _turn = turn().await;
    let node = Node::start("n1", None).await;
    assert_eq!(word(&node), "up ready\n");
    let lonely = Node::spawn("n2", Some("redis://127.0.0.1:9"));
    assert_eventually!(std::net::TcpStream::connect(("127.0.0.1", lonely.agent_port())).is_ok());
    assert_eq!(word(&lonely), "down\n");
}
