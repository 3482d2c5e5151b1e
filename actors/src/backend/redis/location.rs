//! The address of the broker: one server, a master behind sentinels, or a cluster.

use redis::{ConnectionInfo, IntoConnectionInfo as _};
use std::fmt;

/// A parsed broker URL. Its `Display` and `Debug` show no secrets.
#[derive(Clone)]
pub struct Location {
    pub(super) kind: Kind,
    shown: String,
}

#[derive(Clone)]
pub(super) enum Kind {
    /// `redis[s]://[user:password@]host[:port][/db]` or `unix:///path[?db=0&pass=…]`.
    Single(Box<ConnectionInfo>),
    /// `redis[s]+sentinel://[user:password@]host:port,host:port/service[?db=0]`. User and password are those of the
    /// master; the sentinels have those of [`Login`](super::login::Login). `master` holds them and the database; its
    /// address is that of the first sentinel.
    Sentinel { sentinels: Vec<ConnectionInfo>, service: String, master: Box<ConnectionInfo> },
    /// `redis[s]+cluster://[user:password@]host:port,host:port`.
    Cluster { seeds: Vec<ConnectionInfo> },
}

/// Why a text is not the URL of a broker. Shows the URL without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("broker url {url}: {reason}")]
pub struct LocationError {
    /// The URL without its secrets.
    pub url: String,
    /// The fault.
    pub reason: String,
}

impl Location {
    /// Parses a broker URL.
    pub fn parse(url: &str) -> Result<Self, LocationError> {
        let shown = redacted(url);
        let kind = parse(url).map_err(|reason| LocationError { url: shown.clone(), reason })?;
        Ok(Location { kind, shown })
    }

    /// The number of the database.
    pub(super) fn database(&self) -> i64 {
        match &self.kind {
            Kind::Single(info) => info.redis_settings().db(),
            Kind::Sentinel { master, .. } => master.redis_settings().db(),
            Kind::Cluster { .. } => 0,
        }
    }

    /// Name and password of the servers with data.
    pub(super) fn login(&self) -> (Option<String>, Option<String>) {
        let settings = match &self.kind {
            Kind::Single(info) => info.redis_settings(),
            Kind::Sentinel { master, .. } => master.redis_settings(),
            // all seeds have the same, and there is at least one
            Kind::Cluster { seeds } => match seeds.first() {
                Some(info) => info.redis_settings(),
                None => return (None, None),
            },
        };
        (settings.username().map(str::to_owned), settings.password().map(str::to_owned))
    }

