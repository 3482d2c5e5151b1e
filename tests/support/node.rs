//! A node: the real binary, run as an operator would.

use super::guarded::{self, Front};
use super::{ports, process::Process, settings, Api};

/// A running node.
pub struct Node {
    /// The process.
    pub process: Process,
    label: String,
    public: u16,
    internal: u16,
    agent: u16,
    /// In the guarded environment: clients come by it.
    front: Option<Front>,
    /// Further settings, kept when it is started again.
    further: Vec<(&'static str, String)>,
}

impl Node {
    /// Starts a node without waiting for it.
    pub fn spawn(label: &str, broker: Option<&str>) -> Node {
        Node::spawn_with(label, broker, ports::free(), &[])
    }

    /// Starts a node with further settings without waiting for it.
    pub fn spawn_set(label: &str, broker: Option<&str>, further: &[(&'static str, &str)]) -> Node {
        Node::begin(label, broker, ports::free(), &[], further)
    }

    /// Starts a node on a public port of the caller's, with further arguments to `serve`.
    pub fn spawn_with(label: &str, broker: Option<&str>, public: u16, arguments: &[&str]) -> Node {
        Node::begin(label, broker, public, arguments, &[])
    }

    fn begin(
        label: &str,
        broker: Option<&str>,
        public: u16,
        arguments: &[&str],
        further: &[(&'static str, &str)],
    ) -> Node {
        let (internal, agent) = (ports::free(), ports::free());
        let further: Vec<_> = further.iter().map(|(option, value)| (*option, value.to_string())).collect();
        let mut environment = settings::environment(label, [public, internal, agent], broker);
        let front = is_behind_front(arguments, &further).then(|| Front::start(public));
        environment.extend(front.iter().flat_map(|_| Front::settings()));
        environment.extend(further.iter().cloned());
        let arguments = ["serve"].iter().chain(arguments);
        let process = Process::start(label, env!("CARGO_BIN_EXE_hubwire"), arguments, &environment);
        Node { process, label: label.into(), public, internal, agent, front, further }
    }

    /// Starts it again where it was, as a supervisor would, without waiting for it. What still runs is killed.
    pub fn respawn(&mut self, broker: Option<&str>) {
        let mut environment = settings::environment(&self.label, [self.public, self.internal, self.agent], broker);
        environment.extend(self.front.iter().flat_map(|_| Front::settings()));
        environment.extend(self.further.iter().cloned());
        self.process.kill();
        self.process = Process::start(&self.label, env!("CARGO_BIN_EXE_hubwire"), ["serve"], &environment);
    }

    /// Starts a node and waits until `/readyz` is green.
    pub async fn start(label: &str, broker: Option<&str>) -> Node {
        let mut node = Node::spawn(label, broker);
        node.ready().await;
        node
    }

    /// Waits until `/readyz` is green.
    pub async fn ready(&mut self) {
        assert_eventually!(
            self.process.ended().is_some() || self.api().try_status("/readyz") == Some(200),
            "{} is ready; its output:\n{}",
            self.label,
            self.process.output()
        );
        assert!(self.process.ended().is_none(), "{} ended; its output:\n{}", self.label, self.process.output());
        assert_eventually!(self.front.as_ref().is_none_or(Front::listens), "HAProxy in front of {}", self.label);
    }

    /// What `welcome.node` says.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/ws", self.public_port())
    }

    /// The port clients connect to.
    pub fn public_port(&self) -> u16 {
        self.front.as_ref().map_or(self.public, Front::port)
    }

    /// The port of server API, metrics and health.
    pub fn internal_port(&self) -> u16 {
        self.internal
    }

    /// The port of HAProxy's agent protocol.
    pub fn agent_port(&self) -> u16 {
        self.agent
    }

    /// Its server API.
    pub fn api(&self) -> Api {
        Api::new(self.internal)
    }
}

/// Whether a node stands behind a proxy of the guarded environment: not one that has, or is, its own.
fn is_behind_front(arguments: &[&str], further: &[(&'static str, String)]) -> bool {
    let own = |name: &str| name.contains("PROXIES") || name.contains("TLS_CERTIFICATE") || name == "HUBWIRE_CONFIG";
    guarded::is_on() && arguments.is_empty() && !further.iter().any(|(name, _)| own(name))
}
