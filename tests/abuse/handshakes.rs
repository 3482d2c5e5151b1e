//! Connections that never become sessions.

use crate::raw::{request, Raw};
use crate::victim::{assert_served, Victim};
use std::io::Read;

#[tokio::test]
async fn half_open_handshakes_are_cut_and_slow_nobody() {
    let victim = Victim::start(&["--socket-handshake-timeout-ms", "1000"]).await;
    let baseline = victim.descriptors();
    let heads = ["", "G", "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgr"];
    let mut halves: Vec<Raw> = (0..150)
        .map(|i| {
            let mut raw = Raw::connect(victim.address());
            raw.send(heads[i % heads.len()].as_bytes());
            raw
        })
        .collect();
    assert_eventually!(victim.descriptors() >= baseline + 140);
    assert_served(&mut victim.healthy().await).await;
    // each is answered 408 or just ended, and its descriptor comes back though the client keeps its own
    for raw in &mut halves {
        let mut answer = Vec::new();
        let _ = raw.stream.read_to_end(&mut answer); // a reset is an end too
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&answer));
    }
    assert_eventually!(victim.descriptors() <= baseline + 2);
}

#[tokio::test]
async fn sockets_without_credentials_are_cut_at_the_deadline() {
    let victim = Victim::start(&["--socket-auth-timeout-ms", "500"]).await;
    let baseline = victim.descriptors();
    let mut silent: Vec<Raw> = (0..50).map(|_| Raw::open(victim.address(), "/ws")).collect();
    assert_served(&mut victim.healthy().await).await;
    for raw in &mut silent {
        assert_eq!(raw.close_code(), Some(4408));
    }
    assert_eventually!(victim.descriptors() <= baseline + 2);
}

#[tokio::test]
async fn one_address_gets_as_many_sockets_as_allowed_and_the_place_of_one_that_left() {
    let victim = Victim::start(&["--socket-max-connections-per-ip", "5"]).await;
    let mut open: Vec<Raw> = (0..5).map(|i| victim.raw(&format!("u{i}"))).collect();
    let refused = |victim: &Victim| {
        let mut raw = Raw::connect(victim.address());
        raw.send(request("/ws?user=u9", &[]).as_bytes());
        raw.response_head().starts_with("HTTP/1.1 429 ")
    };
    for _ in 0..20 {
        assert!(refused(&victim));
    }
    open.pop();
    assert_eventually!(!refused(&victim));
}
