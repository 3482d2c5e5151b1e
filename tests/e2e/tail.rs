//! What operators watch as it happens, on all nodes from one: the tail, and the way of one message.

use crate::support::{action, settings, Api, Client, Cluster, Codec, Login, Process, Stack};
use serde_json::{json, Value};

const KEYS: &str =
    "key-of-the-end-to-end-tests-32-bytes-and-more,@reader:read:a key of a reader who may see no payloads,\
                    @viewer:read+content:a key of somebody who may see what was sent";
const READER: &str = "a key of a reader who may see no payloads";
const TRACED: &[(&str, &str)] = &[("HUBWIRE_TRACE_MESSAGES", "1000")];

/// `hubwire tail` at a node, with what it printed.
struct Tail(Process);

impl Tail {
    fn start(cluster: &Cluster, node: usize, arguments: &[&str]) -> Tail {
        let api = format!("http://127.0.0.1:{}", cluster.node(node).internal_port());
        let environment = [("HUBWIRE_API", api), ("HUBWIRE_API_KEY", settings::API_KEY.to_owned())];
        let arguments = [&["--json", "tail"], arguments].concat();
        Tail(Process::start("tail", env!("CARGO_BIN_EXE_hubwire"), arguments, &environment))
    }

    fn lines(&self) -> Vec<Value> {
        self.0.output().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Publishes until the tail shows it: it has begun.
    async fn begun(&self, api: &Api) {
        assert_eventually!(
            {
                api.publish("org:acme", "probe", json!(null));
                !self.lines().is_empty()
            },
            "the tail shows what comes: {}",
            self.0.output()
        );
    }

    fn of_type(&self, kind: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["type"] == kind).collect()
    }
}

async fn joined(cluster: &Cluster, node: usize, user: &str) -> Client {
    let mut client = cluster.connect(node, Codec::Json, &Login::member(user)).await;
    client.join("ch:acme/order/1").await;
    client
}

#[tokio::test]
async fn one_node_shows_what_all_accept_and_where_a_message_went() {
    let cluster = Cluster::start_with(Stack::Redis, TRACED).await;
    let mut first = joined(&cluster, 0, "u1").await;
    let mut second = joined(&cluster, 1, "u2").await;
    cluster.sessions_are("u2", 1).await;
    let tail = Tail::start(&cluster, 2, &[]);
    tail.begun(&cluster.api(0)).await;

    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let edit = |id: &str| {
        let meta = json!({ "traceparent": traceparent, "hub": { "to": "ch:acme/order/1", "id": id } });
        json!({ "type": "order/changed", "payload": { "secret": 7 }, "meta": meta })
    };
    first.send(&edit("k1")).await;
    let ack = first.next("the ack", |it| it.hub("re") == "k1").await;
    let pos = ack.payload()["pos"].as_str().unwrap().to_owned();
    first.send(&edit("k1")).await; // once more: nothing is stored
    second.publish("user:u1", "chat/whisper", json!("hi")).await;
    assert_eventually!(
        tail.of_type("order/changed").len() == 2 && tail.of_type("chat/whisper").len() == 1,
        "{}",
        tail.0.output()
    );
    let seen = &tail.of_type("order/changed")[0];
    assert_eq!((&seen["node"], &seen["from"], &seen["id"]), (&json!("n1"), &json!("u1"), &json!("k1")));
    assert_eq!((&seen["pos"], &seen["payload"]), (&json!(pos), &Value::Null), "payloads are hidden");
    assert_eq!(seen["traceparent"], traceparent);
    assert_eq!(tail.of_type("order/changed")[1]["duplicate"], true);
    let whisper = &tail.of_type("chat/whisper")[0];
    assert_eq!((&whisper["node"], &whisper["sessions"], &whisper["nodes"]), (&json!("n2"), &json!(1), &json!(1)));

    // the way of the first one: accepted at n1 (and refused to be stored again), written on two nodes to one session
    // each
    let api = cluster.api(2);
    let path = format!("/v1/messages/ch%3Aacme%2Forder%2F1/{pos}");
    let way = || {
        let mut found = api.ok(api.get(&path));
        found["nodes"].as_array_mut().unwrap().sort_by_key(|node| node["label"].as_str().unwrap().to_owned());
        found
    };
    let sessions = |way: &Value, node: usize| -> u64 {
        let writes = way["nodes"][node]["delivered"].as_array().unwrap();
        writes.iter().map(|write| write["sessions"].as_u64().unwrap()).sum()
    };
    assert_eventually!(sessions(&way(), 1) == 1, "{}", way());
    let found = way();
    assert_eq!((&found["stored"]["type"], &found["stored"]["payload"]), (&json!("order/changed"), &Value::Null));
    assert_eq!((sessions(&found, 0), sessions(&found, 1), sessions(&found, 2)), (1, 1, 0));
    let accepted = |node: usize| found["nodes"][node]["accepted"].as_array().unwrap().len();
    assert_eq!((accepted(0), accepted(1), accepted(2)), (2, 0, 0));
    assert_eq!(api.ok(api.get("/v1/messages/ch%3Aacme%2Forder%2F1/1-1"))["stored"], Value::Null);
}

