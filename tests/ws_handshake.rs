//! The opening handshake over real sockets: which clients are accepted or refused, and with what answer.

mod ws_support;

use hubwire::ws::{Echo, Endpoint, Refusal, Routes, UpgradeRequest, Verdict};
use std::io::Read;
use std::time::Duration;
use tokio::time::Instant;
use ws_support::frames::text;
use ws_support::raw::{request, Raw};
use ws_support::server::TestServer;

/// The whole answer to a request, up to the end of the connection.
fn answer(server: &TestServer, request: &str) -> String {
    let mut raw = Raw::connect(server.address);
    raw.send(request.as_bytes());
    let mut answer = Vec::new();
    raw.stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

fn good() -> String {
    request("/echo", &[])
}

/// So many different subprotocols.
fn many(count: usize) -> String {
    (0..count).map(|number| format!("p{number}")).collect::<Vec<_>>().join(",")
}

#[test]
fn a_handshake_that_lacks_something_is_refused_and_told_what() {
    let server = TestServer::echo();
    let without = |line: &str| good().replace(&format!("{line}\r\n"), "");
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    let with_key = |value: &str| good().replace(key, &format!("Sec-WebSocket-Key: {value}"));
    let version = "Sec-WebSocket-Version: 13";
    let table = [
        ("POST", good().replace("GET ", "POST "), 405),
        ("PUT", good().replace("GET ", "PUT "), 405),
        ("no Host", without("Host: localhost"), 400),
        ("no key", without(key), 400),
        ("empty key", with_key(""), 400),
        ("key of 15 bytes", with_key("MTIzNDU2Nzg5MDEyMzQ1"), 400),
        ("key of 17 bytes", with_key("MTIzNDU2Nzg5MDEyMzQ1Njc="), 400),
        ("key that is no Base64", with_key("!!!!!!!!!!!!!!!!!!!!!!=="), 400),
        ("two keys", good().replace(key, &format!("{key}\r\n{key}")), 400),
        ("no version", without(version), 400),
        ("version 8", good().replace(version, "Sec-WebSocket-Version: 8"), 426),
        ("version 0", good().replace(version, "Sec-WebSocket-Version: 0"), 426),
        ("version 130", good().replace(version, "Sec-WebSocket-Version: 130"), 426),
        ("two versions", good().replace(version, "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13"), 400),
        ("connection that closes", good().replace("Connection: Upgrade", "Connection: close"), 400),
        ("no Connection", without("Connection: Upgrade"), 400),
        ("unknown path", good().replace("/echo", "/other"), 404),
        ("path below", good().replace("/echo", "/echo/below"), 404),
        ("two trailing slashes", good().replace("/echo", "/echo//"), 404),
        ("subprotocol twice", request("/echo", &["Sec-WebSocket-Protocol: a, a"]), 400),
        ("too many subprotocols", request("/echo", &[&format!("Sec-WebSocket-Protocol: {}", many(33))]), 400),
        ("subprotocol that is no token", request("/echo", &["Sec-WebSocket-Protocol: a b"]), 400),
        ("too many bytes of headers", request("/echo", &[&format!("X-Long: {}", "x".repeat(17_000))]), 431),
        ("too many headers", request("/echo", &["X-A: b"; 100]), 431),
    ];
    for (name, request, status) in table {
        let answer = answer(&server, &request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{name}: {answer}");
        if status == 426 {
            assert!(answer.contains("\r\nSec-WebSocket-Version: 13\r\n"), "{name}: {answer}");
        }
        if status == 405 {
            assert!(answer.contains("\r\nAllow: GET\r\n"), "{name}: {answer}");
        }
    }
    server.assert_no_sockets();
}

#[test]
fn a_refusal_says_why_in_json() {
    let server = TestServer::echo();
    let answer = answer(&server, &good().replace("/echo", "/other"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("Content-Type: application/json"), "{head}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["error"]["code"], "not_found");
}

#[test]
fn a_good_handshake_gets_the_answer_of_the_rfc() {
    let server = TestServer::echo();
    let spellings = [
        good(),
        good().replace("/echo", "/echo/"),
        good().replace("/echo", "/echo?token=x"),
        good().replace("Upgrade: websocket", "UPGRADE: WebSocket"),
        good().replace("Connection: Upgrade", "connection: keep-alive, upgrade"),
    ];
    for spelling in spellings {
        let mut raw = Raw::connect(server.address);
        raw.send(spelling.as_bytes());
        let head = raw.response_head();
        assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{spelling}{head}");
        assert!(head.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{head}");
        assert!(!head.contains("Sec-WebSocket-Protocol"), "nothing was offered: {head}");
    }
}

#[test]
fn the_subprotocol_agreed_on_is_one_that_was_offered() {
    let server = TestServer::echo();
    for offer in [
        &["Sec-WebSocket-Protocol: first,second"][..],
        &["Sec-WebSocket-Protocol: first", "Sec-WebSocket-Protocol: second"],
        &["Sec-WebSocket-Protocol: , first,, second,"],
    ] {
        let mut raw = Raw::connect(server.address);
        raw.send(request("/echo", offer).as_bytes());
        let head = raw.response_head();
        assert!(head.contains("\r\nSec-WebSocket-Protocol: first\r\n"), "{head}");
    }
}

/// Python's `websockets` sends the header without a value where it is given an empty list.
#[test]
fn a_list_of_no_subprotocols_offers_none() {
    let server = TestServer::echo();
    for offer in ["Sec-WebSocket-Protocol: ", "Sec-WebSocket-Protocol: ,"] {
        let mut raw = Raw::connect(server.address);
        raw.send(request("/echo", &[offer]).as_bytes());
        let head = raw.response_head();
        assert!(head.starts_with("HTTP/1.1 101 ") && !head.contains("Sec-WebSocket-Protocol"), "{head}");
    }
}

#[test]
fn frames_sent_together_with_the_handshake_are_not_lost() {
    let server = TestServer::echo();
    let mut raw = Raw::connect(server.address);
    let frames: Vec<u8> = (0..500).flat_map(|i| text(format!("message {i}"))).collect();
    raw.send(&[good().as_bytes(), &frames].concat());
    raw.response_head();
    for i in 0..500 {
        assert_eq!(raw.read_frame().unwrap().unwrap().payload, format!("message {i}").into_bytes());
    }
}

#[test]
fn an_upgrade_behind_another_request_is_answered_after_it() {
    let server = TestServer::echo();
    let mut raw = Raw::connect(server.address);
    raw.send(format!("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n{}", good()).as_bytes());
    let head = raw.response_head();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let mut body = [0; 8];
    raw.stream.read_exact(&mut body).unwrap();
    assert_eq!(&body, b"ordinary");
    assert!(raw.response_head().starts_with("HTTP/1.1 101 "));
}

#[test]
fn a_plain_request_to_a_socket_path_is_told_to_upgrade() {
    let server = TestServer::echo();
    for path in ["/echo", "/echo/"] {
        let answer = answer(&server, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 426 "), "{answer}");
        assert!(answer.to_ascii_lowercase().contains("\r\nsec-websocket-version: 13\r\n"), "{answer}");
    }
}

/// A client that sends its request slowly must not keep a connection for ever, nor disturb others.
#[test]
fn a_handshake_that_never_ends_is_cut_and_others_are_served_meanwhile() {
    let server = TestServer::with(|settings| settings.request_timeout = Duration::from_millis(500));
    let begun = Instant::now();
    let mut slow: Vec<Raw> = (0..50).map(|_| Raw::connect(server.address)).collect();
    for raw in &mut slow {
        raw.send(b"GET /echo HTTP/1.1\r\nHost: loc");
    }
    let mut quick = Raw::open(server.address, "/echo");
    for raw in &mut slow {
        let mut rest = Vec::new();
        raw.stream.read_to_end(&mut rest).unwrap();
        assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&rest));
    }
    assert!(begun.elapsed() >= Duration::from_millis(500), "cut too early");
    quick.send(&text("still there"));
    assert_eq!(quick.read_frame().unwrap().unwrap().payload, b"still there");
}

#[test]
fn sockets_over_the_bounds_are_refused_and_a_place_comes_free_again() {
    let server = TestServer::with(|settings| settings.sockets_max = 2);
    let first = Raw::open(server.address, "/echo");
    let _second = Raw::open(server.address, "/echo");
    server.assert_sockets(2);
    let refused = answer(&server, &good());
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("\r\nRetry-After: "), "{refused}");
    drop(first);
    server.assert_sockets(1);
    Raw::open(server.address, "/echo");

    let server = TestServer::with(|settings| settings.sockets_per_address_max = 1);
    let _first = Raw::open(server.address, "/echo");
    let refused = answer(&server, &good());
    assert!(refused.starts_with("HTTP/1.1 429 "), "{refused}");
}

/// Decides by the query what becomes of a request.
struct Deciding;

impl Endpoint for Deciding {
    fn admit(&self, request: &UpgradeRequest<'_>) -> futures_util::future::LocalBoxFuture<'static, Verdict> {
        let subprotocol = request.offered().first().cloned();
        let verdict = match request.query() {
            Some("refuse") => Verdict::Refuse(
                Refusal::new(actix_web::http::StatusCode::FORBIDDEN, "forbidden", "not \"you\"")
                    .with_header("X-Reason", "because\r\nX-Injected: yes"),
            ),
            Some("close") => {
                Verdict::CloseAfterUpgrade { subprotocol, error: None, code: 4401, reason: "no ticket".into() }
            }
            Some("wait") => return Box::pin(std::future::pending()),
            _ => return Echo.admit(request),
        };
        Box::pin(std::future::ready(verdict))
    }
}

#[test]
fn an_endpoint_refuses_over_http_or_with_a_close_code() {
    let routes = || Routes::default().with("/", Deciding);
    let server = TestServer::with_routes(|settings| settings.admit_timeout = Duration::from_millis(100), routes);
    let refused = answer(&server, &request("/?refuse", &[]));
    assert!(
        refused.starts_with("HTTP/1.1 403 ")
            && refused.ends_with(r#"{"error":{"code":"forbidden","message":"not \"you\""}}"#)
    );
    assert!(!refused.contains("\r\nX-Injected"), "{refused}");

    let mut raw = Raw::connect(server.address);
    raw.send(request("/?close", &["Sec-WebSocket-Protocol: a"]).as_bytes());
    assert!(raw.response_head().contains("\r\nSec-WebSocket-Protocol: a\r\n"));
    let close = raw.read_frame().unwrap().unwrap();
    assert_eq!(close.payload, [&4401u16.to_be_bytes()[..], b"no ticket"].concat());
    raw.send(&ws_support::frames::close(4401, ""));
    raw.assert_ends();

    let late = answer(&server, &request("/?wait", &[]));
    assert!(late.starts_with("HTTP/1.1 503 "), "{late}");
}
