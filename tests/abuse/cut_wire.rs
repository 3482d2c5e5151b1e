//! A client that suddenly loses all packets, over a real link between two network namespaces. The test does nothing on
//! machines where it cannot create one (that takes root and `ip`).

use crate::support::settings::ORG;
use crate::support::{ports, Login, Node, Process};
use serde_json::json;
use std::process::Command;

/// A network namespace with a wire to this one.
struct Wire {
    name: String,
    /// The address at this end.
    address: String,
}

fn ip(arguments: &str) -> bool {
    let script = format!("PATH=$PATH:/usr/sbin:/sbin ip {arguments}");
    let done = Command::new("sh").args(["-c", &script]).output().unwrap();
    done.status.success()
}

impl Wire {
    /// `None` where it is not allowed.
    fn lay() -> Option<Wire> {
        let id = std::process::id();
        // a network of our own in each run, out of a range for tests (RFC 2544)
        let network = format!("198.{}.{}", 18 + (id >> 8) % 2, id % 256);
        let wire = Wire { name: format!("hw{id}"), address: format!("{network}.1") };
        let Wire { name, address } = &wire;
        let laid = ip(&format!("netns add {name}"))
            && ip(&format!("link add {name}a type veth peer name {name}b netns {name}"))
            && ip(&format!("addr add {address}/30 dev {name}a"))
            && ip(&format!("link set {name}a up"))
            && ip(&format!("-n {name} addr add {network}.2/30 dev {name}b"))
            && ip(&format!("-n {name} link set {name}b up"));
        laid.then_some(wire)
    }

    /// From now on every packet is lost, without a word to either end.
    fn cut(&self) {
        assert!(ip(&format!("-n {0} link set {0}b down", self.name)));
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        ip(&format!("netns del {}", self.name));
    }
}

#[tokio::test]
async fn a_busy_client_that_is_cut_off_is_found_by_what_it_does_not_acknowledge() {
    let Some(wire) = Wire::lay() else { return eprintln!("skipped: no network namespace can be made here") };
    let (far, port) = ("600000", ports::free());
    let listen = format!("{}:{port}", wire.address);
    let mut node = Node::spawn_with(
        "wired",
        None,
        port,
        &[
            "--listen-public",
            &listen,
            "--socket-tcp-user-timeout-ms",
            "2000",
            // every other deadline is far away
            "--socket-stall-timeout-ms",
            far,
            "--socket-ping-interval-ms",
            far,
        ],
    );
    node.ready().await;
    let api = node.api();
    let channel = format!("ch:{ORG}/a");
    let (url, token) = (format!("ws://{listen}/ws"), Login::member("far").token());
    let binary = env!("CARGO_BIN_EXE_hubwire");
    let inside = ["netns", "exec", &wire.name, binary, "sub", "--url", &url, "--token", &token, "--join", &channel];
    let client = Process::start("sub", "ip", inside, &[]);
    assert_eventually!(api.metric("hubwire_channels") == 1.0, "{}", client.output());
    api.publish(&channel, "seen", json!({}));
    assert_eventually!(client.output().contains("seen"), "{}", client.output());

    wire.cut();
    assert_eq!(api.metric("hubwire_sessions"), 1.0);
    api.publish(&channel, "lost", json!({}));
    let cut = tokio::time::Instant::now();
    assert_eventually!(api.metric("hubwire_sessions") == 0.0, "{}", node.process.output());
    println!("found after {:.1} s", cut.elapsed().as_secs_f64());
    assert!(!client.output().contains("lost"), "{}", client.output());
}
