//! `hubwire doctor` against what people get wrong: each mistake is planted for real, and each is found.

use crate::support::certificates::Authority;
use crate::support::process::without_own_variables;
use crate::support::tunnel::Tunnel;
use crate::support::{guarded, ports, redis_server, settings, Login, Node, RedisServer};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::process::Command;

/// Runs the doctor; whether it found the patient sound, and what it found.
fn doctor(arguments: &[&str], environment: &[(&str, &str)]) -> (bool, Vec<Value>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hubwire"));
    command.args(["--json", "doctor"]).args(arguments);
    without_own_variables(&mut command);
    let output = command.envs(environment.iter().copied()).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    assert_eq!(output.status.code(), Some(if report["ok"] == true { 0 } else { 1 }), "{output:?}");
    for finding in report["findings"].as_array().unwrap() {
        assert!(!finding["advice"].as_str().unwrap().is_empty(), "{finding}");
    }
    (report["ok"] == true, report["findings"].as_array().unwrap().clone())
}

fn checks(findings: &[Value]) -> BTreeSet<&str> {
    findings.iter().map(|finding| finding["check"].as_str().unwrap()).collect()
}

fn sentence<'a>(findings: &'a [Value], check: &str) -> Vec<&'a str> {
    let of_check = findings.iter().filter(|finding| finding["check"] == check);
    of_check.map(|finding| finding["found"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_is_wrong_with_a_configuration_its_machine_and_its_redis_is_found_before_the_start() {
    let redis = RedisServer::start().await;
    let mut connection = redis.connection();
    redis::cmd("CONFIG").arg("SET").arg("maxmemory-policy").arg("allkeys-lru").exec(&mut connection).unwrap();
    let authority = Authority::new(); // good for two days
    let signed = authority.sign("node");
    let url = redis.url();
    // none where Redis is not guarded
    let certificates = guarded::broker_settings(&url);
    let certificates: Vec<_> = certificates.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let planted = [
        ("HUBWIRE_AUTH_JWT_SECRETS", settings::JWT_SECRET),
        ("HUBWIRE_AUTH_ALLOWED_ORIGINS", "*"),
        ("HUBWIRE_BROKER_URL", &url),
        ("HUBWIRE_LISTEN_INTERNAL", "0.0.0.0:8081"),
        ("HUBWIRE_LISTEN_TRUSTED_PROXIES", "0.0.0.0/0"),
        ("HUBWIRE_LISTEN_CLIENT_ADDRESS", "x_forwarded_for"),
        ("HUBWIRE_LISTEN_KEEP_ALIVE_MS", "5000"),
        ("HUBWIRE_DRAIN_GRACE_MS", "0"),
        ("HUBWIRE_SESSIONS_MAX_SESSIONS", "0"),
        ("HUBWIRE_SOCKET_MAX_CONNECTIONS", "900000000"),
        ("HUBWIRE_TLS_CERTIFICATE", signed.certificate.to_str().unwrap()),
        ("HUBWIRE_TLS_KEY", signed.key.to_str().unwrap()),
        // less than an empty Redis takes
        ("HUBWIRE_BROKER_MEMORY_BYTES_MAX", "1000"),
    ];
    let (sound, findings) = doctor(&["--offline"], &[&planted[..], &certificates].concat());
    let found = checks(&findings);
    for check in [
        "any_origin",
        "no_api_key",
        "open_internal",
        "all_proxies",
        "keep_alive",
        "drain_grace",
        "no_limit",
        "open_files",
        "certificate_ends",
        "no_seal",
        "redis",
    ] {
        assert!(found.contains(check), "{check} of {found:?}");
    }
    assert!(!sound && sentence(&findings, "redis").iter().any(|it| it.contains("allkeys-lru")), "{findings:#?}");
    // it refuses every publication now, which is more than a setting that could be better
    let full = findings.iter().find(|finding| finding["check"] == "redis_full").expect("it is found");
    assert!(full["grade"] == "problem" && full["advice"].as_str().unwrap().contains("maxmemory"), "{full}");

    // a Redis that wants a password that is not given, then one that is not there
    redis::cmd("CONFIG").arg("SET").arg("requirepass").arg("hunter2").exec(&mut connection).unwrap();
    let with_url =
        |url: &str| doctor(&["--offline"], &[&[planted[0], ("HUBWIRE_BROKER_URL", url)], &certificates[..]].concat()).1;
    let locked = with_url(&without_login(&url));
    let locked = locked.iter().find(|finding| finding["check"] == "redis_unreachable").expect("it is found");
    assert!(locked["advice"].as_str().unwrap().contains("password"), "{locked}");
    assert!(checks(&with_url(&redis_server::url(ports::free()))).contains("redis_unreachable"));
    let misspelt = doctor(&["--offline"], &[("HUBWIRE_BROKER_ULR", &url)]).1;
    assert!(sentence(&misspelt, "configuration")[0].contains("did you mean HUBWIRE_BROKER_URL"), "{misspelt:?}");
}

/// A URL without user and password, if it has any.
fn without_login(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => url.to_owned(),
    }
}

/// A proxy in front of the node that speaks only plain HTTP.
fn front_without_upgrades() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/ws", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        stream.write_all(b"HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    url
}

