//! The rig of a fault run: Redis, three nodes that each reach it through a separate proxy, HAProxy, and a proxy in
//! front of each node.

use crate::broker::Broker;
use crate::proxy::{self, Proxy};
use crate::setup::Setup;
use crate::support::haproxy::Haproxy;
use crate::support::Node;
use crate::webhook::Webhook;
use tokio::runtime::Handle;

/// Number of nodes; the shipped HAProxy configuration has as many.
pub const NODES: usize = 3;

/// Everything, running.
pub struct Rig {
    _haproxy: Haproxy,
    /// Where clients connect, by turns: HAProxy, and each node through its proxy.
    pub urls: Vec<String>,
    /// In front of the nodes.
    pub fronts: Vec<Proxy>,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// Between each node and Redis; with a sentinel, between each node and that.
    pub links: Vec<Proxy>,
    /// Redis.
    pub broker: Broker,
    /// The application, where it hears of what happens.
    pub webhook: Option<Webhook>,
}

impl Rig {
    /// Starts everything; the proxies live on `workload`, where the clients do, so that they pass bytes while the
    /// runner waits for a process.
    pub async fn start(setup: Setup, workload: &Handle) -> Rig {
        let broker = Broker::start(setup, workload).await;
        let webhook = setup.webhook.then(Webhook::start);
        let further = webhook.as_ref().map(Webhook::settings).unwrap_or_default();
        let mut settings = setup.settings();
        settings.extend(further.iter().map(|(name, value)| (*name, value.as_str())));
        let (mut links, mut nodes, mut fronts) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..NODES {
            links.push(proxy::start(workload, broker.port()).await);
            let url = broker.url(links[number].port());
            nodes.push(Node::spawn_set(&format!("n{}", number + 1), Some(&url), &settings));
        }
        for node in &mut nodes {
            node.ready().await;
            fronts.push(proxy::start(workload, node.public_port()).await);
        }
        let haproxy = Haproxy::start(&nodes).await;
        let direct = fronts.iter().map(|front| format!("ws://127.0.0.1:{}/ws", front.port()));
        let urls = direct.flat_map(|url| [haproxy.url(), url]).collect();
        Rig { _haproxy: haproxy, urls, fronts, nodes, links, broker, webhook }
    }

    /// Starts a node again, whatever became of it.
    pub fn respawn(&mut self, node: usize) {
        let url = self.broker.url(self.links[node].port());
        self.nodes[node].respawn(Some(&url));
    }

    /// Starts nodes again that ended by themselves, as a supervisor does. Returns how many there were.
    pub fn supervise(&mut self) -> usize {
        let ended: Vec<usize> = (0..NODES).filter(|node| self.nodes[*node].process.ended().is_some()).collect();
        ended.iter().for_each(|node| self.respawn(*node));
        ended.len()
    }
}
