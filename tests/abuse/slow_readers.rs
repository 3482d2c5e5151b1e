//! Clients that stop reading while much is published: memory is bounded per client, others get everything.

use crate::frames::text;
use crate::raw::{request, Raw, DEADLINE};
use crate::support::action::publication;
use crate::victim::{action, Victim};
use serde_json::json;
use std::net::SocketAddr;

const STALLED: usize = 1000;
const OUTBOX_KIB: u64 = 64;
/// Publications in a frame, and frames: 12 MB for each member of the channel.
const BATCH: usize = 60;
const FRAMES: usize = 200;

/// A socket whose own kernel buffers little, so that the node's outbox is what fills.
fn narrow(address: SocketAddr, user: usize) -> Raw {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&address.into()).unwrap();
    let stream: std::net::TcpStream = socket.into();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut raw = Raw::over(stream);
    raw.send(request(&format!("/ws?user=u{user}&orgs=acme"), &[]).as_bytes());
    assert!(raw.response_head().starts_with("HTTP/1.1 101 "));
    assert_eq!(action(&mut raw)["type"], "@@hub/welcome");
    raw.send(&text(r#"{"type":"@@hub/join","payload":{"presence":false},"meta":{"hub":{"to":"ch:acme/a","id":"j"}}}"#));
    assert_eq!(action(&mut raw)["type"], "@@hub/joined");
    raw
}

#[tokio::test]
async fn a_thousand_clients_that_stop_reading_cost_their_outboxes_and_no_more() {
    // a short log: what is measured is what is held for clients, and every stalled one has to skip or read on
    let victim = Victim::start(&["--streams-channel-count", "1000", "--socket-stall-timeout-ms", "60000"]).await;
    let mut healthy = victim.healthy().await;
    healthy.join("ch:acme/a").await;
    let stalled: Vec<Raw> = (0..STALLED).map(|user| narrow(victim.address(), user)).collect();
    healthy.fence().await;

    let (before, begun) = (victim.resident_kib(), tokio::time::Instant::now());
    let mut most = before;
    let mut received = 0;
    let batch = json!(vec![publication("ch:acme/a", "x", json!("x".repeat(930))); BATCH]);
    for _ in 0..FRAMES {
        healthy.send(&batch).await;
        received += healthy.fence().await.iter().filter(|it| it.kind() == "x").count();
        most = most.max(victim.resident_kib());
    }
    while received < BATCH * FRAMES {
        healthy.next_of("x").await;
        received += 1;
    }
    let grown = most - before;
    let (seconds, offered) = (begun.elapsed().as_secs_f64(), (STALLED * received) as f64 / 1024.0);
    println!(
        "{STALLED} stalled clients: {grown} KiB more, {received} publications to the healthy one in {seconds:.1} s, \
         {:.0} MB/s offered",
        offered / seconds
    );
    assert!(grown <= STALLED as u64 * OUTBOX_KIB + 32 * 1024, "{grown} KiB");
    assert!(victim.0.api().metric("hubwire_spills_total") >= STALLED as f64, "the stalled ones did not stall");
    drop(stalled);
}

// An operator who looks for the reason of such a close must not find it under "lost".
#[tokio::test]
async fn a_client_that_takes_nothing_is_ended_and_counted_as_stalled() {
    let victim = Victim::start(&["--socket-stall-timeout-ms", "1000"]).await;
    let mut healthy = victim.healthy().await;
    healthy.join("ch:acme/a").await;
    let stalled = narrow(victim.address(), 0);
    let batch = json!(vec![publication("ch:acme/a", "x", json!("x".repeat(930))); BATCH]);
    for _ in 0..FRAMES / 2 {
        healthy.send(&batch).await;
        healthy.fence().await;
    }
    let page = || victim.0.api().text("/metrics").1;
    let counted = "hubwire_sessions_closed_total{reason=\"stalled\"} 1\n";
    assert_eventually!(page().contains(counted), "{}", page());
    drop(stalled);
}
