//! The broker of a run: a Redis, or a Redis with a replica and a sentinel that promotes it.

use crate::history::{Entry, Event, Journal};
use crate::proxy::{self, Manner};
use crate::server::{self, Server};
use crate::setup::Setup;
use crate::support::{ports, Process};
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::Position;
use std::collections::HashMap;
use tokio::runtime::Handle;
use tokio::time::{sleep, Duration};

/// What the sentinel calls the primary and its replica.
const SERVICE: &str = "hub";
/// What was acknowledged this long before a replica was cut off may have been on its way there; clients write down what
/// they get a little later than it happens.
const ON_THE_WAY_MS: u64 = 1000;

/// Of two servers, one has what the other one lost: no file. A slow disk would only stop them, and the sentinel would take
/// that for their end.
const REPLICATED: [&str; 2] = ["--appendonly", "no"];

/// How a primary ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Killed; it comes back as a replica.
    Killed,
    /// Stopped; it comes back and believes for a while to be the primary still.
    Stopped,
}

/// The servers, one of which nodes write to.
pub struct Broker {
    servers: Vec<Server>,
    primary: usize,
    watch: Option<Watch>,
}

/// What a promotion needs.
struct Watch {
    sentinel: Process,
    port: u16,
    /// In front of each server, for its replica.
    replication: Vec<proxy::Proxy>,
    /// Whether it is waited for a replica before something is acknowledged.
    replicated: bool,
    /// When the primary was known to be the primary.
    confirmed_ms: u64,
}

impl Broker {
    /// Starts all of it. Proxies live on `workload`.
    pub async fn start(setup: Setup, workload: &Handle) -> Broker {
        if !setup.sentinel {
            return Broker { servers: vec![Server::start(&[]).await], primary: 0, watch: None };
        }
        let first = Server::start(&REPLICATED).await;
        let follow = ["--replicaof", "127.0.0.1", &first.port().to_string()];
        let second = Server::start(&[&REPLICATED[..], &follow].concat()).await;
        let (sentinel, port) = sentinel(first.port());
        // on a busy machine it would take itself for stopped, and do nothing for half a minute
        let patient = || server::command(port, &["SENTINEL", "DEBUG", "tilt-trigger", "30000"]).is_some();
        assert_eventually!(patient(), "the sentinel answers; it said:\n{}", sentinel.output());
        let servers = vec![first, second];
        let mut replication = Vec::new();
        for server in &servers {
            replication.push(proxy::start(workload, server.port()).await);
        }
        let watch = Watch { sentinel, port, replication, replicated: setup.replicated, confirmed_ms: 0 };
        let mut broker = Broker { servers, primary: 0, watch: Some(watch) };
        broker.settle().await;
        broker
    }

    /// The port nodes begin with: that of the only server, or the sentinel's.
    pub fn port(&self) -> u16 {
        self.watch.as_ref().map_or_else(|| self.servers[0].port(), |watch| watch.port)
    }

    /// What nodes are told, with that port behind a proxy's.
    pub fn url(&self, port: u16) -> String {
        match self.watch {
            Some(_) => format!("redis+sentinel://127.0.0.1:{port}/{SERVICE}"),
            None => format!("redis://127.0.0.1:{port}"),
        }
    }

    /// The server nodes write to.
    pub fn primary(&mut self) -> &mut Server {
        &mut self.servers[self.primary]
    }

    /// Ends the primary, after its replication misbehaved for a while, and waits until the other one took over and the
    /// former one follows it.
    pub async fn promote(&mut self, end: End, replication: Manner, for_ms: u64, journal: &Journal) {
        let (old, new) = (self.primary, 1 - self.primary);
        // a replica that has just changed its link catches up first: what it had not got by now may be cut off
        let since_ms = journal.now_ms().saturating_sub(ON_THE_WAY_MS);
        if replication != Manner::Pass {
            self.replicate_over(self.watch().replication[old].port()).await;
        }
        self.watch().replication[old].set(replication);
        sleep(Duration::from_millis(for_ms)).await;
        match end {
            End::Killed => self.servers[old].kill(),
            End::Stopped => self.servers[old].signal("STOP"),
        }
        let successor = &self.servers[new];
        let promoted = || self.named() == Some(successor.port()) && successor.replication().contains("role:master");
        assert_eventually!(
            promoted(),
            "the replica is promoted; the sentinel said:\n{}",
            self.watch().sentinel.output()
        );
        self.watch().replication[old].set(Manner::Pass);
        self.primary = new;
        let port = self.servers[new].port().to_string();
        match end {
            End::Killed => {
                let follow = ["--replicaof", "127.0.0.1", &port];
                self.servers[old].restart(&[&REPLICATED[..], &follow].concat()).await;
            }
            End::Stopped => self.servers[old].signal("CONT"),
        }
        self.settle().await;
        self.rolled_back(since_ms, journal);
    }

