//! Malicious peers that speak as a trusted load balancer, or through one.

use crate::raw::{request, Raw};
use crate::victim::Victim;
use std::io::Read;

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// A node that believes a header from this machine.
async fn behind(source: &str) -> Victim {
    let bounds = ["--socket-handshake-timeout-ms", "1000", "--socket-max-connections-per-ip", "0"];
    let trust = ["--listen-trusted-proxies", "127.0.0.1", "--listen-client-address", source];
    Victim::start(&[&bounds[..], &trust].concat()).await
}

/// Opens a socket behind what a balancer says first.
fn opened(victim: &Victim, introduction: &str, lines: &[&str]) -> String {
    let mut raw = Raw::connect(victim.address());
    raw.send(format!("{introduction}{}", request("/ws?user=healthy", lines)).as_bytes());
    raw.response_head()
}

#[tokio::test]
async fn a_balancer_that_announces_too_much_or_never_ends_its_header_is_cut_and_slows_nobody() {
    let victim = behind("proxy_protocol").await;
    let (baseline, memory) = (victim.descriptors(), victim.resident_kib());
    // 64 KiB of what a balancer may say beside the addresses, announced and sent
    let large = [SIGNATURE, &[0x21, 0x11, 0xff, 0xff], &[0; 65_535]].concat();
    // announced and never sent; one byte of the signature; half a line
    let slow = [[SIGNATURE, &[0x21, 0x11, 0x10, 0x00]].concat(), SIGNATURE[..1].to_vec(), b"PROXY TCP4 192.".to_vec()];
    let mut hostile: Vec<Raw> = (0..150)
        .map(|index| {
            let mut raw = Raw::connect(victim.address());
            let bytes = if index % 4 == 3 { &large } else { &slow[index % 4] };
            let _ = std::io::Write::write_all(&mut raw.stream, bytes); // cut before all of it is taken
            raw
        })
        .collect();
    let head = opened(&victim, "PROXY TCP4 198.51.100.7 127.0.0.1 4711 80\r\n", &[]);
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    for raw in &mut hostile {
        let mut answer = Vec::new();
        let _ = raw.stream.read_to_end(&mut answer); // a reset is an end too
        assert!(answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
    }
    assert_eventually!(victim.descriptors() <= baseline + 2);
    let grown = victim.resident_kib().saturating_sub(memory);
    assert!(grown < 8 * 1024, "{grown} KiB more");
}

#[tokio::test]
async fn a_list_of_ten_thousand_proxies_and_garbage_name_nobody_else_and_slow_nobody() {
    let victim = behind("x_forwarded_for").await;
    let many = |entry: &str| format!("X-Forwarded-For: {}", vec![entry; 10_000].join(","));
    for line in [
        many("127.0.0.1"),
        many("a"),
        many(""),
        format!("X-Forwarded-For: {}", "\"\\".repeat(20_000)),
        "X-Forwarded-For: 999.1.1.1, ::ffff:127.0.0.1:x, [::1".to_owned(),
        "X-Forwarded-For: \u{e9}\u{1f600}, 127.0.0.1".to_owned(),
    ] {
        let head = opened(&victim, "", &[&line]);
        let status = head.split(' ').nth(1).unwrap_or_default().to_owned();
        assert!(["101", "400", "431"].contains(&&*status), "{status}: {}", &line[..40]);
    }
    let head = opened(&victim, "", &["X-Forwarded-For: 127.0.0.1, 198.51.100.7"]);
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
}
