//! HAProxy with the configuration this repository ships, pointed at the nodes of a test by its environment.

use super::{node::Node, ports, process::Process};
use std::io::{Read, Write};
use tempfile::TempDir;

/// Path of the shipped configuration.
pub const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/haproxy/haproxy.cfg");

/// A running HAProxy.
pub struct Haproxy {
    process: Process,
    port: u16,
    dir: TempDir,
}

impl Haproxy {
    /// Starts one in front of three nodes and waits until it listens.
    pub async fn start(nodes: &[Node]) -> Haproxy {
        let [n1, n2, n3] = nodes else { panic!("the configuration has three nodes") };
        let port = ports::free();
        let host = "127.0.0.1".to_string();
        let environment = [
            ("LB_BIND", format!("127.0.0.1:{port}")),
            ("N1_HOST", host.clone()),
            ("N2_HOST", host.clone()),
            ("N3_HOST", host),
            ("N1_PORT", n1.public_port().to_string()),
            ("N2_PORT", n2.public_port().to_string()),
            ("N3_PORT", n3.public_port().to_string()),
            ("N1_AGENT_PORT", n1.agent_port().to_string()),
            ("N2_AGENT_PORT", n2.agent_port().to_string()),
            ("N3_AGENT_PORT", n3.agent_port().to_string()),
        ];
        // a window for tests to look through, beside the shipped configuration
        let dir = tempfile::Builder::new().prefix("hubwire-haproxy").tempdir().unwrap();
        let window = dir.path().join("window.cfg");
        let text = format!("global\n    stats socket {} level admin\n", dir.path().join("admin").display());
        std::fs::write(&window, text).unwrap();
        let arguments = ["-db", "-f", CONFIGURATION, "-f", window.to_str().unwrap()];
        let process = Process::start("haproxy", "haproxy", arguments, &environment);
        assert_eventually!(
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok(),
            "haproxy listens on port {port}; its output:\n{}",
            process.output()
        );
        Haproxy { process, port, dir }
    }

    /// Whether it was told that a server drains.
    pub fn drains(&self, server: &str) -> bool {
        const FORCED_DRAIN: u32 = 0x08;
        let states = self.command("show servers state nodes");
        // of the management guide: be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state …
        let line = states.lines().map(|line| line.split(' ').collect::<Vec<_>>()).find(|it| it.get(3) == Some(&server));
        let line = line.unwrap_or_else(|| panic!("no {server} in {states}"));
        line[6].parse::<u32>().unwrap() & FORCED_DRAIN != 0
    }

    /// Cuts all connections, as a path that fails does.
    pub fn cut(&self) {
        for server in ["n1", "n2", "n3"] {
            let answer = self.command(&format!("shutdown sessions server nodes/{server}"));
            assert_eq!(answer.trim(), "", "{server}");
        }
    }

    fn command(&self, command: &str) -> String {
        let mut socket = std::os::unix::net::UnixStream::connect(self.dir.path().join("admin")).unwrap();
        socket.write_all(format!("{command}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/ws", self.port)
    }
}
