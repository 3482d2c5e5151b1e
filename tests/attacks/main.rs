//! Attacks by authenticated accounts: two that keep a node busy with deliveries, one that fills the broker. The node
//! survives, and serves others in time. `HUBWIRE_ATTACK_SECONDS` makes each attack longer.

#[path = "../ws_support/frames.rs"]
#[allow(dead_code)] // shared with the tests of the socket layer
mod frames;
#[path = "../ws_support/raw.rs"]
#[allow(dead_code)]
mod raw;
#[path = "../support/mod.rs"]
#[macro_use]
mod support;
#[path = "../abuse/victim.rs"]
#[allow(dead_code)] // shared with the tests of hostile clients
mod victim;

use crate::frames::text;
use crate::raw::{request, Raw, DEADLINE};
use crate::support::redis_server::RedisServer;
use crate::support::{Client, Codec, Login, Node};
use crate::victim::{action, Victim};
use serde_json::{json, Value};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

const SOCKETS: usize = 1000;

fn duration() -> Duration {
    let seconds = std::env::var("HUBWIRE_ATTACK_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(4))
}

/// One attack at a time: each takes the machine for itself.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A socket that was welcomed and reads nothing from then on; its own kernel buffers little.
fn deaf(address: SocketAddr, user: &str, channel: Option<&str>) -> Raw {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&address.into()).unwrap();
    let stream: TcpStream = socket.into();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut raw = Raw::over(stream);
    raw.send(request(&format!("/ws?user={user}&orgs=acme"), &[]).as_bytes());
    assert!(raw.response_head().starts_with("HTTP/1.1 101 "));
    assert_eq!(action(&mut raw)["type"], "@@hub/welcome");
    if let Some(channel) = channel {
        let join =
            json!({ "type": "@@hub/join", "payload": { "presence": false }, "meta": { "hub": { "to": channel } } });
        raw.send(&text(join.to_string()));
        assert_eq!(action(&mut raw)["type"], "@@hub/joined");
    }
    raw
}

/// A connection that sends as fast as it is read, and reads and forgets whatever comes. Ends when it is dropped.
struct Flood {
    stream: TcpStream,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Flood {
    fn start(raw: Raw, frame: impl Fn(usize) -> Vec<u8> + Send + 'static) -> Flood {
        let stream = raw.stream;
        let (mut writing, mut reading) = (stream.try_clone().unwrap(), stream.try_clone().unwrap());
        reading.set_read_timeout(None).unwrap();
        let writer =
            std::thread::spawn(move || (0..).take_while(|n| writing.write_all(&frame(*n)).is_ok()).for_each(drop));
        let reader = std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            while reading.read(&mut buffer).is_ok_and(|count| count > 0) {}
        });
        Flood { stream, threads: vec![writer, reader] }
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        // fails when the node closed it already
        let _ = self.stream.shutdown(Shutdown::Both);
        self.threads.drain(..).for_each(|thread| thread.join().unwrap());
    }
}

/// What others saw while the attack went on.
struct Seen {
    sent: usize,
    worst: Duration,
    p99: Duration,
}

