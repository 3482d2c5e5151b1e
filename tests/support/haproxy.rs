//! HAProxy with the configuration this repository ships, pointed at the nodes of a test by its environment.

use super::{node::Node, ports, process::Process};

/// Path of the shipped configuration.
pub const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/haproxy/haproxy.cfg");

/// A running HAProxy.
pub struct Haproxy {
    process: Process,
    port: u16,
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
            ("N1_READY_PORT", n1.internal_port().to_string()),
            ("N2_READY_PORT", n2.internal_port().to_string()),
            ("N3_READY_PORT", n3.internal_port().to_string()),
        ];
        let process = Process::start("haproxy", "haproxy", ["-db", "-f", CONFIGURATION], &environment);
        assert_eventually!(
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok(),
            "haproxy listens on port {port}; its output:\n{}",
            process.output()
        );
        Haproxy { process, port }
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/ws", self.port)
    }
}
