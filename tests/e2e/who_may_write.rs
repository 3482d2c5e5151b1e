//! A line of the access rules switches direct messages and the presence of users on or off.

use crate::support::action::{control_at, publication};
use crate::support::{Client, Cluster, Codec, Login, Stack};
use serde_json::{json, Value};

async fn answers(client: &mut Client, to: &str) -> [String; 2] {
    let sent = client.ask(publication(to, "chat/text", json!("hi"))).await;
    let asked = client.ask(control_at(to, "@@hub/presence", json!({}))).await;
    [sent, asked].map(|answer| match answer.kind() {
        "@@hub/error" => answer.code().to_string(),
        kind => kind.to_string(),
    })
}

async fn cluster(rule: &str) -> Cluster {
    let rules = format!("member may join read publish presence on ch:{{org}}/**{rule}");
    Cluster::start_with(Stack::Memory, &[("HUBWIRE_ACCESS_RULES", &rules)]).await
}

#[tokio::test]
async fn without_its_line_nobody_writes_to_users_or_asks_whether_they_are_there_but_the_server_does() {
    let cluster = cluster("").await;
    let mut bob = cluster.connect(0, Codec::Json, &Login::member("bob")).await;
    let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    // whether the user exists or not
    for to in ["user:bob", "user:nobody"] {
        assert_eq!(answers(&mut ada, to).await, ["forbidden", "forbidden"], "{to}");
    }
    assert_eq!(cluster.api(0).publish("user:bob", "test/end", Value::Null)["sessions"], 1);
    assert_eq!(bob.publications_until("test/end").await.len(), 1);
}

#[tokio::test]
async fn a_role_may_write_to_users_without_asking_whether_they_are_there() {
    let cluster = cluster(",support may direct on user:*").await;
    let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    let mut eve = cluster.connect(0, Codec::Json, &Login::user("eve").org("acme", &["support"], &[])).await;
    assert_eq!(answers(&mut ada, "user:bob").await, ["forbidden", "forbidden"]);
    assert_eq!(answers(&mut eve, "user:bob").await, ["@@hub/ack", "forbidden"]);
}
