//! TLS on the listeners: what is carried, who is let in, and how certificates are renewed.

use crate::support::certificates::Authority;
use crate::support::tunnel::{connector, Tunnel};
use crate::support::{settings, Api, Client, Codec, Login, Node};
use serde_json::json;
use std::path::Path;

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// A node whose public listener has a certificate of the authority.
async fn node(label: &str, authority: &Authority) -> Node {
    let signed = authority.sign("node");
    let (certificate, key) = (text(&signed.certificate), text(&signed.key));
    let options = [("HUBWIRE_TLS_CERTIFICATE", certificate.as_str()), ("HUBWIRE_TLS_KEY", key.as_str())];
    let mut node = Node::spawn_set(label, None, &options);
    node.ready().await;
    node
}

// n1 serves sockets on the thread that accepts, n2 on threads of their own.
#[tokio::test]
async fn a_socket_over_tls_carries_what_it_carries_without_and_closes_in_order() {
    for label in ["n1", "n2"] {
        let authority = Authority::new();
        let node = node(label, &authority).await;
        let tunnel = Tunnel::to(node.public_port(), connector(&authority.certificate(), None));
        for codec in [Codec::Json, Codec::Msgpack] {
            let (mut u1, mut u2) = (
                Client::connect(&tunnel.url(), codec, &Login::member("u1")).await,
                Client::connect(&tunnel.url(), codec, &Login::member("u2")).await,
            );
            u2.join("ch:acme/a").await;
            for size in [1, 1000, 60_000] {
                u1.publish("ch:acme/a", "large", json!("x".repeat(size))).await;
                let arrived = u2.next_of("large").await;
                assert_eq!(arrived.payload().as_str().unwrap().len(), size);
            }
            node.api().disconnect("u2");
            assert_eq!(u2.closed().await, 4403);
            u1.close().await;
        }
    }
}

// More than the kernel, the tunnel and the outbox hold: the node has to wait for the socket and to go on.
#[tokio::test]
async fn a_client_over_tls_that_stops_reading_gets_everything_in_order_when_it_reads_again() {
    const COUNT: u64 = 400;
    let authority = Authority::new();
    let node = node("n1", &authority).await;
    let tunnel = Tunnel::to(node.public_port(), connector(&authority.certificate(), None));
    let mut slow = Client::connect(&tunnel.url(), Codec::Json, &Login::member("slow")).await;
    slow.join("ch:acme/a").await;
    let mut fast = Client::connect(&tunnel.url(), Codec::Json, &Login::member("fast")).await;
    for number in 0..COUNT {
        fast.publish("ch:acme/a", "n", json!({ "number": number, "filler": "x".repeat(30_000) })).await;
    }
    for number in 0..COUNT {
        assert_eq!(slow.next_of("n").await.payload()["number"], number);
    }
}

#[tokio::test]
async fn what_is_no_tls_is_refused_and_said_in_the_log() {
    let authority = Authority::new();
    let node = node("n1", &authority).await;
    let plain = Api::new(node.public_port());
    assert_eq!(plain.try_status("/healthz"), None);
    assert_eventually!(
        node.process.output().contains("the TLS handshake failed"),
        "the log says so:\n{}",
        node.process.output()
    );
    let stranger = Tunnel::to(node.public_port(), connector(&Authority::new().certificate(), None));
    assert_eq!(Api::new(stranger.port()).try_status("/healthz"), None, "a client that does not trust the certificate");
    let friend = Tunnel::to(node.public_port(), connector(&authority.certificate(), None));
    assert_eq!(Api::new(friend.port()).try_status("/healthz"), Some(200));
}

