//! Peers that cost work instead of memory: the node disconnects each of them, and a well-behaved client notices
//! nothing.

use crate::frames::*;
use crate::raw::{code_of, Raw, DEADLINE};
use crate::support::Client;
use crate::victim::{assert_served, Victim};
use std::io::Write;
use std::time::Duration;

/// Sends a piece again and again from a thread of its own, until the node ends the connection.
fn flood(raw: &Raw, piece: Vec<u8>, times: usize) -> std::thread::JoinHandle<()> {
    let mut stream = raw.stream.try_clone().unwrap();
    std::thread::spawn(move || (0..times).take_while(|_| stream.write_all(&piece).is_ok()).for_each(drop))
}

/// The close code; `None` when a reset, caused by what was sent after the end, took it away.
fn ending(raw: &mut Raw) -> Option<u16> {
    loop {
        match raw.read_frame() {
            Ok(Some(got)) if got.opcode == CLOSE => return code_of(&got),
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return None,
        }
    }
}

/// The well-behaved client is served, and it is the only one left.
async fn alone(victim: &Victim, healthy: &mut Client) {
    assert_served(healthy).await;
    assert_eventually!(victim.0.api().metric("hubwire_sessions") == 1.0);
}

#[tokio::test]
async fn a_million_empty_fragments_end_in_4429() {
    let victim = Victim::start(&[]).await;
    let mut healthy = victim.healthy().await;
    let mut raw = victim.raw("u1");
    raw.send(&frame(TEXT, b""));
    let sender = flood(&raw, frame(CONTINUATION, b"").repeat(1000), 1000);
    assert_served(&mut healthy).await;
    let code = ending(&mut raw);
    assert!(code.is_none_or(|code| code == 4429), "{code:?}");
    drop(raw);
    sender.join().unwrap();
    alone(&victim, &mut healthy).await;
}

#[tokio::test]
async fn a_flood_of_pings_ends_in_4100() {
    let victim = Victim::start(&[]).await;
    let mut healthy = victim.healthy().await;
    let mut raw = victim.raw("u1");
    let sender = flood(&raw, ping("x").repeat(1000), 10_000);
    assert_served(&mut healthy).await;
    let code = ending(&mut raw);
    assert!(code.is_none_or(|code| code == 4100), "{code:?}");
    drop(raw);
    sender.join().unwrap();
    alone(&victim, &mut healthy).await;
}

#[tokio::test]
async fn messages_that_drip_in_are_ended_at_their_deadline() {
    let victim = Victim::start(&["--socket-message-timeout-ms", "500"]).await;
    let mut healthy = victim.healthy().await;
    let mut dripping: Vec<Raw> = (0..20).map(|_| victim.raw("u1")).collect();
    let bytes = text("x".repeat(4000));
    for raw in &dripping {
        raw.stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    }
    let begun = tokio::time::Instant::now();
    // one byte at a time: never whole
    for (at, byte) in bytes.iter().enumerate() {
        if dripping.iter().all(|raw| raw.stream.peek(&mut [0]).is_ok()) {
            break;
        }
        assert!(begun.elapsed() < DEADLINE, "still open after {at} bytes");
        for raw in &mut dripping {
            raw.send(&[*byte]);
        }
    }
    for raw in &mut dripping {
        raw.stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let code = ending(raw);
        assert!(code.is_none_or(|code| code == 4001), "{code:?}");
    }
    assert!(begun.elapsed() >= Duration::from_millis(500), "before the deadline");
    alone(&victim, &mut healthy).await;
}

/// Actions that a client may repeat without limit leave nothing behind: renewing a token, and resuming everything.
#[tokio::test]
async fn requests_without_end_leave_nothing_behind() {
    let victim = Victim::start(&[]).await;
    let mut raw = victim.raw("healthy");
    let token = crate::support::Login::admin("healthy").token();
    let refresh = format!(r#"{{"type":"@@hub/refresh","payload":{{"token":"{token}"}}}}"#);
    let resume = r#"{"type":"@@hub/resume","payload":{"positions":{"user:healthy":"0-0","org:acme":"0-0"}}}"#;
    let channels: Vec<String> = (0..100).map(|number| format!(r#""ch:acme/{number}":"0-0""#)).collect();
    let all = format!(r#"{{"type":"@@hub/resume","payload":{{"positions":{{{}}}}}}}"#, channels.join(","));
    let renewed = format!("[{}]", vec![refresh.as_str(); 64].join(","));
    let frames = [
        renewed.clone(),
        renewed.clone(),
        renewed.clone(),
        renewed,
        format!("[{}]", vec![resume; 64].join(",")),
        format!("[{}]", vec![all.as_str(); 20].join(",")),
    ];
    let mut before = None;
    for round in 0..20 {
        let mut answers = 0;
        for frame in &frames {
            raw.send(&text(frame));
            let fence = format!("{round}-{answers}");
            raw.send(&text(format!(r#"{{"type":"@@hub/ping","meta":{{"hub":{{"id":"{fence}"}}}}}}"#)));
            // an answer to each of the frame's actions, in between
            while crate::victim::action(&mut raw)["meta"]["hub"]["re"] != fence.as_str() {
                answers += 1;
            }
        }
        assert!(answers > 64, "{answers}");
        if round == 4 {
            before = Some(victim.resident_kib());
        }
    }
    let grown = victim.resident_kib().saturating_sub(before.unwrap());
    assert!(grown < 1024, "{grown} KiB");
}
