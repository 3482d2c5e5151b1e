//! `hubwire bench` against real nodes: its report on a correct node, its report when a proxy in between breaks a
//! promise, and its message when a limit prevents the run.

#[path = "../cli_support/mod.rs"]
mod cli_support;
#[path = "../support/mod.rs"]
#[macro_use]
mod support;

mod faulty_proxy;

use cli_support::{hubwire, Run};
use faulty_proxy::{Fault, FaultyProxy};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use support::redis_server::RedisServer;
use support::settings::JWT_SECRET;
use support::Node;

/// Runs a scenario against an address.
fn bench(scenario: &str, url: &str, arguments: &[&str]) -> Run {
    let common = ["--json", "bench", scenario, "--url", url, "--secret", JWT_SECRET];
    hubwire(&[&common, arguments].concat())
}

/// The report of a run that ended well.
fn well(scenario: &str, url: &str, arguments: &[&str]) -> Value {
    let run = bench(scenario, url, arguments);
    assert_eq!(run.code, 0, "{scenario} {arguments:?}: {}{}", run.stdout, run.stderr);
    let report = run.document();
    assert_eq!((&report["bench"], &report["error"]), (&Value::from(scenario), &Value::Null));
    for fault in ["lost", "duplicates", "disordered", "stray"] {
        assert!(report[fault] == 0 || matches!(scenario, "connect" | "views" | "storm"), "{report}");
    }
    report
}

fn assert_latency(report: &Value, key: &str, count: u64) {
    let latency = &report[key];
    assert_eq!(latency["count"], count, "{report}");
    let order = ["p50", "p90", "p99", "p99_9", "max"].map(|quantile| latency[quantile].as_f64().unwrap());
    assert!(order.is_sorted() && order[0] > 0.0, "{latency}");
}

#[tokio::test]
async fn every_scenario_reports_a_node_that_keeps_its_promises() {
    let node = Node::start("n1", None).await;
    let (url, pid) = (node.url(), node.process.id().to_string());

    let load = ["--connections", "30", "--rooms", "3", "--publishers", "2", "--messages", "100", "--window", "8"];
    let report = well("fanout", &url, &[&load[..], &["--ack", "--pid", &pid]].concat());
    assert_eq!((&report["publications"], &report["deliveries"]), (&Value::from(100), &Value::from(1000)));
    assert_latency(&report, "latency_us", 1000);
    assert_latency(&report, "ack_latency_us", 100);
    for figure in ["cpu_us_per_delivery", "private_bytes_per_connection", "seconds", "deliveries_per_second"] {
        assert!(report[figure].as_f64().unwrap() >= 0.0, "{figure}: {report}");
    }

    let load = ["--connections", "20", "--codec", "msgpack", "--rate", "100", "--seconds", "0.5", "--size", "2000"];
    let report = well("fanout", &url, &load);
    assert_eq!((&report["publications"], &report["deliveries"]), (&Value::from(50), &Value::from(1000)));

    let report = well("direct", &url, &["--pairs", "5", "--messages", "50", "--ack", "--window", "3"]);
    assert_latency(&report, "latency_us", 50);
    assert_latency(&report, "ack_latency_us", 50);
    assert_latency(&well("direct", &url, &["--messages", "50"]), "latency_us", 50);

    let report = well("connect", &url, &["--connections", "40", "--rooms", "4", "--hold", "0.1", "--pid", &pid]);
    assert_eq!(report["connected"], 40);
    for step in ["open_us", "welcome_us", "join_us", "latency_us"] {
        assert_latency(&report, step, 40);
    }
    assert!(report["idle_cpu_us_per_connection_second"].as_f64().unwrap() >= 0.0);

    let report = well("churn", &url, &["--connections", "10", "--rate", "40", "--life", "0.1", "--seconds", "1"]);
    assert_eq!((&report["deliveries"], &report["refused"], &report["failed"]), (&500.into(), &0.into(), &0.into()));
    assert!(report["came"].as_u64().unwrap() >= 10, "{report}");

    let report = well("resume", &url, &["--connections", "30", "--rooms", "3", "--messages", "7"]);
    assert_eq!((&report["resumed"], &report["deliveries"]), (&30.into(), &210.into()));
    assert_eq!((&report["missed_publications"], &report["not_recovered"]), (&21.into(), &0.into()));
    assert_latency(&report, "caught_up_us", 30);

    let report = well("views", &url, &["--connections", "5", "--rooms", "3", "--changes", "40", "--pid", &pid]);
    assert_latency(&report, "latency_us", 40);
    assert!(report["cpu_us_per_change"].as_f64().unwrap() > 0.0, "{report}");
}

/// Remaining members hear nothing of members that return in time, and `left` and `joined` of the others.
#[tokio::test]
async fn a_storm_is_announced_by_how_many_changed() {
    for (grace_ms, percent, away, changed, named) in [("600000", "50", "0", 6, 0.0), ("0", "25", "2", 3, 6.0)] {
        let mut node = Node::spawn_set("n1", None, &[("HUBWIRE_PRESENCE_LEFT_GRACE_MS", grace_ms)]);
        node.ready().await;
        let report = well("storm", &node.url(), &["--connections", "12", "--percent", percent, "--away", away]);
        assert_eq!((&report["left"], &report["users_per_member"]), (&changed.into(), &named.into()), "{report}");
        assert_latency(&report, "return_us", changed);
    }
}

