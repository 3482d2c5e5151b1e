//! Discovers the servers and the hash slots of each.

use super::config::RedisConfig;
use super::location::Kind;
use super::slots::{self, SLOTS};
use super::tls;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ConnectionInfo, RedisError, RedisResult, Value};
use std::time::Duration;

/// A master and the first and last slot of each of its ranges.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub info: ConnectionInfo,
    pub slots: Vec<(u16, u16)>,
}

impl Server {
    /// `host:port` or the path of a socket: the name in redirections, and in the log.
    pub(super) fn name(&self) -> String {
        self.info.addr().to_string()
    }

    /// Whether a key or channel is on this server.
    pub(super) fn has(&self, name: &str) -> bool {
        let slot = slots::slot(name);
        self.slots.iter().any(|(first, last)| (*first..=*last).contains(&slot))
    }
}

/// Discovers servers; keeps a connection for it if that needs one.
pub(super) struct Topology {
    config: RedisConfig,
    source: Option<(ConnectionInfo, MultiplexedConnection)>,
}

impl Topology {
    pub(super) fn new(config: RedisConfig) -> Self {
        Topology { config, source: None }
    }

    /// How often to check again while all is well; `None` when nothing can change.
    pub(super) fn interval(&self) -> Option<Duration> {
        match self.config.location.kind {
            Kind::Single(_) => None,
            Kind::Sentinel { .. } => Some(Duration::from_secs(1)),
            Kind::Cluster { .. } => Some(Duration::from_secs(5)),
        }
    }

    /// The present servers. `known` are servers to ask in addition to the configured ones.
    pub(super) async fn discover(&mut self, known: &[ConnectionInfo]) -> RedisResult<Vec<Server>> {
        match self.config.location.kind.clone() {
            Kind::Single(info) => Ok(vec![Server { info: *info, slots: vec![(0, SLOTS - 1)] }]),
            Kind::Sentinel { sentinels, service, master } => {
                let mut ask = redis::cmd("SENTINEL");
                ask.arg("get-master-addr-by-name").arg(&service);
                let (_, answer) = self.ask(&sentinels, &ask).await?;
                let Ok(Some((host, port))) = redis::from_redis_value::<Option<(String, u16)>>(answer) else {
                    self.source = None;
                    return Err(unknown(format!("the sentinels know no master of service {service:?}")));
                };
                let addr = tls::moved(&master, host, port);
                let info = master.set_addr(addr);
                Ok(vec![Server { info, slots: vec![(0, SLOTS - 1)] }])
            }
            Kind::Cluster { seeds } => {
                let sources: Vec<ConnectionInfo> = known.iter().chain(&seeds).cloned().collect();
                let mut ask = redis::cmd("CLUSTER");
                ask.arg("SLOTS");
                let (source, answer) = self.ask(&sources, &ask).await?;
                let servers = servers_of(&source, answer);
                if servers.is_empty() {
                    self.source = None;
                    return Err(unknown(format!("{} serves no hash slots", source.addr())));
                }
                Ok(servers)
            }
        }
    }

    /// Asks the source that answered last, then the others one after the other.
    async fn ask(&mut self, sources: &[ConnectionInfo], question: &redis::Cmd) -> RedisResult<(ConnectionInfo, Value)> {
        if let Some((info, mut connection)) = self.source.take() {
            if let Ok(answer) = question.query_async(&mut connection).await {
                self.source = Some((info.clone(), connection));
                return Ok((info, answer));
            }
        }
        let mut error = unknown("no server is configured".into());
        for info in sources {
            match self.ask_one(info, question).await {
                Ok((connection, answer)) => {
                    self.source = Some((info.clone(), connection));
                    return Ok((info.clone(), answer));
                }
                Err(next) => error = unknown(format!("{}: {next}", info.addr())),
            }
        }
        Err(error)
    }

    async fn ask_one(
        &self,
        info: &ConnectionInfo,
        question: &redis::Cmd,
    ) -> RedisResult<(MultiplexedConnection, Value)> {
        let timeout = Some(self.config.response_timeout);
        let settings = AsyncConnectionConfig::new().set_connection_timeout(timeout).set_response_timeout(timeout);
        let login = match self.config.location.kind {
            Kind::Sentinel { .. } => self.config.login_at_sentinel(info),
            Kind::Single(_) | Kind::Cluster { .. } => self.config.login(info),
        };
        let client = self.config.tls.client(login)?;
        let mut connection = client.get_multiplexed_async_connection_with_config(&settings).await?;
        let answer = question.query_async(&mut connection).await?;
        Ok((connection, answer))
    }
}

fn unknown(detail: String) -> RedisError {
    RedisError::from((redis::ErrorKind::Client, "broker not found", detail))
}

/// The masters in an answer to `CLUSTER SLOTS`: `[first, last, [host, port, …], replicas…]` each. A server that does
/// not know its own host leaves it empty: then it is the server that was asked.
fn servers_of(source: &ConnectionInfo, answer: Value) -> Vec<Server> {
    let asked_host = tls::host(source.addr()).unwrap_or_default().to_owned();
    let mut servers: Vec<Server> = Vec::new();
    let Value::Array(ranges) = answer else { return servers };
    for range in ranges {
        let Value::Array(range) = range else { continue };
        let mut range = range.into_iter();
        let (Some(Value::Int(first)), Some(Value::Int(last)), Some(Value::Array(master))) =
            (range.next(), range.next(), range.next())
        else {
            continue;
        };
        let mut master = master.into_iter();
        let host = master.next().and_then(|host| redis::from_redis_value::<String>(host).ok());
        let host = host.filter(|host| !host.is_empty() && host != "?").unwrap_or_else(|| asked_host.clone());
        let (Some(Value::Int(port)), Ok(first), Ok(last)) = (master.next(), u16::try_from(first), u16::try_from(last))
        else {
            continue;
        };
        let Ok(port) = u16::try_from(port) else { continue };
        let addr = tls::moved(source, host, port);
        match servers.iter_mut().find(|server| *server.info.addr() == addr) {
            Some(server) => server.slots.push((first, last)),
            None => servers.push(Server { info: source.clone().set_addr(addr), slots: vec![(first, last)] }),
        }
    }
    servers
}
