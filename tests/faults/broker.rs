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

/// Of two servers, one has what the other one lost: no file. A slow disk would only stop them, and the sentinel would
/// take that for their end. A replica that needs a full synchronization gets it at once, so that it is available again
/// soon.
const REPLICATED: [&str; 4] = ["--appendonly", "no", "--repl-diskless-sync-delay", "0"];
/// A server without a file comes back empty. Until it has everything again, no sentinel may promote it: should the new
/// primary be too slow for a second just then, all data would be gone.
const EMPTY: [&str; 2] = ["--replica-priority", "0"];
/// What Redis says of a replica that may be promoted.
const PRIORITY: &str = "100";

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
    /// Whether nodes wait for a replica before they acknowledge.
    replicated: bool,
    /// The sentinel's number of the last promotion: each has a higher one.
    epoch: u64,
    /// What was acknowledged before this moment the replica has, too.
    level_ms: u64,
}

/// The primary, when all is well.
struct Settled {
    primary: usize,
    epoch: u64,
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
        // on a busy machine it would take itself for stopped, and do nothing for half a minute; and it would hear only
        // every ten seconds how the replica is
        let patience = ["SENTINEL", "DEBUG", "tilt-trigger", "30000", "info-period", "1000"];
        let patient = || server::command(port, &patience).is_some();
        assert_eventually!(patient(), "the sentinel answers; it said:\n{}", sentinel.output());
        let servers = vec![first, second];
        let mut replication = Vec::new();
        for server in &servers {
            replication.push(proxy::start(workload, server.port()).await);
        }
        let watch = Watch { sentinel, port, replication, replicated: setup.replicated, epoch: 0, level_ms: 0 };
        let mut broker = Broker { servers, primary: 0, watch: Some(watch) };
        broker.settle(|| 0).await;
        broker
    }

    /// The port nodes begin with: that of the only server, or the sentinel's.
    pub fn port(&self) -> u16 {
        self.watch.as_ref().map_or_else(|| self.servers[0].port(), |watch| watch.port)
    }

    /// The broker URL for nodes, with that port behind a proxy's.
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
        let named = || self.named().is_some_and(|(port, _)| port == successor.port());
        let promoted = || named() && successor.replication().contains("role:master");
        assert_eventually!(
            promoted(),
            "the replica is promoted; the sentinel said:\n{}",
            self.watch().sentinel.output()
        );
        self.watch().replication[old].set(Manner::Pass);
        let port = self.servers[new].port().to_string();
        match end {
            End::Killed => {
                let follow = ["--replicaof", "127.0.0.1", &port];
                self.servers[old].restart(&[&REPLICATED[..], &EMPTY, &follow].concat()).await;
                let follows = || self.servers[old].replication().contains("master_link_status:up");
                assert_eventually!(follows(), "the former primary has everything again");
                self.servers[old].command(&["CONFIG", "SET", "replica-priority", PRIORITY]);
            }
            End::Stopped => self.servers[old].signal("CONT"),
        }
        self.look(journal).await;
    }

    /// Lets the replication misbehave for a while.
    pub async fn misreplicate(&mut self, manner: Manner, for_ms: u64, journal: &Journal) {
        let primary = self.primary; // there may be another one at the end
        self.replicate_over(self.watch().replication[primary].port()).await;
        self.watch().replication[primary].set(manner);
        sleep(Duration::from_millis(for_ms)).await;
        self.watch().replication[primary].set(Manner::Pass);
        self.look(journal).await;
        self.replicate_over(self.servers[self.primary].port()).await;
    }

    /// Waits until all is well, and writes down whether a promotion may have lost something meanwhile. One that no
    /// fault asked for (the machine may have been too slow for the sentinel) is one all the same.
    pub async fn look(&mut self, journal: &Journal) {
        let Some(Watch { epoch, level_ms, replicated, .. }) = self.watch else { return };
        self.settle(|| journal.now_ms()).await;
        if self.watch().epoch != epoch {
            journal.write("broker", Event::Rollback { since_ms: level_ms, acked: !replicated });
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

    /// Has the replica follow the primary by this port.
    async fn replicate_over(&self, port: u16) {
        let replica = &self.servers[1 - self.primary];
        replica.command(&["REPLICAOF", "127.0.0.1", &port.to_string()]);
        let follows =
            |info: String| info.contains(&format!("master_port:{port}\r")) && info.contains("master_link_status:up");
        assert_eventually!(follows(replica.replication()), "the replica follows by port {port}");
    }

    /// Waits until the sentinel has a primary, and a replica that has all of it and may be promoted. Which is which may
    /// have changed.
    async fn settle(&mut self, now_ms: impl Fn() -> u64) {
        assert_eventually!(
            {
                // what was acknowledged by now is in what the primary says next
                let level_ms = now_ms();
                let settled = self.settled();
                if let (Some(Settled { primary, epoch }), Some(watch)) = (&settled, &mut self.watch) {
                    (self.primary, watch.epoch, watch.level_ms) = (*primary, *epoch, level_ms);
                }
                settled.is_some()
            },
            "a replica follows a primary; the sentinel said:\n{}",
            self.watch().sentinel.output()
        );
    }

    /// The primary, if all is well: what it has now the replica has, too.
    fn settled(&self) -> Option<Settled> {
        let (named, epoch) = self.named()?;
        let primary = self.servers.iter().position(|server| server.port() == named)?;
        let leads = self.servers[primary].replication();
        let follows = self.servers[1 - primary].replication();
        let level = number(&follows, "slave_repl_offset:")? >= number(&leads, "master_repl_offset:")?;
        let follows = follows.contains("role:slave") && follows.contains("master_link_status:up");
        let leads = leads.contains("role:master");
        let replicas = server::command(self.port(), &["SENTINEL", "REPLICAS", SERVICE])?;
        let replicas: Vec<HashMap<String, String>> = redis::from_redis_value(replicas).ok()?;
        let ready = |it: &HashMap<String, String>| it["flags"] == "slave" && it["slave-priority"] == PRIORITY;
        let known = replicas.len() == 1 && replicas.iter().all(ready);
        // unless the sentinel changed its mind meanwhile
        let still = self.named() == Some((named, epoch));
        (level && follows && leads && known && still).then_some(Settled { primary, epoch })
    }

    /// The port of the primary and the number of its promotion, as the sentinel says.
    fn named(&self) -> Option<(u16, u64)> {
        let watch = self.watch.as_ref()?;
        let answer = server::command(watch.port, &["SENTINEL", "MASTER", SERVICE])?;
        let primary: HashMap<String, String> = redis::from_redis_value(answer).ok()?;
        Some((primary["port"].parse().ok()?, primary["config-epoch"].parse().ok()?))
    }
}

/// A number Redis says of its replication.
fn number(info: &str, name: &str) -> Option<u64> {
    info.lines().find_map(|line| line.strip_prefix(name)?.parse().ok())
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
         sentinel down-after-milliseconds {SERVICE} 1000\\nsentinel failover-timeout {SERVICE} 3000\\n' \
         > sentinel.conf && exec redis-server sentinel.conf --sentinel"
    );
    (Process::start("sentinel", "sh", ["-c", &script], &[]), port)
}
