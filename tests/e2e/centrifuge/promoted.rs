//! A sentinel promotes a replica that lacks the newest publications. Clients that saw none of the lost publications
//! receive everything that is left, once; clients that saw some are told.

use super::followers::{self, has_begun, heard, publish, times};
use super::{socket, SETTINGS};
use crate::foreign_clients::installed;
use crate::support::{ports, Node, Process};
use serde_json::json;

const SERVICE: &str = "hub";

/// Two Redis servers and the sentinel that watches them.
struct Watched {
    primary: Process,
    primary_port: u16,
    _replica: Process,
    replica_port: u16,
    sentinel: Process,
    sentinel_port: u16,
}

fn redis(further: &[&str]) -> (Process, u16) {
    let port = ports::free();
    let text = port.to_string();
    let own = ["--port", &text, "--bind", "127.0.0.1", "--save", "", "--repl-diskless-sync-delay", "0"];
    (Process::start("redis-server", "redis-server", [&own[..], further].concat(), &[]), port)
}

/// The raw reply of a server; empty if it does not answer.
fn ask(port: u16, command: &[&str]) -> Option<redis::Value> {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}")).unwrap();
    let mut connection = client.get_connection().ok()?;
    redis::cmd(command[0]).arg(&command[1..]).query(&mut connection).ok()
}

fn text(port: u16, command: &[&str]) -> String {
    ask(port, command).and_then(|value| redis::from_redis_value(value).ok()).unwrap_or_default()
}

/// How far the replication of a server came.
fn level(port: u16, name: &str) -> Option<u64> {
    text(port, &["INFO", "replication"]).lines().find_map(|line| line.strip_prefix(name)?.parse().ok())
}

impl Watched {
    async fn start() -> Watched {
        let (primary, primary_port) = redis(&[]);
        let (replica, replica_port) = redis(&["--replicaof", "127.0.0.1", &primary_port.to_string()]);
        let replicates = || text(replica_port, &["INFO", "replication"]).contains("master_link_status:up");
        assert_eventually!(replicates(), "it follows; it said:\n{}", replica.output());
        let sentinel_port = ports::free();
        let script = format!(
            "printf 'port {sentinel_port}\\nbind 127.0.0.1\\nsentinel monitor {SERVICE} 127.0.0.1 {primary_port} 1\\n\
             sentinel down-after-milliseconds {SERVICE} 1000\\nsentinel failover-timeout {SERVICE} 3000\\n' \
             > sentinel.conf && exec redis-server sentinel.conf --sentinel"
        );
        let sentinel = Process::start("sentinel", "sh", ["-c", &script], &[]);
        // on a busy machine the sentinel would detect a pause of its own, and do nothing for half a minute
        let patience = ["SENTINEL", "DEBUG", "tilt-trigger", "30000", "info-period", "1000"];
        assert_eventually!(ask(sentinel_port, &patience).is_some(), "it answers; it said:\n{}", sentinel.output());
        let knows = || text(sentinel_port, &["INFO", "sentinel"]).contains("slaves=1");
        assert_eventually!(knows(), "it knows the replica; it said:\n{}", sentinel.output());
        Watched { primary, primary_port, _replica: replica, replica_port, sentinel, sentinel_port }
    }

    fn url(&self) -> String {
        format!("redis+sentinel://127.0.0.1:{}/{SERVICE}", self.sentinel_port)
    }

    /// The replica has all data so far and stops replicating. The sentinel would make it follow the primary again.
    async fn cut_replication(&self) {
        assert_eventually!(
            level(self.replica_port, "slave_repl_offset:") >= level(self.primary_port, "master_repl_offset:"),
            "the replica has everything"
        );
        self.sentinel.signal("STOP");
        let nowhere = ports::free().to_string();
        ask(self.replica_port, &["REPLICAOF", "127.0.0.1", &nowhere]).expect("the replica answers");
    }

    /// The primary dies, and the test tells the sentinel at once: on a slow machine the delay of its own detection
    /// would count against the replica.
    async fn promote(&mut self) {
        self.primary.kill();
        self.sentinel.signal("CONT");
        let leads = || text(self.replica_port, &["INFO", "replication"]).contains("role:master");
        // refused until the sentinel has seen the replica again, and while a failover is running
        let promote = || ask(self.sentinel_port, &["SENTINEL", "FAILOVER", SERVICE]).is_some();
        assert_eventually!(
            leads() || promote() && leads(),
            "the replica is promoted; the sentinel said:\n{}",
            self.sentinel.output()
        );
    }
}

#[tokio::test]
async fn after_a_promotion_that_lost_the_tail_clients_recover_exactly_or_are_told() {
    installed("node_modules/centrifuge");
    let mut settings = SETTINGS.to_vec();
    settings[2].1 = "chat acme subscribe publish recover";
    let mut redis = Watched::start().await;
    let broker = redis.url();
    let mut nodes = ["n1", "n2", "n3"].map(|label| Node::spawn_set(label, Some(&broker), &settings));
    for node in &mut nodes {
        node.ready().await;
    }
    let url = |node: usize| socket(nodes[node].public_port());
    let channel = "chat:told";
    // one loses its node before the tail, one after it, and one stays
    let early = [followers::npm("protobuf", "websocket", &url(0), channel), followers::pypi("json", &url(0), channel)];
    let early: Vec<_> = early.into_iter().chain(followers::go("protobuf", &url(0), channel)).collect();
    let late = [followers::npm("json", "http_stream", &url(1), channel), followers::pypi("protobuf", &url(1), channel)];
    let late: Vec<_> = late.into_iter().chain(followers::go("json", &url(1), channel)).collect();
    let there = [followers::npm("json", "sse", &url(2), channel), followers::pypi("json", &url(2), channel)];
    let there: Vec<_> = there.into_iter().chain(followers::go("protobuf", &url(2), channel)).collect();
    for group in [&early, &late, &there] {
        followers::eventually(group, "subscribed", has_begun).await;
    }
    publish(&nodes[2], 1..6).await;
    for group in [&early, &late, &there] {
        followers::eventually(group, "hears", |it| heard(it) == [1, 2, 3, 4, 5]).await;
    }
    nodes[0].process.kill();
    redis.cut_replication().await;
    publish(&nodes[2], 6..10).await;
    for group in [&late, &there] {
        followers::eventually(group, "hears the tail", |it| heard(it).last() == Some(&9)).await;
    }
    nodes[1].process.kill();
    redis.promote().await;
    let probe = json!({ "to": "ch:acme/chat/probe", "type": "publication", "payload": 0 });
    assert_eventually!(nodes[2].api().post("/v1/publish", probe.clone()).status == 200, "it publishes again");
    // longer than it was
    publish(&nodes[2], 106..116).await;
    for node in &mut nodes[..2] {
        node.respawn(Some(&broker));
        node.ready().await;
    }
    for group in [&late, &there] {
        followers::eventually(group, "is told", |it| times(it, "recovered=false") > 0).await;
    }
    publish(&nodes[2], 116..117).await;
    for group in [&early, &late, &there] {
        followers::eventually(group, "hears on", |it| heard(it).last() == Some(&116)).await;
    }
    let left: Vec<u64> = (1..6).chain(106..117).collect();
    for follower in &early {
        assert_eq!(heard(follower), left, "{}", follower.output());
        assert!(times(follower, "recovered=true") > 0 && times(follower, "recovered=false") == 0);
    }
    let before: Vec<u64> = (1..10).collect();
    for follower in late.iter().chain(&there) {
        let heard = heard(follower);
        assert!(heard.starts_with(&before) && heard.is_sorted_by(|a, b| a < b), "{}", follower.output());
    }
}