#[tokio::test]
async fn a_reload_takes_a_renewed_certificate_and_sockets_go_on() {
    let authority = Authority::new();
    let node = node("n1", &authority).await;
    let former = Tunnel::to(node.public_port(), connector(&authority.certificate(), None));
    let mut client = Client::connect(&former.url(), Codec::Json, &Login::member("u1")).await;

    // half a renewal: the new certificate lies there already, its key does not
    let other = Authority::new();
    let (renewed, certificate) = (other.sign("node"), authority.certificate().with_file_name("node.pem"));
    std::fs::copy(&renewed.certificate, &certificate).unwrap();
    let refused = node.api().post("/v1/reload", json!({}));
    assert_eq!((refused.status, &refused.body["error"]["code"]), (422, &json!("bad_configuration")), "{refused:?}");
    assert!(refused.body["error"]["message"].as_str().unwrap().contains("cannot be used together"), "{refused:?}");
    assert_eq!(Api::new(former.port()).try_status("/healthz"), Some(200), "the former one is in use");

    std::fs::copy(&renewed.key, certificate.with_extension("key")).unwrap();
    let done = node.api().post("/v1/reload", json!({}));
    assert_eq!((done.status, &done.body), (200, &json!({ "changed": [], "need_restart": [] })));
    let latter = Tunnel::to(node.public_port(), connector(&other.certificate(), None));
    assert_eq!(Api::new(latter.port()).try_status("/healthz"), Some(200));
    assert_eq!(Api::new(former.port()).try_status("/healthz"), None);
    client.publish("user:u1", "note", json!(1)).await;
}

#[tokio::test]
async fn the_internal_listener_lets_in_who_shows_a_certificate_of_its_authority() {
    let authority = Authority::new();
    let (own, client) = (authority.sign("node"), authority.sign("client"));
    let (certificate, key, roots) = (text(&own.certificate), text(&own.key), text(&authority.certificate()));
    let options = [
        ("HUBWIRE_TLS_INTERNAL_CERTIFICATE", certificate.as_str()),
        ("HUBWIRE_TLS_INTERNAL_KEY", key.as_str()),
        ("HUBWIRE_TLS_INTERNAL_CLIENT_AUTHORITIES", roots.as_str()),
    ];
    let node = Node::spawn_set("n1", None, &options);
    let known = Tunnel::to(node.internal_port(), connector(&authority.certificate(), Some(&client)));
    assert_eventually!(
        Api::new(known.port()).try_status("/readyz") == Some(200),
        "it is ready; its output:\n{}",
        node.process.output()
    );
    Api::new(known.port()).publish("org:acme", "news", json!(1));
    let other = Authority::new();
    let stranger = other.sign("client");
    for shown in [None, Some(&stranger)] {
        let unknown = Tunnel::to(node.internal_port(), connector(&authority.certificate(), shown));
        assert_eq!(Api::new(unknown.port()).try_status("/healthz"), None);
    }
    // a certificate is not yet a key
    let keyless = Api::new(known.port()).with_key("some other key of at least 32 bytes!!");
    assert_eq!(keyless.get("/v1/presence?user=u1").status, 401);
    Client::connect(&node.url(), Codec::Json, &Login::member("u1")).await; // the public listener has no TLS
}

#[test]
fn files_of_no_use_are_named_before_a_node_starts() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (own, stranger) = (authority.sign("node"), other.sign("node"));
    for (options, expected) in [
        (vec![("HUBWIRE_TLS_CERTIFICATE", text(&own.certificate))], "tls.key is missing"),
        (
            vec![("HUBWIRE_TLS_CERTIFICATE", text(&own.certificate)), ("HUBWIRE_TLS_KEY", text(&stranger.key))],
            "cannot be used together",
        ),
        (
            vec![("HUBWIRE_TLS_CERTIFICATE", text(&own.key)), ("HUBWIRE_TLS_KEY", text(&own.key))],
            "holds no certificate",
        ),
        (
            vec![("HUBWIRE_TLS_INTERNAL_CLIENT_AUTHORITIES", text(&authority.certificate()))],
            "tls.internal_client_authorities needs tls.internal_certificate",
        ),
        (
            vec![
                ("HUBWIRE_BROKER_URL", "rediss://127.0.0.1".to_owned()),
                ("HUBWIRE_BROKER_TLS_AUTHORITIES", "/nowhere/ca.pem".to_owned()),
            ],
            "/nowhere/ca.pem",
        ),
        (
            vec![
                ("HUBWIRE_BROKER_URL", "redis://127.0.0.1".to_owned()),
                ("HUBWIRE_BROKER_TLS_AUTHORITIES", text(&authority.certificate())),
            ],
            "does not use TLS",
        ),
    ] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_hubwire"));
        command.arg("check-config").env("HUBWIRE_AUTH_JWT_SECRETS", settings::JWT_SECRET).envs(options);
        let output = command.output().unwrap();
        let printed = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && printed.contains(expected), "{expected}: {printed}");
    }
}