#[tokio::test]
async fn sessions_of_several_nodes_reach_each_other() {
    let redis = RedisServer::start().await;
    let (a, b) = (Node::start("a", Some(&redis.url())).await, Node::start("b", Some(&redis.url())).await);
    let urls = format!("{},{}", a.url(), b.url());
    assert_eq!(well("direct", &urls, &["--pairs", "4", "--messages", "40", "--ack"])["deliveries"], 40);
    assert_eq!(well("fanout", &urls, &["--connections", "6", "--messages", "20"])["deliveries"], 120);
    assert_eq!(well("resume", &urls, &["--connections", "8", "--rooms", "2", "--messages", "5"])["resumed"], 8);
}

#[tokio::test]
async fn a_promise_broken_on_the_way_is_1_with_what_was_broken() {
    let node = Node::start("n1", None).await;
    for (fault, broken) in [(Fault::Drop, "lost"), (Fault::Double, "duplicates"), (Fault::Swap, "disordered")] {
        let proxy = FaultyProxy::start(node.public_port(), fault);
        let load = ["--connections", "4", "--messages", "40", "--window", "4", "--answer-timeout-ms", "3000"];
        let run = bench("fanout", &proxy.url(), &load);
        assert_eq!(run.code, 1, "{fault:?}: {}{}", run.stdout, run.stderr);
        let report = run.document();
        for key in ["lost", "duplicates", "disordered", "stray"] {
            assert_eq!(report[key], u64::from(key == broken), "{fault:?} {key}: {report}");
        }
        assert!(run.stderr.contains(r#""code":"broken","message":"lost"#), "{}", run.stderr);
    }
}

#[tokio::test]
async fn a_limit_in_the_way_is_2_and_is_named() {
    let rate = ["--limits-actions-per-second", "5", "--limits-actions-burst", "5"];
    let arguments = [&rate[..], &["--socket-max-connections-per-ip", "20"]].concat();
    let mut node = Node::spawn_with("n1", None, support::ports::free(), &arguments);
    node.ready().await;
    let run = bench("fanout", &node.url(), &["--connections", "5", "--rate", "200", "--seconds", "2"]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("rate_limited") && run.stderr.contains("limits.actions_per_second"), "{}", run.stderr);
    // what was measured until then is there all the same
    assert!(run.document()["deliveries"].as_u64().unwrap() > 0);
    let churn = ["--connections", "2", "--publish-rate", "2", "--life", "9", "--seconds", "1"];
    let report = well("churn", &node.url(), &churn);
    assert!(report["refused"].as_u64().unwrap() > 0, "{report}");
    let run = bench("connect", &node.url(), &["--connections", "50", "--concurrency", "1"]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("socket.max_connections_per_ip"), "{}", run.stderr);
    assert!(run.document()["connected"].as_u64().unwrap() <= 20, "{}", run.stdout);
}

#[tokio::test]
async fn what_cannot_run_is_2_and_says_why() {
    let node = Node::start("n1", None).await;
    let nobody = "ws://127.0.0.1:1/ws";
    for (arguments, part) in [
        (&["fanout", "--url", nobody][..], "is a node running there?"),
        (&["fanout", "--url", "http://127.0.0.1:1"], "did you mean ws://127.0.0.1:1?"),
        (&["fanout", "--rooms", "200"], "200 rooms need at least as many --connections"),
        (&["connect", "--connections", "100000000"], "ulimit -n"),
        (&["connect", "--url", nobody, "--pid", "4294967295"], "--pid takes processes of this machine"),
        (&["direct", "--window", "0"], "0 is not in 1.."),
        (&["direct", "--rate", "1", "--window", "2"], "cannot be used with"),
        (
            &["direct", "--pairs", "1", "--url", &node.url(), "--secret", "another secret of at least 32 bytes"],
            "signature",
        ),
        (&["connect", "--url", &node.url()], "--secret-file"),
        (&["direct", "--url", &node.url(), "--secret", "another secret of at least 32 bytes"], "these are wrong, too"),
    ] {
        let run = hubwire(&[&["bench"], arguments].concat());
        assert_eq!(run.code, 2, "{arguments:?}: {}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains(part), "{arguments:?}: {}", run.stderr);
    }
}

#[tokio::test]
async fn tokens_of_somebody_else_are_used_in_turn() {
    let node = Node::start("n1", None).await;
    let tokens: Vec<String> = ["u1", "u2", "u3", "u4"].iter().map(|user| support::Login::admin(user).token()).collect();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tokens");
    std::fs::write(&path, tokens.join("\n")).unwrap();
    let url = node.url();
    let common = ["--json", "bench", "direct", "--url", &url, "--tokens", path.to_str().unwrap(), "--org", "acme"];
    let run = hubwire(&[&common[..], &["--pairs", "2", "--messages", "20"]].concat());
    assert_eq!((run.code, &run.document()["deliveries"]), (0, &20.into()), "{}", run.stderr);
    // with as many pairs as tokens each pair is one user twice
    let run = hubwire(&[&common[..], &["--pairs", "4", "--messages", "20"]].concat());
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("needs a user for each"), "{}", run.stderr);
}

#[tokio::test]
async fn an_interrupt_ends_a_run_with_what_was_measured() {
    let node = Node::start("n1", None).await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_hubwire"));
    let arguments = ["bench", "fanout", "--connections", "5", "--rate", "50", "--seconds", "600", "--url", &node.url()];
    command.args(arguments).args(["--secret", JWT_SECRET]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let progress = BufReader::new(child.stderr.take().unwrap())
        .lines()
        .find(|line| line.as_ref().is_ok_and(|line| line.contains("published")));
    assert!(progress.is_some(), "it ended before it sent anything");
    let killed = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("interrupted") && text.contains("lost 0"), "{text}");
}
