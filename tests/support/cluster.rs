//! The stacks a scenario runs on: one node by itself, three nodes on Redis, the same behind HAProxy.

use super::{haproxy::Haproxy, redis_server::RedisServer, Api, Client, Codec, Login, Node};

/// The stack under a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stack {
    /// One node with the embedded backend.
    Memory,
    /// Three nodes with Redis between them; a test chooses the node.
    Redis,
    /// The same behind HAProxy, which chooses the node.
    Balanced,
}

/// A running stack. Ends with the value: balancer, nodes, Redis.
pub struct Cluster {
    haproxy: Option<Haproxy>,
    nodes: Vec<Node>,
    redis: Option<RedisServer>,
}

impl Cluster {
    /// Starts a stack and waits until every node sees every other.
    pub async fn start(stack: Stack) -> Cluster {
        Cluster::start_with(stack, &[]).await
    }

    /// The same with further settings of the nodes.
    pub async fn start_with(stack: Stack, further: &[(&'static str, &str)]) -> Cluster {
        if stack == Stack::Memory {
            let mut node = Node::spawn_set("n1", None, further);
            node.ready().await;
            return Cluster { haproxy: None, nodes: vec![node], redis: None };
        }
        let redis = RedisServer::start().await;
        let broker = redis.url();
        let mut nodes: Vec<Node> =
            ["n1", "n2", "n3"].map(|label| Node::spawn_set(label, Some(&broker), further)).into();
        for node in &mut nodes {
            node.ready().await;
        }
        assembled(&nodes).await;
        let haproxy = match stack {
            Stack::Balanced => Some(Haproxy::start(&nodes).await),
            Stack::Memory | Stack::Redis => None,
        };
        Cluster { haproxy, nodes, redis: Some(redis) }
    }

    /// Connects to the node of that number (from 0, around the end again), or through the balancer where there is one.
    pub async fn connect(&self, node: usize, codec: Codec, login: &Login) -> Client {
        Client::connect(&self.url(node), codec, login).await
    }

    /// Where [`Cluster::connect`] connects.
    pub fn url(&self, node: usize) -> String {
        self.haproxy.as_ref().map_or_else(|| self.node(node).url(), Haproxy::url)
    }

    /// The node of that number (from 0, around the end again).
    pub fn node(&self, number: usize) -> &Node {
        &self.nodes[number % self.nodes.len()]
    }

    /// The same, to stop it.
    pub fn node_mut(&mut self, number: usize) -> &mut Node {
        let count = self.nodes.len();
        &mut self.nodes[number % count]
    }

    /// All nodes.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The balancer in front.
    pub fn haproxy(&self) -> &Haproxy {
        self.haproxy.as_ref().expect("a stack behind HAProxy")
    }

    /// The server API of the node of that number.
    pub fn api(&self, node: usize) -> Api {
        self.node(node).api()
    }

    /// The Redis in the middle.
    pub fn redis(&self) -> &RedisServer {
        self.redis.as_ref().expect("a stack with Redis")
    }

    /// Waits until a user has that many sessions, as every node sees it.
    pub async fn sessions_are(&self, user: &str, count: usize) {
        sessions_are(&self.nodes, user, count).await;
    }
}

/// Nodes learn of each other once per second; until then they route past each other.
async fn assembled(nodes: &[Node]) {
    for node in nodes {
        let api = node.api();
        assert_eventually!(api.metric("hubwire_nodes_live") == nodes.len() as f64, "{} sees all nodes", node.label());
    }
    // a node says its label once it has its lease
    let api = nodes[0].api();
    let named = || api.ok(api.get("/v1/cluster"))["nodes"].as_array().unwrap().iter().all(|it| it["label"].is_string());
    assert_eventually!(named(), "all have said their labels");
}

async fn sessions_are(nodes: &[Node], user: &str, count: usize) {
    for node in nodes {
        let api = node.api();
        assert_eventually!(api.session_count(user) == count, "{} sees {count} sessions of {user}", node.label());
    }
}
