//! What an operator sees when a start goes wrong.

use crate::support::{Node, Process};

#[tokio::test]
async fn a_taken_port_ends_the_start_with_the_address() {
    let first = Node::start("n1", None).await;
    let port = first.public_port();
    let mut second = Node::spawn_with("n2", None, port, &[]);
    let status = second.process.exit().await;
    let output = second.process.output();
    assert_ne!(status.code(), Some(0));
    assert!(output.contains(&format!("127.0.0.1:{port}")) && output.contains("taken by another process"), "{output}");
    assert!(!output.contains("panicked"), "{output}");
}

#[tokio::test]
async fn dev_mode_refuses_to_leave_loopback() {
    let environment = [("HUBWIRE_LISTEN_PUBLIC", format!("0.0.0.0:{}", crate::support::ports::free()))];
    let mut node = Process::start("n1", env!("CARGO_BIN_EXE_hubwire"), ["serve", "--dev"], &environment);
    assert_ne!(node.exit().await.code(), Some(0));
    assert!(node.output().contains("loopback"), "{}", node.output());
}

#[tokio::test]
async fn secrets_do_not_appear_in_the_output() {
    let node = Node::start("n1", None).await;
    let login = crate::support::Login::user("u1");
    let mut client = crate::support::Client::connect(&node.url(), crate::support::Codec::Json, &login).await;
    client.publish("user:u2", "chat/whisper", serde_json::json!("payload-4713")).await;
    let ticket = node.api().ticket(&login);
    let output = node.process.output();
    let secrets = [crate::support::settings::JWT_SECRET, crate::support::settings::API_KEY, "payload-4713"];
    for secret in secrets.into_iter().chain([&*ticket, &*login.token()]) {
        assert!(!output.contains(secret), "{secret:?} in\n{output}");
    }
}

// Anybody who reaches the port can send these; something in front that is set up for TLS does, too.
#[tokio::test]
async fn what_is_no_http_leaves_one_line_a_listener_with_the_peer_whatever_its_number() {
    use std::io::{ErrorKind, Read, Write};
    for label in ["n1", "n2"] {
        let node = Node::start(label, None).await;
        for garbage in
            [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello"[..], b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n\r\n"]
        {
            for port in [node.public_port(), node.internal_port()] {
                for _ in 0..20 {
                    let mut socket = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
                    socket.set_read_timeout(Some(crate::support::eventually::DEADLINE)).unwrap();
                    socket.write_all(garbage).unwrap();
                    let mut answer = Vec::new();
                    let end = socket.read_to_end(&mut answer); // a reset is an end, too
                    assert!(!end.is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "it is left open");
                }
            }
        }
        let lines = |word: &str| node.process.output().lines().filter(|line| line.contains(word)).count();
        assert_eventually!(lines("not an HTTP request") > 1, "{}", node.process.output());
        assert!(node.process.output().contains("peer=127.0.0.1:"), "{}", node.process.output());
        assert_eq!((lines("not an HTTP request"), lines("ERROR")), (2, 0), "{}", node.process.output());
    }
}