    /// Whether keys are spread over several servers by hash slot.
    pub fn is_cluster(&self) -> bool {
        matches!(self.kind, Kind::Cluster { .. })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

fn parse(url: &str) -> Result<Kind, String> {
    if url.contains('#') {
        return Err("nothing may follow a #; a certificate is always checked, see broker.tls_authorities".into());
    }
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let (scheme, several) = scheme.split_once('+').unwrap_or((scheme, ""));
    if ["redis", "rediss"].contains(&scheme) && several == "sentinel" {
        return parse_sentinel(scheme, rest);
    }
    if ["redis", "rediss"].contains(&scheme) && several == "cluster" {
        let (login, hosts, path, _) = split(rest);
        if !path.is_empty() {
            return Err("a cluster has no databases, so no path may follow the hosts".into());
        }
        return Ok(Kind::Cluster { seeds: servers(scheme, login, hosts, "")? });
    }
    Ok(Kind::Single(Box::new(server(url)?)))
}

fn parse_sentinel(scheme: &str, rest: &str) -> Result<Kind, String> {
    let (login, hosts, service, query) = split(rest);
    if service.is_empty() {
        return Err("the name of the service is missing: redis+sentinel://host:port/<service>".into());
    }
    let db = match query.split('&').find_map(|option| option.strip_prefix("db=")) {
        Some(db) => db.parse::<u32>().map_err(|_| format!("db must be a number, not {db:?}"))?.to_string(),
        None => String::new(),
    };
    let sentinels = servers(scheme, "", hosts, "")?;
    let mut masters = servers(scheme, login, hosts, &db)?;
    Ok(Kind::Sentinel { sentinels, service: service.into(), master: Box::new(masters.swap_remove(0)) })
}

/// `[login@]hosts[/path][?query]`; the login includes its `@`.
fn split(rest: &str) -> (&str, &str, &str, &str) {
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    (login, hosts, path, query)
}

/// Parses the list of servers; there is at least one.
fn servers(scheme: &str, login: &str, hosts: &str, db: &str) -> Result<Vec<ConnectionInfo>, String> {
    hosts.split(',').map(|host| server(&format!("{scheme}://{login}{host}/{db}"))).collect()
}

fn server(url: &str) -> Result<ConnectionInfo, String> {
    let info = url.into_connection_info().map_err(|error| error.to_string())?;
    let tcp = info.tcp_settings().clone().set_nodelay(true);
    Ok(info.set_tcp_settings(tcp))
}

/// The URL with every possible secret replaced.
fn redacted(url: &str) -> String {
    let (url, query) = url.split_once('?').unwrap_or((url, ""));
    let mut shown = match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}***{}", &url[..scheme + 3], &url[at..]),
        _ => url.to_owned(),
    };
    let options = query.split('&').filter(|option| !option.is_empty()).map(|option| match option.split_once('=') {
        Some((name @ ("pass" | "password"), _)) => format!("{name}=***"),
        _ => option.to_owned(),
    });
    for (nth, option) in options.enumerate() {
        shown.push(if nth == 0 { '?' } else { '&' });
        shown.push_str(&option);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use redis::ConnectionAddr;

    #[test]
    fn no_secret_is_shown() {
        for url in [
            "redis://hub:s3cret@127.0.0.1:6379/1",
            "redis://:s3cr@et@127.0.0.1:6379",
            "redis+sentinel://:s3cret@a:1,b:2/hub?db=3",
            "redis+cluster://:s3cret@a:1,b:2",
            "unix:///run/redis.sock?db=1&pass=s3cret",
            "gopher://:s3cret@x",
            "redis+cluster://:s3cret@a:1/path",
        ] {
            let shown = match Location::parse(url) {
                Ok(location) => format!("{location} {location:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(!shown.contains("s3c") && !shown.contains("et@"), "{shown}");
        }
    }

    #[test]
    fn sentinels_and_cluster_seeds_are_lists() {
        let Kind::Sentinel { sentinels, service, master } =
            Location::parse("redis+sentinel://:pw@a:1,b:2/hub?db=3").unwrap().kind
        else {
            panic!("sentinel url");
        };
        assert_eq!(sentinels.iter().map(|s| s.addr().to_string()).collect::<Vec<_>>(), ["a:1", "b:2"]);
        assert_eq!(sentinels[0].redis_settings().password(), None);
        assert_eq!(service, "hub");
        assert_eq!((master.redis_settings().db(), master.redis_settings().password()), (3, Some("pw")));
        let cluster = Location::parse("redis+cluster://:pw@a:1,b:2").unwrap();
        assert!(cluster.is_cluster());
        let Kind::Cluster { seeds } = cluster.kind else { panic!("cluster url") };
        assert_eq!((seeds.len(), seeds[1].redis_settings().password()), (2, Some("pw")));
    }

    #[test]
    fn tls_is_for_all_servers_of_a_url() {
        for url in ["rediss://:pw@a:1/2", "rediss+sentinel://:pw@a:1,b:2/hub?db=3", "rediss+cluster://:pw@a:1,b:2"] {
            let servers = match Location::parse(url).unwrap().kind {
                Kind::Single(info) => vec![*info],
                Kind::Sentinel { mut sentinels, master, .. } => {
                    sentinels.push(*master);
                    sentinels
                }
                Kind::Cluster { seeds } => seeds,
            };
            for server in servers {
                let ConnectionAddr::TcpTls { insecure, .. } = server.addr() else { panic!("{url}: no TLS") };
                assert!(!insecure);
            }
        }
    }

    #[test]
    fn what_is_no_broker_url_says_why() {
        for (url, reason) in [
            ("redis+sentinel://a:1", "name of the service"),
            ("redis+sentinel://a:1/hub?db=x", "db must be a number"),
            ("redis+cluster://a:1/2", "no databases"),
            ("rediss://a/#insecure", "certificate is always checked"),
            ("redisss+cluster://a", "rediss"),
        ] {
            let error = Location::parse(url).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
