//! What Prometheus scrapes is in order, and counts what happened.

use crate::support::{prometheus_text, Client, Codec, Login, Node};
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};

#[tokio::test]
async fn metrics_pass_the_strict_reader_and_count_sessions() {
    let node = Node::start("n1", None).await;
    let mut client = Client::connect(&node.url(), Codec::Json, &Login::user("u1")).await;
    client.publish("user:u2", "chat/whisper", Value::Null).await;

    let (content_type, page) = node.api().text("/metrics");
    assert!(content_type.starts_with("text/plain; version=0.0.4"), "{content_type}");
    let families = prometheus_text::parse(&page).unwrap_or_else(|broken| panic!("{broken}\n{page}"));
    let foreign: Vec<_> =
        families.keys().filter(|name| !name.starts_with("hubwire_") && !name.starts_with("process_")).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    assert_eq!(families["hubwire_sessions"].kind, "gauge");
    assert_eq!(node.api().metric("hubwire_sessions"), 1.0);
    assert_eq!(node.api().metric("hubwire_published_total"), 1.0);
    let bytes = |direction: &str| -> f64 {
        let sample = format!("hubwire_socket_bytes_total{{direction=\"{direction}\"}} ");
        let page = node.api().text("/metrics").1;
        page.lines().find_map(|line| line.strip_prefix(&sample)).unwrap().parse().unwrap()
    };
    let (read, written) = (bytes("in"), bytes("out"));
    client.publish("user:u2", "chat/whisper", Value::from("x".repeat(10_000))).await;
    assert!(bytes("in") >= read + 10_000.0, "what was sent is counted: {read}, {}", bytes("in"));
    assert!(written > 0.0 && bytes("out") > written, "and the answer: {written}, {}", bytes("out"));
    if let Some(complaint) = promtool(&page) {
        panic!("promtool check metrics: {complaint}\n{page}");
    }
}

/// What `promtool check metrics` says against a page; `None` when it is content or not installed (the strict reader
/// has checked the same rules).
fn promtool(page: &str) -> Option<String> {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().ok()?;
    child.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (!output.status.success() || !said.trim().is_empty()).then(|| said.into_owned())
}
