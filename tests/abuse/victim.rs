//! A node under attack: the real binary in development mode, seen from outside.

use crate::raw::Raw;
use crate::support::{Client, Codec, Login, Node, Process};
use serde_json::Value;
use std::net::SocketAddr;

/// A node with a process that can be measured.
pub struct Victim(pub Node);

impl Victim {
    /// Starts a node with further arguments to `serve`, and without the budgets that would end most attacks before they
    /// meet the bound that is tested.
    pub async fn start(arguments: &[&str]) -> Victim {
        let unbounded = [
            ["--limits-actions-per-second", "0"],
            ["--limits-deliveries-per-second", "0"],
            ["--limits-user-rates", ""],
            ["--limits-org-rates", ""],
            ["--limits-user-bytes-max", "0"],
            ["--limits-org-bytes-max", "0"],
            ["--sessions-max-sessions", "0"],
        ];
        Victim::start_guarded(&[unbounded.as_flattened(), arguments].concat()).await
    }

    /// Starts a node as it is configured by default, with further arguments to `serve`.
    pub async fn start_guarded(arguments: &[&str]) -> Victim {
        let arguments = [&["--dev", "--echo-path", "/echo", "--node-workers", "2"], arguments].concat();
        let mut node = Node::spawn_with("victim", None, crate::support::ports::free(), &arguments);
        node.ready().await;
        Victim(node)
    }

    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.0.public_port()).into()
    }

    /// A socket of a made-up member of `acme` that was welcomed; it answers nothing by itself.
    pub fn raw(&self, user: &str) -> Raw {
        let mut raw = Raw::open(self.address(), &format!("/ws?user={user}&orgs=acme"));
        assert_eq!(action(&mut raw)["type"], "@@hub/welcome");
        raw
    }

    /// A client that behaves.
    pub async fn healthy(&self) -> Client {
        Client::connect(&self.0.url(), Codec::Json, &Login::admin("healthy")).await
    }

    /// Memory of its own in KiB (`RssAnon` of proc(5)):
    /// pages of the program that are used for the first time do not count.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process().id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Open file descriptors.
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.process().id())).unwrap().count()
    }

    pub fn process(&self) -> &Process {
        &self.0.process
    }
}

/// The next action on a JSON socket; control frames of WebSocket are passed over.
pub fn action(raw: &mut Raw) -> Value {
    loop {
        let got = raw.read_frame().unwrap().expect("an action before the end");
        match got.opcode {
            crate::frames::TEXT => return serde_json::from_slice(&got.payload).unwrap(),
            crate::frames::CLOSE => panic!("closed with {:?}", crate::raw::code_of(&got)),
            _ => {}
        }
    }
}

/// Asserts that a client that behaves is served.
pub async fn assert_served(client: &mut Client) {
    client.publish("user:somebody", "chat/whisper", Value::Null).await;
}
