//! OpenTelemetry: the spans of traced publications, as a collector reads them that nobody here wrote.

use crate::foreign_clients::installed;
use crate::support::{Client, Cluster, Codec, Login, Process, Stack};
use serde_json::{json, Value};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/foreign/collector.py");
const CHANNEL: &str = "ch:acme/order/1";
const UNSAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/// A `traceparent` of a trace of its own, from a sender's span `b7…`.
pub fn sampled(trace: u8) -> String {
    format!("00-{}-b7ad6b7169203331-01", format!("{trace:02x}").repeat(16))
}

/// A collector, and the spans that it printed.
pub struct Collector(Process);

impl Collector {
    /// Starts it; the second part is its URL.
    pub async fn start() -> (Collector, String) {
        let process = Process::start("collector", installed("venv/bin/python"), [SCRIPT], &[]);
        assert_eventually!(
            process.output().contains("/v1/traces\n"),
            "the collector says its URL: {}",
            process.output()
        );
        let url = process.output().lines().next().unwrap().to_owned();
        (Collector(process), url)
    }

    /// All that was exported until now, one span a line.
    pub fn output(&self) -> String {
        self.0.output()
    }

    fn spans(&self) -> Vec<Value> {
        self.0.output().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Waits until a trace has so many spans of a name; returns them.
    async fn named(&self, trace: u8, name: &str, count: usize) -> Vec<Value> {
        let trace = format!("{trace:02x}").repeat(16);
        let found = || -> Vec<Value> {
            self.spans().into_iter().filter(|span| span["trace"] == trace && span["name"] == name).collect()
        };
        assert_eventually!(found().len() >= count, "{count} spans {name}: {}", self.0.output());
        assert_eq!(found().len(), count, "{:?}", found());
        found()
    }
}

/// A publication that is part of a trace.
pub fn traced(to: &str, traceparent: &str, id: &str) -> Value {
    let meta = json!({ "traceparent": traceparent, "hub": { "to": to, "id": id } });
    json!({ "type": "order/changed", "payload": 7, "meta": meta })
}

async fn acknowledged(client: &mut Client, action: Value) -> Value {
    let id = action["meta"]["hub"]["id"].as_str().unwrap().to_owned();
    client.send(&action).await;
    client.next("the ack", |it| *it.hub("re") == *id).await.payload().clone()
}

/// Nested, and each within the one above it; the nodes of a test have one clock.
fn assert_child(span: &Value, parent: &Value) {
    assert_eq!(span["parent"], parent["span"], "{span} below {parent}");
    assert!(span["start"].as_u64() >= parent["start"].as_u64(), "{span} begins after {parent}");
    assert!(span["end"].as_u64() >= span["start"].as_u64(), "{span}");
}

fn nodes_of(spans: &[Value]) -> Vec<&str> {
    let mut nodes: Vec<&str> = spans.iter().map(|span| span["node"].as_str().unwrap()).collect();
    nodes.sort_unstable();
    nodes
}

#[tokio::test]
async fn the_spans_of_a_publication_chain_from_its_sender_over_all_nodes() {
    let (collector, url) = Collector::start().await;
    let settings = [("HUBWIRE_TELEMETRY_OTLP_URL", &*url), ("HUBWIRE_TELEMETRY_INTERVAL_MS", "20")];
    let cluster = Cluster::start_with(Stack::Redis, &settings).await;
    let mut first = cluster.connect(0, Codec::Json, &Login::member("u1")).await;
    let mut second = cluster.connect(1, Codec::Msgpack, &Login::member("u2")).await;
    first.join(CHANNEL).await;
    second.join(CHANNEL).await;
    cluster.sessions_are("u2", 1).await;

    acknowledged(&mut first, traced(CHANNEL, UNSAMPLED, "k0")).await;
    let ack = acknowledged(&mut first, traced(CHANNEL, &sampled(1), "k1")).await;
    let publish = collector.named(1, "publish", 1).await.remove(0);
    assert_eq!((&publish["service"], &publish["node"], &publish["kind"]), (&json!("hubwire"), &json!("n1"), &json!(2)));
    assert_eq!((&publish["parent"], &publish["messaging.message.id"]), (&json!("b7ad6b7169203331"), &ack["pos"]));
    assert_child(&collector.named(1, "store", 1).await[0], &publish);
    let delivered = collector.named(1, "deliver", 2).await;
    assert_eq!(nodes_of(&delivered), ["n1", "n2"]);
    for deliver in &delivered {
        assert_child(deliver, &publish);
        assert_eq!((&deliver["messaging.message.id"], &deliver["hubwire.sessions"]), (&ack["pos"], &json!("1")));
    }

    // only the node that did not take it has it forwarded; `ts` knows milliseconds
    let forward = collector.named(1, "forward", 1).await.remove(0);
    assert_eq!((&forward["node"], &forward["parent"]), (&json!("n2"), &publish["span"]));
    assert_eq!((&forward["messaging.message.id"], &forward["kind"]), (&ack["pos"], &json!(5)));
    let (began, came) = (forward["start"].as_u64().unwrap(), forward["end"].as_u64());
    assert_eq!(began, 1_000_000 * ack["ts"].as_u64().unwrap());
    let there = delivered.iter().find(|deliver| deliver["node"] == "n2").unwrap();
    assert_eq!(came, there["start"].as_u64(), "{forward} ends where {there} begins");

    // a direct message, whose second copy has another position in another stream
    acknowledged(&mut first, traced("user:u2", &sampled(2), "k2")).await;
    let publish = collector.named(2, "publish", 1).await.remove(0);
    let deliver = collector.named(2, "deliver", 1).await.remove(0);
    assert_child(&deliver, &publish);
    assert_eq!((&deliver["node"], &deliver["messaging.destination.name"]), (&json!("n2"), &json!("user:u2")));
    let forward = collector.named(2, "forward", 1).await.remove(0);
    assert_eq!((&forward["node"], &forward["messaging.destination.name"]), (&json!("n2"), &json!("user:u2")));

    // by the server API: the header is the publication's traceparent, and a repeated request is the same publication
    let published = |trace| {
        let (api, body) = (cluster.api(2), json!({ "to": CHANNEL, "type": "order/paid", "id": "p1" }));
        api.ok(api.post_with("/v1/publish", ("traceparent", &sampled(trace)), body))
    };
    let (stored, again) = (published(3), published(4));
    assert_eq!((&again["duplicate"], &again["pos"]), (&json!(true), &stored["pos"]));
    let seen = second.next_of("order/paid").await;
    assert_eq!(seen.0["meta"]["traceparent"], sampled(3));
    let publish = collector.named(3, "publish", 1).await.remove(0);
    for step in ["forward", "deliver"] {
        assert_eq!(nodes_of(&collector.named(3, step, 2).await), ["n1", "n2"], "{step}");
    }
    assert_eq!(publish["node"], "n3");
    assert_eq!(collector.named(4, "publish", 1).await[0]["hubwire.duplicate"], true);

    // what nobody asked to record is not recorded; each span is counted once, although the collector was busy at first
    let spans = collector.spans();
    assert!(spans.iter().all(|span| span["trace"] != "0af7651916cd43dd8448eb211c80319c"), "{spans:?}");
    let counted = || cluster.nodes().iter().map(|node| node.api().metric("hubwire_trace_spans_total")).sum::<f64>();
    assert_eventually!(counted() == spans.len() as f64, "{} counted, {} seen", counted(), spans.len());
}
