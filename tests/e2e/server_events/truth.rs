//! What the application computes from the events is what is the case.

use super::{about, start, types, CHANNEL};
use crate::support::{Application, Client, Cluster, Codec, Does, Login, Stack};
use serde_json::json;
use std::cell::Cell;
use std::collections::BTreeSet;

/// What a receiver knows of a user from its events: the sessions that are open and the channels it is in. An event that
/// does not follow from the ones before it fails the test: each came, and in order.
fn computed(application: &Application, user: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut sessions, mut channels) = (BTreeSet::new(), BTreeSet::new());
    let events = about(application, user);
    for event in &events {
        let of = |name: &str| event[name].as_str().unwrap().to_owned();
        let follows = match event["type"].as_str().unwrap() {
            "session.connected" => sessions.insert(of("session")),
            "session.disconnected" => sessions.remove(&of("session")),
            "member.joined" => channels.insert(of("channel")),
            "member.left" => channels.remove(&of("channel")),
            other => panic!("nothing else happened: {other}"),
        };
        assert!(follows, "{event} does not follow from those before it: {events:#?}");
    }
    (sessions, channels)
}

/// Each user has its devices on other nodes, and one node is killed while they come and go and the receiver fails.
#[tokio::test]
async fn what_a_receiver_computes_of_users_on_several_nodes_is_true_after_one_was_killed() {
    let requests = Cell::new(0);
    let application = Application::start(move |_| {
        requests.set(requests.get() + 1);
        Does::status(if requests.get() % 3 == 0 { 500 } else { 204 })
    });
    let mut cluster = start(Stack::Redis, &application, &[("HUBWIRE_EVENTS_BATCH_MAX", "2")]).await;
    let open = async |cluster: &Cluster, node: usize, user: &str, joins: bool| {
        let mut client = cluster.connect(node, Codec::Json, &Login::member(user)).await;
        if joins {
            client.join(CHANNEL).await;
        }
        client
    };
    // ada stays in the channel by her other device, bob stays only online, of zoe nothing is left
    let on_the_killed = [
        open(&cluster, 0, "ada", true).await,
        open(&cluster, 0, "bob", true).await,
        open(&cluster, 0, "zoe", true).await,
    ];
    let ada = open(&cluster, 1, "ada", true).await;
    let bob = open(&cluster, 2, "bob", false).await;
    for round in 0..4 {
        let passing = [open(&cluster, 1, "ada", true).await, open(&cluster, 2, "zoe", false).await];
        if round == 1 {
            cluster.node_mut(0).process.kill();
        }
        for client in passing {
            client.close().await;
        }
    }
    drop(on_the_killed);
    let session = |client: &Client| BTreeSet::from([client.welcome()["session"].as_str().unwrap().to_owned()]);
    let (none, there) = (BTreeSet::new(), BTreeSet::from([CHANNEL.to_owned()]));
    for (user, truth) in
        [("ada", (session(&ada), there)), ("bob", (session(&bob), none.clone())), ("zoe", (none.clone(), none))]
    {
        assert_eventually!(computed(&application, user) == truth, "{user}: {:#?}", about(&application, user));
    }
    let members = cluster.api(2);
    let members = members.ok(members.get(&format!("/v1/presence?channel={CHANNEL}")));
    assert_eq!(
        members["users"].as_array().map(|users| users.iter().map(|it| &it["user"]).collect()),
        Some(vec![&json!("ada")])
    );
    let count = |user: &str, kind: &str| types(&about(&application, user)).iter().filter(|it| **it == kind).count();
    assert_eq!([count("ada", "session.connected"), count("zoe", "session.connected")], [6, 5], "each came");
}
