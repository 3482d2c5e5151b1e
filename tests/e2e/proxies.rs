//! The address of a client behind a proxy: its own if the proxy is trusted, otherwise the proxy's.

use crate::support::process::Process;
use crate::support::tunnel::Tunnel;
use crate::support::{ports, Client, Codec, Login, Node, Offer};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

/// A node that takes one socket per address.
async fn node(further: &[(&'static str, &str)]) -> Node {
    let options = [&[("HUBWIRE_SOCKET_MAX_CONNECTIONS_PER_IP", "1")], further].concat();
    let mut node = Node::spawn_set("n1", None, &options);
    node.ready().await;
    node
}

/// The status of an upgrade with a header; the socket stays open while the client lives.
async fn open(url: &str, header: (&'static str, &str)) -> Result<Client, u16> {
    let headers = vec![(header.0.into(), header.1.to_owned())];
    let mut client =
        Client::open(url, Codec::Json, &Offer { headers, ..Offer::login(Codec::Json, &Login::member("u1")) }).await?;
    client.welcomed().await;
    Ok(client)
}

#[tokio::test]
async fn nobody_is_believed_by_default() {
    let node = node(&[]).await;
    let _first = open(&node.url(), ("x-forwarded-for", "198.51.100.1")).await.ok().unwrap();
    assert_eq!(open(&node.url(), ("x-forwarded-for", "198.51.100.2")).await.err(), Some(429));
    assert_eq!(open(&node.url(), ("forwarded", "for=198.51.100.3")).await.err(), Some(429));
}

#[tokio::test]
async fn a_trusted_proxy_is_believed_about_the_address_it_added_and_no_other() {
    let node = node(&[
        ("HUBWIRE_LISTEN_TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8"),
        ("HUBWIRE_LISTEN_CLIENT_ADDRESS", "x_forwarded_for"),
    ])
    .await;
    let url = node.url();
    let header = |value: &'static str| ("x-forwarded-for", value);
    let _first = open(&url, header("198.51.100.1")).await.ok().unwrap();
    let _second = open(&url, header("198.51.100.2, 10.1.1.1")).await.ok().unwrap();
    // entries that the client added are on the left
    assert_eq!(open(&url, header("203.0.113.77, 198.51.100.1")).await.err(), Some(429));
    assert_eq!(open(&url, header("203.0.113.78, 198.51.100.2, 10.9.9.9")).await.err(), Some(429));
    // the header that the proxy does not set is the client's
    let forged = Offer {
        headers: vec![
            ("x-forwarded-for".into(), "198.51.100.1".into()),
            ("forwarded".into(), "for=203.0.113.79".into()),
        ],
        ..Offer::login(Codec::Json, &Login::member("u1"))
    };
    assert_eq!(Client::open(&url, Codec::Json, &forged).await.err(), Some(429));
    let refused = Offer { headers: vec![("x-forwarded-for".into(), "198.51.100.9".into())], ..Offer::default() };
    let refused = Offer { token: Some(Login::member("u1").forged().token()), ..refused };
    assert_eq!(Client::open(&url, Codec::Json, &refused).await.err(), Some(401));
    assert!(node.process.output().contains("address=198.51.100.9"), "{}", node.process.output());
}

#[tokio::test]
async fn the_proxy_protocol_of_haproxy_tells_clients_apart_and_nobody_else_may_speak_it() {
    let node =
        node(&[("HUBWIRE_LISTEN_TRUSTED_PROXIES", "127.0.0.1"), ("HUBWIRE_LISTEN_CLIENT_ADDRESS", "proxy_protocol")])
            .await;
    let balanced = ports::free();
    let directory = tempfile::tempdir().unwrap();
    for option in ["send-proxy", "send-proxy-v2"] {
        let file = directory.path().join(option);
        let text = format!(
            "defaults\n    mode tcp\n    timeout connect 5s\n    timeout client 1m\n    timeout server 1m\n\
             listen hub\n    bind 127.0.0.1:{balanced}\n    server n1 127.0.0.1:{} {option} check inter 200ms\n",
            node.public_port()
        );
        std::fs::write(&file, text).unwrap();
        let haproxy = Process::start("haproxy", "haproxy", ["-db", "-f", file.to_str().unwrap()], &[]);
        assert_eventually!(TcpStream::connect(("127.0.0.1", balanced)).is_ok(), "{}", haproxy.output());
        let (near, far) = (Tunnel::from("127.0.0.8", balanced), Tunnel::from("127.0.0.9", balanced));
        let none = ("x-forwarded-for", "198.51.100.1");
        let first = open(&near.url(), none).await.ok().unwrap();
        assert_eq!(open(&near.url(), none).await.err(), Some(429));
        let second = open(&far.url(), none).await.ok().unwrap();
        first.close().await;
        second.close().await;
        assert!(!node.process.output().contains("no use"), "checks are in order: {}", node.process.output());
    }
    // a trusted one that says nothing is not taken for a client
    let mut silent = TcpStream::connect(("127.0.0.1", node.public_port())).unwrap();
    silent.set_read_timeout(Some(crate::support::eventually::DEADLINE)).unwrap();
    silent.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut answer = String::new();
    let end = silent.read_to_string(&mut answer); // it is reset: what it sent was not read
    assert!(!end.is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "it is left open");
    assert_eq!(answer, "");
    assert_eventually!(node.process.output().contains("sent no PROXY header"), "{}", node.process.output());
    // one that is not trusted speaks HTTP at once, and what it says of others is no HTTP
    let stranger = Tunnel::from("127.0.0.7", node.public_port());
    let _direct = open(&stranger.url(), ("forwarded", "for=198.51.100.1")).await.ok().unwrap();
    let mut forger = TcpStream::connect(("127.0.0.1", stranger.port())).unwrap();
    forger.set_read_timeout(Some(crate::support::eventually::DEADLINE)).unwrap();
    forger.write_all(b"PROXY TCP4 198.51.100.1 127.0.0.1 1 2\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut answer = String::new();
    forger.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}
