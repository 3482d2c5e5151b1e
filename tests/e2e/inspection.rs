//! What operators see of a cluster, whichever node they ask.

use crate::support::{settings, Cluster, Codec, Login, Stack};
use serde_json::{json, Value};

const SECRET: (&str, &str) = ("HUBWIRE_BROKER_CLUSTER_SECRETS", "a secret that all nodes of the cluster share");

fn rows(cluster: &Value) -> Vec<&Value> {
    let mut nodes: Vec<&Value> = cluster["nodes"].as_array().unwrap().iter().collect();
    nodes.sort_by_key(|node| node["label"].as_str().unwrap().to_owned());
    nodes
}

// Questions go over sealed node channels, and each answer comes from the node it is about.
#[tokio::test]
async fn every_node_shows_the_whole_cluster() {
    let cluster = Cluster::start_with(Stack::Redis, &[SECRET]).await;
    let _first = cluster.connect(0, Codec::Json, &Login::member("u1")).await;
    let _second = cluster.connect(1, Codec::Msgpack, &Login::member("u1")).await;
    let _third = cluster.connect(1, Codec::Json, &Login::member("u2")).await;
    cluster.sessions_are("u1", 2).await;
    for asked in 0..3 {
        let seen = cluster.api(asked).ok(cluster.api(asked).get("/v1/cluster"));
        assert_eq!(seen["asked"], format!("n{}", asked + 1));
        let nodes = rows(&seen);
        let of = |key: &str| nodes.iter().map(|node| node[key].clone()).collect::<Vec<_>>();
        assert_eq!(of("label"), ["n1", "n2", "n3"]);
        assert_eq!(of("silent"), [json!(false), json!(false), json!(false)]);
        assert_eq!(of("sessions"), [json!(1), json!(2), json!(0)]);
        assert_eq!(of("alarms"), [json!([]), json!([]), json!([])]);
        for node in nodes {
            assert_eq!(node["version"], env!("CARGO_PKG_VERSION"));
            assert!((1..=5000).contains(&node["lease_left_ms"].as_u64().unwrap()), "{node}");
            assert!(node["clock_off_ms"].as_i64().unwrap().abs() < 1000, "one machine has one clock: {node}");
        }
    }

    // the report of one node is about that node, and holds no secret
    let api = cluster.api(1);
    let reply = api.get("/debug/status");
    let report = api.ok(reply);
    assert_eq!((&report["label"], &report["node"]["sessions"]), (&json!("n2"), &json!(2)));
    assert_eq!(report["gauges"]["hubwire_sessions"], json!(2.0));
    assert_eq!(report["options"]["node.label"], r#""n2""#, "as in a configuration file");
    assert_eq!(report["options"].get("drain.grace_ms"), None, "only options that were given");
    for secret in [SECRET.1, settings::API_KEY, settings::JWT_SECRET] {
        assert!(!report.to_string().contains(secret), "{report}");
    }
}

#[tokio::test]
async fn a_user_is_seen_with_its_sessions_on_all_nodes() {
    let cluster = Cluster::start(Stack::Redis).await;
    let mut first = cluster.connect(0, Codec::Json, &Login::member("u1")).await;
    let second = cluster.connect(1, Codec::Msgpack, &Login::member("u1")).await;
    first.ask(json!({ "type": "@@hub/view", "payload": {}, "meta": { "hub": { "to": "ch:acme/order/1" } } })).await;
    cluster.sessions_are("u1", 2).await;
    let api = cluster.api(2);
    let pos = api.publish("user:u1", "notice", json!("hi"))["pos"].clone();
    let arrived = |seen: &Value| {
        let sessions = seen["sessions"].as_array().unwrap();
        sessions.len() == 2
            && sessions.iter().all(|it| it["streams"].as_array().unwrap().iter().any(|stream| stream["pos"] == pos))
    };
    assert_eventually!(arrived(&api.ok(api.get("/v1/users/u1"))), "both sessions stand at the message");
    let seen = api.ok(api.get("/v1/users/u1"));
    assert_eq!((&seen["stream"]["top"], &seen["stream"]["length"], &seen["stream"]["oldest"]), (&pos, &json!(1), &pos));
    let viewing = &seen["sessions"][0];
    assert_eq!((&viewing["node"], &viewing["codec"]), (&json!("n1"), &json!("hubwire.v1.json")));
    assert_eq!((&viewing["view"], &viewing["address"]), (&json!("ch:acme/order/1"), &json!("127.0.0.1")));
    let followed = |session: &Value| -> Vec<String> {
        let streams = session["streams"].as_array().unwrap().iter();
        streams.map(|stream| stream["stream"].as_str().unwrap().to_owned()).collect()
    };
    let expected = ["org:acme", "org:system", "ch:acme/order/1", "user:u1"];
    assert_eq!(
        followed(viewing).into_iter().collect::<std::collections::BTreeSet<_>>(),
        expected.map(str::to_owned).into()
    );
    let other = &seen["sessions"][1];
    assert_eq!(
        (&other["node"], &other["codec"], &other["view"]),
        (&json!("n2"), &json!("hubwire.v1.msgpack"), &json!(null))
    );
    let session = second.welcome()["session"].as_str().unwrap().to_owned();
    let alone = api.ok(api.get(&format!("/v1/sessions/{session}")));
    assert_eq!((&alone["user"], &alone["node"]), (&json!("u1"), &json!("n2")));
    second.close().await;
    assert_eventually!(api.get(&format!("/v1/sessions/{session}")).status == 404, "it is over");
}

#[tokio::test]
async fn channels_of_all_nodes_are_one_list_and_a_channel_counts_its_sessions_by_node() {
    let cluster = Cluster::start(Stack::Redis).await;
    let mut clients = Vec::new();
    for (node, user, channels) in [(0, "u1", ["b", "a"]), (1, "u2", ["b", "c"]), (1, "u3", ["b", "c"])] {
        let mut client = cluster.connect(node, Codec::Json, &Login::member(user)).await;
        for channel in channels {
            client.join(&format!("ch:acme/list/{channel}")).await;
        }
        clients.push(client);
    }
    let api = cluster.api(2);
    api.publish("ch:acme/list/b", "x", json!(1));
    let list = |query: &str| {
        let page = api.ok(api.get(&format!("/v1/channels?{query}")));
        let channels = page["channels"].as_array().unwrap().iter();
        let shown = channels
            .map(|it| (it["channel"].as_str().unwrap().to_owned(), it["users"].clone(), it["sessions"].clone()));
        (shown.collect::<Vec<_>>(), page["more"].clone())
    };
    let row = |name: &str, users: usize| (format!("ch:acme/list/{name}"), json!(users), json!(users));
    // the broker counts a user when its arrival was told
    assert_eventually!(list("org=acme").0 == [row("a", 1), row("b", 3), row("c", 2)], "{:?}", list("org=acme"));
    assert_eq!(list("limit=1"), (vec![row("a", 1)], json!(true)));
    assert_eq!(list("limit=2&after=ch:acme/list/a"), (vec![row("b", 3), row("c", 2)], json!(false)));
    assert_eq!(list("org=beta").0, []);
    let channel = api.ok(api.get("/v1/channels/ch%3Aacme%2Flist%2Fb"));
    let by_node: Vec<Value> = rows(&channel).iter().map(|node| node["sessions"].clone()).collect();
    assert_eq!(by_node, [1, 2, 0]);
    assert_eq!((&channel["count"], &channel["stream"]["length"]), (&json!(3), &json!(1)));
}

// A node that stands still keeps its lease for a while: until then it is listed, and said to be silent.
#[tokio::test]
async fn a_node_that_stands_still_is_silent_and_a_killed_one_vanishes_with_its_lease() {
    let mut cluster = Cluster::start(Stack::Redis).await;
    let api = cluster.api(0);
    let row = |label: &str| {
        let seen = api.ok(api.get("/v1/cluster"));
        rows(&seen).into_iter().find(|node| node["label"] == label).cloned()
    };
    cluster.node(1).process.signal("STOP");
    let seen = row("n2").expect("its lease is not over");
    assert_eq!((&seen["silent"], &seen["sessions"]), (&json!(true), &json!(null)));
    let channels = api.ok(api.get("/v1/channels"));
    assert_eq!(channels["silent"], json!(["n2"]));
    cluster.node_mut(1).process.kill();
    assert_eventually!(row("n2").is_none(), "it vanishes");
    assert_eq!(row("n3").unwrap()["silent"], false);
}

#[tokio::test]
async fn a_node_is_drained_by_another_one() {
    let mut cluster = Cluster::start(Stack::Redis).await;
    let mut client = cluster.connect(1, Codec::Json, &Login::user("u1")).await;
    let api = cluster.api(0);
    let seen = api.ok(api.get("/v1/cluster"));
    let incarnation = rows(&seen)[1]["incarnation"].as_str().unwrap().to_owned();
    let reply = api.post(&format!("/v1/nodes/{incarnation}/drain"), json!({}));
    assert_eq!((reply.status, &reply.body["label"]), (202, &json!("n2")));
    assert_eq!(client.closed().await, 4000);
    assert_eq!(cluster.node_mut(1).process.exit().await.code(), Some(0));
    assert_eventually!(api.post(&format!("/v1/nodes/{incarnation}/drain"), json!({})).status == 404, "it is gone");
}

#[tokio::test]
async fn settings_that_differ_between_nodes_are_named_and_secrets_are_not_shown() {
    let redis = crate::support::redis_server::RedisServer::start().await;
    let url = redis.url();
    let mut one = crate::support::Node::spawn_set("n1", Some(&url), &[("HUBWIRE_DRAIN_GRACE_MS", "1234")]);
    let secret = "another secret of the second node where nobody meant it";
    let mut two = crate::support::Node::spawn_set("n2", Some(&url), &[("HUBWIRE_AUTH_JWT_SECRETS", secret)]);
    one.ready().await;
    two.ready().await;
    let api = one.api();
    assert_eventually!(api.metric("hubwire_nodes_live") == 2.0, "both see each other");
    let text = api.ok(api.get("/v1/cluster/settings")).to_string();
    assert!(!text.contains(secret) && !text.contains(crate::support::settings::JWT_SECRET), "{text}");
    let settings: Value = serde_json::from_str(&text).unwrap();
    let found = |option: &str| {
        settings["settings"].as_array().unwrap().iter().find(|it| it["option"] == option).unwrap().clone()
    };
    assert_eq!(
        (&found("drain.grace_ms")["value"], &found("drain.grace_ms")["origin"]),
        (&json!("1234"), &json!("environment HUBWIRE_DRAIN_GRACE_MS"))
    );
    assert_eq!(found("drain.grace_ms")["differs"][0]["nodes"], json!(["n2"]));
    assert_eq!(found("auth.jwt_secrets")["differs"][0]["nodes"], json!(["n2"]));
    assert_eq!(
        (found("auth.api_keys")["differs"].clone(), found("broker.url")["differs"].clone()),
        (json!([]), json!([]))
    );
}