/// Somebody else sends all the while, one message after the other.
async fn others(node: &Node) -> Seen {
    let mut client = Client::connect(&node.url(), Codec::Json, &Login::member("other")).await;
    let (until, mut took) = (tokio::time::Instant::now() + duration(), Vec::new());
    while tokio::time::Instant::now() < until {
        let begun = tokio::time::Instant::now();
        client.publish("user:friend", "chat/whisper", Value::Null).await;
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    let seen = Seen { sent: took.len(), worst: *took.last().unwrap(), p99: took[took.len() * 99 / 100] };
    println!("{} messages of others, p99 {:?}, worst {:?}", seen.sent, seen.p99, seen.worst);
    seen
}

/// A node without the bounds that end the attack before it reaches the budgets.
async fn victim(broker: Option<&str>, further: &[&str]) -> Victim {
    let arguments = [
        &["--dev", "--node-workers", "2", "--sessions-max-sessions", "0", "--limits-actions-per-second", "0"],
        // a development node has none of these unless it is told to
        &["--limits-deliveries-per-second", "50000"][..],
        further,
    ];
    let mut node = Node::spawn_with("victim", broker, crate::support::ports::free(), &arguments.concat());
    node.ready().await;
    Victim(node)
}

async fn lives(victim: &mut Victim, seen: &Seen) {
    assert!(seen.p99 < Duration::from_secs(1), "p99 {:?}, worst {:?}", seen.p99, seen.worst);
    assert!(victim.0.process.ended().is_none(), "the node ended; its output:\n{}", victim.0.process.output());
    assert_eq!(victim.0.api().metric("hubwire_lease_held"), 1.0);
    assert_eq!(victim.0.api().try_status("/readyz"), Some(200));
}

async fn one_user_writes_to_another_with_many_sockets(broker: Option<&str>) {
    let mut victim = victim(broker, &[]).await;
    let sockets: Vec<Raw> = (0..SOCKETS).map(|_| deaf(victim.address(), "sink", None)).collect();
    let message = json!({ "type": "x", "payload": "x".repeat(100), "meta": { "hub": { "to": "user:sink" } } });
    let frame = text(json!(vec![message; 60]).to_string());
    let flood = Flood::start(victim.raw("writer"), move |_| frame.clone());
    let seen = others(&victim.0).await;
    drop(flood);
    assert!(victim.0.api().metric("hubwire_budget_refused_total") > 0.0);
    lives(&mut victim, &seen).await;
    drop(sockets);
}

#[tokio::test]
async fn two_accounts_do_not_end_a_node_alone() {
    let _turn = TURN.lock().await;
    one_user_writes_to_another_with_many_sockets(None).await;
}

#[tokio::test]
async fn two_accounts_do_not_end_a_node_of_a_cluster() {
    let _turn = TURN.lock().await;
    let redis = RedisServer::start().await;
    one_user_writes_to_another_with_many_sockets(Some(&redis.url())).await;
}

#[tokio::test]
async fn a_flooding_member_of_a_large_channel_does_not_end_a_node() {
    let _turn = TURN.lock().await;
    let mut victim = victim(None, &[]).await;
    let members: Vec<Raw> =
        (0..SOCKETS).map(|n| deaf(victim.address(), &format!("m{n}"), Some("ch:acme/all"))).collect();
    let message = json!({ "type": "x", "payload": "x".repeat(100), "meta": { "hub": { "to": "ch:acme/all" } } });
    let frame = text(json!(vec![message; 60]).to_string());
    let flood = Flood::start(victim.raw("m0"), move |_| frame.clone());
    let seen = others(&victim.0).await;
    drop(flood);
    assert!(victim.0.api().metric("hubwire_budget_refused_total") > 0.0);
    lives(&mut victim, &seen).await;
    drop(members);
}

/// 60 KB to streams of users that do not exist, each another one.
fn fill(victim: &Victim) -> Flood {
    let payload = "x".repeat(60_000);
    Flood::start(victim.raw("filler"), move |n| {
        let meta = json!({ "hub": { "to": format!("user:nobody{n}") } });
        text(json!({ "type": "x", "payload": payload, "meta": meta }).to_string())
    })
}

#[tokio::test]
async fn one_login_does_not_fill_the_memory_of_a_node() {
    let _turn = TURN.lock().await;
    let mut victim = victim(None, &["--limits-user-bytes-max", "16777216"]).await;
    let before = victim.resident_kib();
    let flood = fill(&victim);
    let seen = others(&victim.0).await;
    drop(flood);
    let grown = victim.resident_kib() - before;
    println!("{grown} KiB more");
    assert!(grown < 64 * 1024, "{grown} KiB");
    assert!(victim.0.api().metric("hubwire_budget_refused_total") > 0.0);
    lives(&mut victim, &seen).await;
}

#[tokio::test]
async fn one_login_does_not_fill_the_broker_of_a_cluster() {
    let _turn = TURN.lock().await;
    let redis = RedisServer::start().await;
    let mut victim = victim(Some(&redis.url()), &["--limits-user-bytes-max", "16777216"]).await;
    let flood = fill(&victim);
    let seen = others(&victim.0).await;
    drop(flood);
    let used = victim.0.api().metric("hubwire_redis_memory_bytes");
    println!("{used} bytes in the broker");
    assert!(used < f64::from(48 << 20), "{used} bytes");
    assert!(victim.0.api().metric("hubwire_budget_refused_total") > 0.0);
    lives(&mut victim, &seen).await;
}
