//! The clients of npm, PyPI and Go, each following a channel in a process of its own.

use super::{go_client, start, SCRIPTS};
use crate::foreign_clients::installed;
use crate::support::{Login, Node, Process};
use serde_json::json;
use std::path::Path;

/// A client of npm.
pub fn npm(format: &str, transport: &str, url: &str, channel: &str) -> Process {
    start(Path::new("node"), &[&format!("{SCRIPTS}/follow.cjs"), format, url, channel, transport], "")
}

/// A client of npm that the server subscribes to the channels of its token.
pub fn npm_by_server(url: &str, login: &Login) -> Process {
    let token = ("CENTRIFUGE_TEST_TOKEN", login.token());
    let program = format!("{SCRIPTS}/follow.cjs");
    let environment = [token, ("NODE_PATH", format!("{}/node_modules", super::INSTALLED))];
    Process::start("follow.cjs", "node", [&program, "json", url, ""], &environment)
}

/// A client of PyPI.
pub fn pypi(format: &str, url: &str, channel: &str) -> Process {
    start(&installed("venv/bin/python"), &[&format!("{SCRIPTS}/hear.py"), format, url, channel], "")
}

/// A client of Go, where there is Go.
pub fn go(format: &str, url: &str, channel: &str) -> Option<Process> {
    go_client().map(|go| start(&go, &["follow", format, url, channel], ""))
}

/// Each library in each format and over each transport it has.
pub fn all(url: &str, channel: &str) -> Vec<Process> {
    let transports = [
        ("json", "websocket"),
        ("protobuf", "websocket"),
        ("json", "http_stream"),
        ("protobuf", "http_stream"),
        ("json", "sse"),
    ];
    let npm = transports.map(|(format, transport)| npm(format, transport, url, channel));
    let formats = ["json", "protobuf"];
    let pypi = formats.map(|format| pypi(format, url, channel));
    npm.into_iter().chain(pypi).chain(formats.into_iter().filter_map(|format| go(format, url, channel))).collect()
}

/// Waits until every follower is as it is to be.
pub async fn eventually(followers: &[Process], what: &str, holds: impl Fn(&Process) -> bool) {
    for (number, follower) in followers.iter().enumerate() {
        assert_eventually!(holds(follower), "follower {number}: {what}; it said:\n{}", follower.output());
    }
}

pub fn has_begun(follower: &Process) -> bool {
    follower.output().contains("subscribed anew")
}

/// The numbers a follower heard, in the order it heard them.
pub fn heard(follower: &Process) -> Vec<u64> {
    follower.output().lines().filter_map(|line| line.split_once("heard ")?.1.parse().ok()).collect()
}

/// How often a follower said something.
pub fn times(follower: &Process, said: &str) -> usize {
    follower.output().matches(said).count()
}

/// Publishes numbers by the server API of a node.
pub async fn publish(node: &Node, numbers: std::ops::Range<u64>) {
    let api = node.api();
    let published = move || numbers.for_each(|n| drop(api.publish("ch:acme/chat/told", "publication", json!(n))));
    tokio::task::spawn_blocking(published).await.unwrap();
}