#[tokio::test]
async fn a_flood_is_cut_short_for_who_looks_and_reaches_who_reads() {
    const SENT: usize = 600;
    let cluster = Cluster::start(Stack::Memory).await;
    let mut reader = joined(&cluster, 0, "u1").await;
    let mut sender = joined(&cluster, 0, "u2").await;
    let tail = Tail::start(&cluster, 0, &["ch:acme/", "--user", "u2"]);
    assert_eventually!(
        {
            let _ = cluster.api(0).post("/v1/publish", json!({ "to": "ch:acme/other", "type": "probe", "from": "u2" }));
            !tail.of_type("probe").is_empty()
        },
        "the tail shows what comes: {}",
        tail.0.output()
    );
    let flood = |n| action::publication("ch:acme/order/1", "flood", json!({ "n": n }));
    for frame in 0..SENT / 60 {
        sender.send(&(0..60).map(|n| flood(60 * frame + n)).collect()).await;
    }
    sender.publish("ch:acme/order/1", "end", json!(null)).await;
    assert_eq!(reader.publications_until("end").await.len(), SENT + 1, "whoever is in the channel gets all");
    // each was shown or counted; probes that came late are beside the point
    let shown = || tail.of_type("flood").len();
    let dropped = || tail.lines().iter().filter_map(|line| line["dropped"].as_u64()).sum::<u64>() as usize;
    assert_eventually!(shown() + dropped() >= SENT, "{} shown, {} dropped", shown(), dropped());
    assert!(shown() <= SENT / 2, "it is cut short: {}", shown());
}

#[tokio::test]
async fn payloads_are_for_keys_with_that_scope_and_whoever_looks_is_in_the_audit_log() {
    let cluster = Cluster::start_with(Stack::Memory, &[("HUBWIRE_AUTH_API_KEYS", KEYS)]).await;
    let api = cluster.api(0);
    let pos = api.publish("org:acme", "x", json!({ "secret": 7 }))["pos"].as_str().unwrap().to_owned();
    let path = format!("/v1/messages/org%3Aacme/{pos}?payload=true");
    let refused = cluster.api(0).with_key(READER).get(&path);
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert_eq!(cluster.api(0).with_key(READER).get("/v1/tail?payload=true").status, 403);
    let seen = cluster.api(0).with_key("a key of somebody who may see what was sent");
    assert_eq!(seen.ok(seen.get(&path))["stored"]["payload"], json!({ "secret": 7 }));
    let audit = api.ok(api.get("/v1/audit?event=api_call"));
    assert_eq!(
        (&audit["events"][0]["key"], &audit["events"][0]["reason"]),
        (&json!("viewer"), &json!("payloads shown"))
    );
}