    /// Lets the replication misbehave for a while.
    pub async fn misreplicate(&mut self, manner: Manner, for_ms: u64, journal: &Journal) {
        let link = self.watch().replication[self.primary].port();
        self.replicate_over(link).await;
        self.watch().replication[self.primary].set(manner);
        sleep(Duration::from_millis(for_ms)).await;
        self.watch().replication[self.primary].set(Manner::Pass);
        self.look(journal).await;
        self.replicate_over(self.servers[self.primary].port()).await;
    }

    /// A promotion that no fault asked for (the machine may have been too slow for the sentinel) is one all the same.
    pub async fn look(&mut self, journal: &Journal) {
        let Some(watch) = &self.watch else { return };
        let (since_ms, now_ms) = (watch.confirmed_ms.saturating_sub(ON_THE_WAY_MS), journal.now_ms());
        let former = self.primary;
        self.settle().await;
        match self.primary == former {
            true => self.watch.iter_mut().for_each(|watch| watch.confirmed_ms = now_ms),
            false => self.rolled_back(since_ms, journal),
        }
    }

    /// What the log of a stream holds.
    pub fn log(&self, stream: &str) -> Vec<Entry> {
        let tag = stream.strip_prefix("user:").map_or_else(|| stream.to_string(), |user| format!("u:{user}"));
        let key = format!("hubwire:{{{tag}}}:log");
        let entries = self.servers[self.primary].command(&["XRANGE", &key, "-", "+"]).expect("the broker answers");
        let entries: Vec<(String, HashMap<String, Vec<u8>>)> = redis::from_redis_value(entries).unwrap();
        entries.into_iter().map(|(pos, fields)| entry(pos, &fields)).collect()
    }

    fn watch(&self) -> &Watch {
        self.watch.as_ref().expect("the broker has a sentinel")
    }

    fn rolled_back(&mut self, since_ms: u64, journal: &Journal) {
        let watch = self.watch.as_mut().expect("the broker has a sentinel");
        watch.confirmed_ms = journal.now_ms();
        journal.write("broker", Event::Rollback { since_ms, acked: !watch.replicated });
    }

    /// Has the replica follow the primary by this port.
    async fn replicate_over(&self, port: u16) {
        let replica = &self.servers[1 - self.primary];
        replica.command(&["REPLICAOF", "127.0.0.1", &port.to_string()]);
        let follows =
            |info: String| info.contains(&format!("master_port:{port}\r")) && info.contains("master_link_status:up");
        assert_eventually!(follows(replica.replication()), "the replica follows by port {port}");
    }

    /// Waits until the sentinel has a primary, and a replica that follows it. Which is which may have changed.
    async fn settle(&mut self) {
        assert_eventually!(
            {
                self.primary = self.settled().unwrap_or(self.primary);
                self.settled() == Some(self.primary)
            },
            "a replica follows a primary; the sentinel said:\n{}",
            self.watch().sentinel.output()
        );
    }

    /// The primary, if all is well.
    fn settled(&self) -> Option<usize> {
        let named = self.named()?;
        let primary = self.servers.iter().position(|server| server.port() == named)?;
        let follows = self.servers[1 - primary].replication();
        let follows = follows.contains("role:slave") && follows.contains("master_link_status:up");
        let leads = self.servers[primary].replication().contains("role:master");
        let replicas = server::command(self.port(), &["SENTINEL", "REPLICAS", SERVICE])?;
        let replicas: Vec<HashMap<String, String>> = redis::from_redis_value(replicas).ok()?;
        let known = replicas.len() == 1 && replicas.iter().all(|it| it["flags"] == "slave");
        (follows && leads && known).then_some(primary)
    }

    /// The port of the primary, as the sentinel says.
    fn named(&self) -> Option<u16> {
        let watch = self.watch.as_ref()?;
        let answer = server::command(watch.port, &["SENTINEL", "get-master-addr-by-name", SERVICE])?;
        redis::from_redis_value::<(String, u16)>(answer).ok().map(|(_, port)| port)
    }
}

fn entry(pos: String, fields: &HashMap<String, Vec<u8>>) -> Entry {
    let at: Position = pos.parse().unwrap();
    let nonce = String::from_utf8_lossy(&fields["p"]);
    let prev = match nonce.parse::<u64>() {
        Ok(nonce) => Position { seq: at.seq - 1, nonce },
        Err(_) => Position::START,
    };
    let id = Envelope::decode(&fields["e"]).unwrap().id.unwrap_or_default().to_string();
    Entry { pos, prev: prev.to_string(), id }
}

/// A sentinel, and its port. It promotes a second after a primary went silent.
fn sentinel(primary: u16) -> (Process, u16) {
    let port = ports::free();
    let script = format!(
        "printf 'port {port}\\nbind 127.0.0.1\\nsentinel monitor {SERVICE} 127.0.0.1 {primary} 1\\n\
         sentinel down-after-milliseconds {SERVICE} 1000\\nsentinel failover-timeout {SERVICE} 3000\\n' > sentinel.conf \
         && exec redis-server sentinel.conf --sentinel"
    );
    (Process::start("sentinel", "sh", ["-c", &script], &[]), port)
}
