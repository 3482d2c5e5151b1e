//! Publications as deltas, and subscriptions that are recovered with the newest publication alone: the decoders and
//! clients are those of npm and PyPI. The vectors of the codec are held against an implementation of protobuf.

use super::{does_the_jobs, socket, start, SCRIPTS, SETTINGS};
use crate::foreign_clients::installed;
use crate::support::{Cluster, Stack};
use serde_json::{json, Value};
use std::path::Path;

const NAMESPACES: &str = "chat acme subscribe publish recover delta,whole acme subscribe publish recover,\
                          last acme subscribe publish cache delta";

#[tokio::test]
async fn deltas_are_what_was_published_and_a_cache_begins_with_the_newest() {
    installed("node_modules/centrifuge");
    let mut settings = SETTINGS;
    settings[2].1 = NAMESPACES;
    let cluster = Cluster::start_with(Stack::Redis, &settings).await;
    let [one, other] = [0, 1].map(|node| socket(cluster.node(node).public_port()));
    let npm = |format| start(Path::new("node"), &[&format!("{SCRIPTS}/deltas.cjs"), &one, &other, format], "");
    let python = installed("venv/bin/python");
    let pypi = |format, wants: &[&str]| {
        let script = format!("{SCRIPTS}/hear.py");
        start(&python, &[&[script.as_str(), format, &one, "chat:quotes"], wants].concat(), "")
    };
    let followers = [pypi("json", &["deltas"]), pypi("protobuf", &["deltas"]), pypi("json", &[])];
    let programs = [npm("json"), npm("protobuf")];
    for follower in &followers {
        assert_eventually!(follower.output().contains("subscribed anew"), "{}", follower.output());
    }
    let quote = |n: u64| json!({ "n": n, "text": "what stays as it is, grün and blau, however often it is told" });
    let api = cluster.api(1);
    let published = move || (0..20).for_each(|n| drop(api.publish("ch:acme/chat/quotes", "publication", quote(n))));
    tokio::task::spawn_blocking(published).await.unwrap();
    for follower in &followers {
        let heard = || -> Vec<Value> {
            let output = follower.output();
            let lines = output.lines().filter_map(|line| line.strip_prefix("heard "));
            lines.filter_map(|it| serde_json::from_str(it).ok()).collect()
        };
        assert_eventually!(heard() == (0..20).map(quote).collect::<Vec<_>>(), "{}", follower.output());
    }
    for process in programs {
        does_the_jobs(process).await;
    }
}

#[tokio::test]
async fn the_vectors_are_what_an_implementation_of_protobuf_reads_and_writes() {
    installed("node_modules/protobufjs");
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/protocol/tests/golden/centrifuge");
    let mut process = start(Path::new("node"), &[&format!("{SCRIPTS}/vectors.cjs"), vectors], "");
    let status = process.exit().await;
    assert!(status.success() && process.output().contains("all vectors hold"), "{}", process.output());
}
