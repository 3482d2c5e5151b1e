//! Small inputs that mean to become large.

use crate::frames::*;
use crate::raw::Raw;
use crate::victim::{action, assert_served, Victim};

#[tokio::test]
async fn a_declared_length_over_the_limit_is_refused_and_costs_no_memory() {
    let victim = Victim::start(&[]).await;
    // the first sockets pay for what all share
    let warm: Vec<Raw> = (0..60).map(|_| Raw::open(victim.address(), "/echo")).collect();
    drop(warm);
    let before = victim.resident_kib();
    for length in [65_537, 1 << 40, (1 << 63) - 1] {
        let mut refused: Vec<Raw> = (0..20).map(|_| Raw::open(victim.address(), "/ws?user=u1")).collect();
        for raw in &mut refused {
            assert_eq!(action(raw)["type"], "@@hub/welcome");
            raw.send(&header(FIN | TEXT, 127, length));
            assert_eq!(raw.close_code(), Some(1009), "{length}");
        }
    }
    // within the limit, but announced only
    let announced: Vec<Raw> = (0..20)
        .map(|_| {
            let mut raw = Raw::open(victim.address(), "/echo");
            raw.send(&header(FIN | BINARY, 126, 65_535));
            raw.send(&[7; 100]);
            raw
        })
        .collect();
    assert_served(&mut victim.healthy().await).await;
    let grown = victim.resident_kib().saturating_sub(before);
    assert!(grown < 1024, "{grown} KiB");
    drop(announced);
}

#[tokio::test]
async fn bombs_are_answered_with_a_code_and_cost_no_memory() {
    let victim = Victim::start(&["--limits-bad-frames-max", "1000"]).await;
    let deep_payload = |depth: usize| format!(r#"{{"type":"x","payload":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    let json = [
        ("too_deep", "[".repeat(65_000)),
        ("too_deep", "{\"a\":".repeat(13_000)),
        ("too_deep", deep_payload(1000)),
        ("too_deep", deep_payload(32_000)),
        ("too_many", format!("[{}0]", r#"{"type":"x"},"#.repeat(4000))),
    ];
    let msgpack = [
        ("too_deep", b"\x91".repeat(65_000)),
        ("too_deep", b"\x81\xa0".repeat(32_000)),
        ("bad_syntax", b"\xdd\xff\xff\xff\xff".to_vec()),
        ("bad_syntax", b"\xdf\xff\xff\xff\xff".to_vec()),
        ("bad_syntax", b"\x82\xa4type\xa1x\xa7payload\xdd\xff\xff\xff\xff\xc0".to_vec()),
        ("bad_syntax", b"\x82\xa4type\xa1x\xa7payload\xc6\xff\xff\xff\xff".to_vec()),
        ("bad_syntax", b"\xdd\0\0\xff\xff".repeat(1000)),
    ];
    let mut text_socket = victim.raw("u1");
    let mut binary_socket = crate::raw::Raw::connect(victim.address());
    let offer = "Sec-WebSocket-Protocol: hubwire.v1.msgpack";
    binary_socket.send(crate::raw::request("/ws?user=u2&orgs=acme", &[offer]).as_bytes());
    assert!(binary_socket.response_head().starts_with("HTTP/1.1 101 "));
    binary_socket.read_frame().unwrap().unwrap(); // welcome
    let mut before = None;
    for _ in 0..3 {
        for (code, frame) in &json {
            text_socket.send(&text(frame));
            let answer = action(&mut text_socket);
            assert_eq!(answer["payload"]["code"], *code, "{:?}: {answer}", &frame[..20]);
        }
        for (code, frame) in &msgpack {
            binary_socket.send(&binary(frame));
            let got = binary_socket.read_frame().unwrap().unwrap();
            assert_eq!(got.opcode, BINARY, "{:x?}: {got:?}", &frame[..5]);
            let answer: serde_json::Value = rmp_serde::from_slice(&got.payload).unwrap();
            assert_eq!(answer["payload"]["code"], *code, "{:x?}: {answer}", &frame[..5]);
        }
        // the first round pays for buffers every session needs
        before.get_or_insert_with(|| victim.resident_kib());
    }
    let grown = victim.resident_kib().saturating_sub(before.unwrap());
    assert!(grown < 1024, "{grown} KiB");
    assert_served(&mut victim.healthy().await).await;
}
