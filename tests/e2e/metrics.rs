//! What Prometheus scrapes is in order, counts what happened, and is what the dashboard asks for.

use crate::support::{prometheus_text, Client, Codec, Login, Node};
use serde_json::Value;
use std::collections::BTreeSet;
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
    let sessions = &families["hubwire_sessions"];
    assert_eq!(sessions.kind, "gauge");
    assert_eq!(sessions.samples.iter().map(|(.., value)| value).sum::<f64>(), 1.0, "{sessions:?}");
    if let Some(complaint) = promtool(&page) {
        panic!("promtool check metrics: {complaint}\n{page}");
    }
}

#[tokio::test]
async fn the_dashboard_asks_for_metrics_that_exist() {
    let node = Node::start("n1", None).await;
    let (_, page) = node.api().text("/metrics");
    let families = prometheus_text::parse(&page).unwrap();
    let dashboard = include_str!("../../deploy/grafana/hubwire.json");
    let asked: BTreeSet<&str> = dashboard
        .match_indices("hubwire_")
        .map(|(at, _)| dashboard[at..].split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap())
        .map(|name| name.strip_suffix("_bucket").unwrap_or(name))
        .collect();
    let missing: Vec<_> = asked.iter().filter(|name| !families.contains_key(**name)).collect();
    assert!(!asked.is_empty() && missing.is_empty(), "missing {missing:?}, there are {:?}", families.keys());
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
