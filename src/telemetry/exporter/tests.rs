//! The exporter with a collector that is slow to start and then unreachable.

use super::*;
use hubwire_actors::environment::Environment;
use hubwire_actors::trace::{Context, Step};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// A collector that answers its requests with these statuses, one after the other, and records their bodies.
fn collector(statuses: &'static [u16]) -> (Uri, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/traces", listener.local_addr().unwrap()).parse().unwrap();
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let kept = bodies.clone();
    std::thread::spawn(move || {
        for status in statuses {
            let (mut socket, _) = listener.accept().unwrap();
            kept.lock().unwrap().push(body(&mut socket));
            let answer = format!("HTTP/1.1 {status} x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}");
            socket.write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, bodies)
}

fn body(socket: &mut impl Read) -> Value {
    let mut read = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count = socket.read(&mut chunk).unwrap();
        assert_ne!(count, 0, "the request is cut short");
        read.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&read);
        if let Some(body) = text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok()) {
            return body;
        }
    }
}

fn spans_of(body: &Value) -> usize {
    body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().len()
}

fn span() -> Span {
    let context = Context { trace: [1; 16], span: [2; 8] };
    Span { context, parent: [3; 8], start_ns: 1, end_ns: 2, address: "org:acme".into(), step: Step::Store }
}

/// Queues `count` spans of an exporter that is then asked to end. Returns how many it sent and lost.
async fn export(url: Uri, count: usize) -> (u64, u64) {
    let counter = || IntCounter::new("spans", "spans").unwrap();
    let client = Client::start("telemetry", None).unwrap();
    let (sent, failed) = (counter(), counter());
    let exporter = Exporter {
        client: client.clone(),
        url,
        resource: Resource::new("n1", Environment::real().incarnation()),
        timeout: Duration::from_secs(5),
        batch_max: 3,
        interval: Duration::from_secs(60),
        sent: sent.clone(),
        failed: failed.clone(),
    };
    let (spans, queue) = mpsc::channel(16);
    for _ in 0..count {
        spans.try_send(span()).unwrap();
    }
    let (end, ended) = oneshot::channel();
    end.send(()).unwrap();
    client.spawn(exporter.run(queue, ended)).await.unwrap();
    assert!(spans.try_send(span()).is_err(), "nobody takes more");
    (sent.get(), failed.get())
}

#[tokio::test]
async fn a_node_that_ends_sends_what_is_left_in_batches_and_tries_again() {
    let (url, bodies) = collector(&[503, 200, 200]);
    assert_eq!(export(url, 5).await, (5, 0));
    let bodies = bodies.lock().unwrap();
    assert_eq!(bodies.iter().map(spans_of).collect::<Vec<_>>(), [3, 3, 2]);
    assert_eq!(bodies[0], bodies[1], "the same batch again");
}

#[tokio::test]
async fn what_a_collector_does_not_take_is_counted_and_not_sent_for_ever() {
    let (url, bodies) = collector(&[400, 503, 503, 503]);
    assert_eq!(export(url, 4).await, (0, 4));
    assert_eq!(bodies.lock().unwrap().iter().map(spans_of).collect::<Vec<_>>(), [3, 1, 1, 1]);
}
