//! Memory a peer announces is not memory it gets. One test alone in its process, so that the process's own size is the
//! measure; client and server together.

mod ws_support;

use ws_support::frames::*;
use ws_support::raw::Raw;
use ws_support::server::TestServer;

/// Resident memory of this process in KiB.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn announced_lengths_cost_nothing_and_idle_sockets_little() {
    let server = TestServer::with(|settings| settings.socket.limits.message_bytes_max = 1 << 30);
    // the first sockets pay for what all share: read buffer, allocator, threads
    let mut warm: Vec<Raw> = (0..50).map(|_| Raw::open(server.address, "/echo")).collect();
    for raw in &mut warm {
        raw.send(&text("x".repeat(10_000)));
        assert_eq!(raw.read_frame().unwrap().unwrap().payload.len(), 10_000);
    }

    let before = resident_kib();
    let refused: Vec<Raw> = (0..50)
        .map(|_| {
            let mut raw = Raw::open(server.address, "/echo");
            raw.send(&header(FIN | BINARY, 127, 1 << 40));
            assert_eq!(raw.close_code(), Some(1009));
            raw
        })
        .collect();
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 1024, "{grown} KiB for lengths of 2^40");
    drop(refused);

    // within the limit, but announced only: a gigabyte each
    let before = resident_kib();
    let announced: Vec<Raw> = (0..50)
        .map(|_| {
            let mut raw = Raw::open(server.address, "/echo");
            raw.send(&header(FIN | BINARY, 127, 1 << 30));
            raw.send(&[7; 100]);
            raw
        })
        .collect();
    warm[0].send(&text("behind all of them"));
    warm[0].read_frame().unwrap().unwrap();
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 1024, "{grown} KiB for lengths of 2^30");
    drop(announced);

    let before = resident_kib();
    let idle: Vec<Raw> = (0..400).map(|_| Raw::open(server.address, "/echo")).collect();
    let per_socket = (resident_kib().saturating_sub(before)) * 1024 / idle.len() as u64;
    println!("{per_socket} bytes per idle socket");
    assert!(per_socket < 8192, "{per_socket} bytes per idle socket");

    drop((warm, idle));
    server.assert_no_sockets();
}
