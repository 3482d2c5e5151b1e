//! Out of file descriptors: the node serves those it has, refuses new ones, says so, and recovers.

use crate::raw::{request, Raw};
use crate::support::{ports, Client, Codec, Login, Offer, Process};
use crate::victim::{assert_served, Victim};

const LIMIT: &str = "96";

#[tokio::test]
async fn a_node_without_room_serves_those_it_has_refuses_others_and_recovers() {
    let (public, internal) = (ports::free(), ports::free());
    let listen = [format!("127.0.0.1:{public}"), format!("127.0.0.1:{internal}")];
    let script = format!("ulimit -n {LIMIT}; exec \"$0\" \"$@\"");
    let arguments = ["-c", &script, env!("CARGO_BIN_EXE_hubwire"), "serve", "--dev", "--node-workers", "1"];
    let arguments = arguments.into_iter().chain(["--listen-public", &listen[0], "--listen-internal", &listen[1]]);
    let arguments = arguments.chain(["--socket-handshake-timeout-ms", "1000"]);
    let secret = [("HUBWIRE_AUTH_JWT_SECRETS", crate::support::settings::JWT_SECRET.to_owned())];
    let node = Process::start("narrow", "sh", arguments, &secret);
    let api = crate::support::Api::new(internal);
    assert_eventually!(api.try_status("/readyz") == Some(200), "{}", node.output());

    let url = format!("ws://127.0.0.1:{public}/ws");
    let mut healthy = Client::connect(&url, Codec::Json, &Login::admin("healthy")).await;
    let address = ([127, 0, 0, 1], public).into();
    let mut open = Vec::new();
    let status = loop {
        let mut raw = Raw::connect(address);
        raw.send(request("/ws?user=u1", &[]).as_bytes());
        let head = raw.response_head();
        if !head.starts_with("HTTP/1.1 101 ") {
            break head;
        }
        open.push(raw);
        assert!(open.len() < 96, "more sockets than descriptors");
    };
    assert!(status.starts_with("HTTP/1.1 503 ") && status.contains("Retry-After"), "{status}");
    assert!(open.len() > 10, "room for {} sockets only", open.len());
    for _ in 0..50 {
        assert_eq!(Client::open(&url, Codec::Json, &Offer::default()).await.err(), Some(503));
    }
    // and as many that only begin a handshake as the machine lets us open
    let halves: Vec<Raw> = (0..100).map(|_| Raw::connect(address)).collect();
    assert_served(&mut healthy).await;
    let ready = api.get("/readyz");
    assert_eq!(ready.status, 503);
    assert!(ready.body["reasons"][0].as_str().unwrap().starts_with("full: "), "{ready:?}");
    assert_eq!(api.try_status("/healthz"), Some(200));
    let lines = node.output().lines().filter(|line| line.contains("sockets are refused")).count();
    assert!((1..=3).contains(&lines), "{lines} lines for 51 refused sockets");
    assert!(!node.output().contains("Too many open files"), "{}", node.output());

    drop((open, halves));
    assert_eventually!(api.try_status("/readyz") == Some(200));
    let mut again = Client::connect(&url, Codec::Json, &Login::admin("again")).await;
    assert_served(&mut again).await;
    assert_served(&mut healthy).await;
}

/// Processor time a process took, in ticks of 10 ms (proc(5)).
fn processor_ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields = stat.rsplit_once(')').unwrap().1.split_whitespace().skip(11).take(2);
    fields.map(|field| field.parse::<u64>().unwrap()).sum()
}

/// The limit is lowered on the running node to what it has open: its own shares know nothing of that.
#[tokio::test]
async fn a_node_whose_descriptors_were_taken_away_goes_on_refuses_and_recovers() {
    let victim = Victim::start(&[]).await;
    let api = victim.0.api();
    let mut healthy = victim.healthy().await;
    let open: Vec<Raw> = (0..60).map(|user| victim.raw(&format!("u{user}"))).collect();
    assert_eq!(api.try_status("/readyz"), Some(200));
    let process = victim.process().id();
    let limit = format!("--nofile={}", victim.descriptors());
    let lowered = std::process::Command::new("prlimit").args(["--pid", &process.to_string(), &limit]).status();
    assert!(lowered.unwrap().success());

    assert_eventually!(api.try_status("/readyz") == Some(503), "{}", victim.process().output());
    let ready = api.get("/readyz");
    assert_eq!(ready.body["reasons"][0], "short: no file descriptor is free", "{ready:?}");
    let (ticks, begun) = (processor_ticks(process), tokio::time::Instant::now());
    for _ in 0..10 {
        assert_eq!(Client::open(&victim.0.url(), Codec::Json, &Offer::default()).await.err(), Some(503));
    }
    let (ticks, elapsed) = (processor_ticks(process) - ticks, begun.elapsed());
    assert!(u128::from(ticks) * 10 < elapsed.as_millis() / 2, "{ticks} ticks in {elapsed:?}: it turns in circles");
    assert_served(&mut healthy).await;
    let output = victim.process().output();
    let lines = output.lines().filter(|line| line.contains("no file descriptor is free")).count();
    assert!((1..=3).contains(&lines), "{output}");

    drop(open);
    assert_eventually!(api.try_status("/readyz") == Some(200), "{}", victim.process().output());
    assert_served(&mut victim.healthy().await).await;
    assert_served(&mut healthy).await;
}