#[tokio::test]
async fn what_is_wrong_between_nodes_and_in_front_of_them_is_found_while_they_run() {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let authority = Authority::new();
    let signed = authority.sign("node");
    let ca = authority.certificate();
    // this node trusts no proxy, so it is not behind the proxy of the guarded environment
    let internal_tls = [
        ("HUBWIRE_LISTEN_TRUSTED_PROXIES", ""),
        ("HUBWIRE_TLS_INTERNAL_CERTIFICATE", signed.certificate.to_str().unwrap()),
        ("HUBWIRE_TLS_INTERNAL_KEY", signed.key.to_str().unwrap()),
    ];
    // the one that is asked speaks TLS on its internal listener, as probes of the test do not
    let one = Node::spawn_set("n1", Some(&url), &internal_tls);
    let secret = "another secret of the second node where nobody meant it";
    let set = [("HUBWIRE_AUTH_JWT_SECRETS", secret), ("HUBWIRE_DIRECTORY_LEASE_MS", "6000")];
    let mut two = Node::spawn_set("n2", Some(&url), &set);
    let mut three = Node::spawn_set("n2", Some(&url), &[]);
    two.ready().await;
    three.ready().await;
    assert_eventually!(three.api().metric("hubwire_nodes_live") == 3.0, "all see each other");
    let api = format!("https://127.0.0.1:{}", one.internal_port());
    let access =
        [("HUBWIRE_API", &*api), ("HUBWIRE_API_KEY", settings::API_KEY), ("HUBWIRE_API_CA", ca.to_str().unwrap())];

    let wanted = BTreeSet::from(["settings_differ", "same_label", "missing_nodes"]);
    let found = || doctor(&["--nodes", "4"], &access);
    // the one that is asked may not know the labels of the others yet
    assert_eventually!(checks(&found().1).is_superset(&wanted), "{:#?}", found());
    let (sound, findings) = found();
    assert!(!sound);
    let differing = sentence(&findings, "settings_differ").join("\n");
    assert!(differing.contains("auth.jwt_secrets") && differing.contains("directory.lease_ms is 5000"), "{differing}");
    assert!(!differing.contains(secret) && !differing.contains(settings::JWT_SECRET), "{differing}");

    // in front: a page of an unlisted origin, the wrong path, an untrusted proxy, one that forwards no upgrade
    let at = |url: &str, further: &[&str]| doctor(&[&["--url", url], further].concat(), &access).1;
    assert!(checks(&at(&one.url(), &["--origin", "https://elsewhere.example"])).contains("origin_refused"));
    assert!(checks(&at(&one.url().replace("/ws", "/socket"), &[])).contains("wrong_path"));
    assert!(checks(&at(&front_without_upgrades(), &[])).contains("no_upgrade"));
    let token = Login::member("u1").token();
    let through = Tunnel::from("127.0.0.2", one.public_port());
    let seen = at(&through.url(), &["--token", &token]);
    assert!(sentence(&seen, "proxy_for_client")[0].contains("127.0.0.2"), "{seen:#?}");
    assert!(checks(&at(&one.url(), &["--token", &Login::member("u1").forged().token()])).contains("token_refused"));

    // the doctor finds nothing on a sound cluster
    let sound = at(&one.url(), &["--token", &token, "--origin", settings::ALLOWED_ORIGIN]);
    let front = ["origin_refused", "wrong_path", "no_upgrade", "proxy_for_client", "token_refused", "front_cut"];
    assert!(checks(&sound).is_disjoint(&BTreeSet::from(front)), "{sound:#?}");

    // without Redis a node cannot tell of the others, but why it is not ready
    drop(redis);
    assert_eventually!(three.api().try_status("/readyz") == Some(503), "it notices");
    let alone = doctor(&[], &access).1;
    let why = sentence(&alone, "unready");
    assert!(why.iter().any(|it| it.contains("HTTP 503") && it.contains("not ready: broker")), "{alone:#?}");
}

#[tokio::test]
async fn a_node_that_is_well_is_found_well_and_one_that_is_away_is_not() {
    let mut node = Node::spawn("n1", None);
    node.ready().await;
    let api = format!("http://127.0.0.1:{}", node.internal_port());
    let access = [("HUBWIRE_API", &*api), ("HUBWIRE_API_KEY", settings::API_KEY)];
    let (sound, findings) = doctor(&["--nodes", "1"], &access);
    assert!(sound, "{findings:#?}");
    assert!(checks(&doctor(&[], &[access[0], ("HUBWIRE_API_KEY", "wrong")]).1).contains("api_key"));
    node.process.kill();
    assert!(checks(&doctor(&[], &access).1).contains("no_node"));
}
