//! The Redis backend over TLS: every promise of `Backend`, and no data exchanged with an unknown server or client.

mod support;

use hubwire_actors::backend::redis::{RedisConfig, TlsFiles};
use hubwire_actors::backend::BackendError;
use hubwire_protocol::Incarnation;
use std::path::Path;
use support::certificates::{Authority, Signed};
use support::fixture::*;
use support::redis_broker::Redis;
use support::redis_server::{free_port, until, RedisServer};
use support::{eventually, run};

/// A server, or a sentinel, that speaks TLS on a port beside its own and wants to see certificates.
struct Secured {
    authority: Authority,
    client: Signed,
    server: RedisServer,
    port: u16,
}

fn arguments(authority: &Authority, signed: &Signed, port: u16) -> Vec<String> {
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (certificate, key) = (text(&signed.certificate), text(&signed.key));
    let authority = text(&authority.certificate());
    let pairs = [
        ("--tls-port", port.to_string()),
        ("--tls-cert-file", certificate),
        ("--tls-key-file", key),
        ("--tls-ca-cert-file", authority),
        ("--tls-replication", "yes".into()),
        ("--tls-cluster", "yes".into()),
    ];
    pairs.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
}

fn secured(further: &[&str]) -> Secured {
    let authority = Authority::new();
    let (signed, client, port) = (authority.sign("server"), authority.sign("client"), free_port());
    let arguments = arguments(&authority, &signed, port);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(further.iter().copied()).collect();
    let server = RedisServer::start(&arguments);
    Secured { authority, client, server, port }
}

impl Secured {
    fn files(&self) -> TlsFiles {
        let client = Some((self.client.certificate.clone(), self.client.key.clone()));
        TlsFiles { authorities: Some(self.authority.certificate()), client }
    }

    fn broker(&self, url: &str) -> Redis {
        Redis(RedisConfig { tls: self.files(), ..RedisConfig::new(url).unwrap() })
    }

    fn url(&self) -> String {
        format!("rediss://127.0.0.1:{}", self.port)
    }
}

macro_rules! all {
    ($($module:ident: $case:ident,)*) => {
        #[test]
        fn every_promise_is_kept_over_tls() {
            let secured = secured(&[]);
            run(async {
                let broker = secured.broker(&secured.url());
                $(
                    println!("case {}", stringify!($case));
                    support::conformance::$module::$case(&broker.under(stringify!($case))).await;
                )*
            });
        }
    };
}

with_conformance_cases!(all);

/// Why a broker cannot be reached, once that is known.
async fn reason(config: RedisConfig, expected: &str) {
    let node = Redis(config).backend(Incarnation::from_random(1), 16).1;
    eventually(expected, || async {
        match node.append(append("ch:acme/a", "x")).await {
            Err(BackendError::Unavailable { reason }) => reason.contains(expected).then_some(()),
            other => panic!("{other:?}"),
        }
    })
    .await;
}

#[test]
fn neither_side_takes_one_it_does_not_know() {
    let secured = secured(&[]);
    let (stranger, url) = (Authority::new(), secured.url());
    let config = |tls: TlsFiles| RedisConfig { tls, ..RedisConfig::new(&url).unwrap() };
    let known = secured.files();
    run(async {
        reason(
            config(TlsFiles { authorities: Some(stranger.certificate()), ..known.clone() }),
            "invalid peer certificate",
        )
        .await;
        reason(config(TlsFiles { client: None, ..known.clone() }), "").await;
        let lost = TlsFiles { authorities: Some("/nowhere/ca.pem".into()), ..known.clone() };
        reason(config(lost), "/nowhere/ca.pem").await;
        // a connection without TLS is none to this port
        let plain = RedisConfig::new(&format!("redis://127.0.0.1:{}", secured.port)).unwrap();
        reason(plain, "").await;
        let node = node(&secured.broker(&url)).await;
        node.append(append("ch:acme/a", "x")).await.unwrap();
    });
}

// Certificates live for weeks, nodes for longer.
#[test]
fn a_renewed_certificate_is_used_at_the_next_connection() {
    let mut secured = secured(&[]);
    let broker = secured.broker(&secured.url());
    run(async {
        let node = node(&broker).await;
        node.append(append("ch:acme/a", "x")).await.unwrap();
        let other = Authority::new();
        for name in ["server", "client"] {
            let (signed, old) = (other.sign(name), secured.authority.certificate().with_file_name(name));
            std::fs::copy(signed.certificate, old.with_extension("pem")).unwrap();
            std::fs::copy(signed.key, old.with_extension("key")).unwrap();
        }
        std::fs::copy(other.certificate(), secured.authority.certificate()).unwrap();
        secured.server.restart();
        eventually("it is connected again", || async { node.append(append("ch:acme/a", "y")).await.ok() }).await;
    });
}

#[test]
fn sentinels_and_their_master_are_reached_over_tls() {
    let secured = secured(&[]);
    let port = free_port();
    let arguments = arguments(&secured.authority, &secured.authority.sign("sentinel"), port);
    let sentinel = RedisServer::start_sentinel_with(secured.port, 1, &arguments);
    until("the sentinel knows the master", || {
        let info: String = redis::from_redis_value(sentinel.command(&["INFO", "sentinel"])).unwrap();
        info.contains("status=ok")
    });
    run(async {
        let broker = secured.broker(&format!("rediss+sentinel://127.0.0.1:1,127.0.0.1:{port}/hub"));
        let node = node(&broker).await;
        node.subscribe(address("ch:acme/a")).await.unwrap();
        node.append(append("ch:acme/a", "x")).await.unwrap();
        assert!(node.next_text().await.ends_with("\nx"));
    });
}

#[test]
fn a_cluster_is_reached_over_tls() {
    let secured = secured(&["--cluster-enabled", "yes"]);
    secured.server.command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    until("the cluster is whole", || {
        let info: String = redis::from_redis_value(secured.server.command(&["CLUSTER", "INFO"])).unwrap();
        info.contains("cluster_state:ok")
    });
    run(async {
        let node = node(&secured.broker(&format!("rediss+cluster://127.0.0.1:{}", secured.port))).await;
        node.subscribe(address("ch:acme/a")).await.unwrap();
        node.append(append("ch:acme/a", "x")).await.unwrap();
        assert!(node.next_text().await.ends_with("\nx"));
    });
}
