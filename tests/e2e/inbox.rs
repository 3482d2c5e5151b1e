//! A user's stream is an inbox: a user who was away gets what it holds, however much arrived meanwhile.

use crate::support::action::{control, seq};
use crate::support::{Client, Cluster, Codec, Login, Offer, Stack};
use serde_json::{json, Value};

const RETENTION: &[(&str, &str)] = &[("HUBWIRE_STREAMS_USER_COUNT", "100")];
/// Well over what is kept: the broker trims in steps of about a hundred.
const SENT: u64 = 350;

macro_rules! with_a_small_inbox {
    ($($module:ident, $stack:ident, $codec:ident;)+) => {$(
        mod $module {
            #[tokio::test]
            async fn an_inbox_that_was_trimmed_begins_at_the_oldest_it_holds() {
                super::an_inbox_that_was_trimmed(super::Stack::$stack, super::Codec::$codec).await;
            }
        }
    )+};
}

with_a_small_inbox! {
    memory_json, Memory, Json;
    memory_msgpack, Memory, Msgpack;
    redis_json, Redis, Json;
    redis_msgpack, Redis, Msgpack;
}

async fn device(cluster: &Cluster, node: usize, codec: Codec, device: &str, resume: Value) -> Client {
    let mut client = Client::open(&cluster.url(node), codec, &Offer::codec(codec)).await.unwrap();
    let token = Login::user("ada").token();
    client.send(&control("@@hub/auth", json!({ "token": token, "device": device, "resume": resume }))).await;
    client.welcomed().await;
    client
}

/// What follows a `resumed` of the inbox: from where, and the numbers in their order.
async fn replayed(client: &mut Client) -> (bool, u64, Vec<u64>) {
    let resumed = client.resumed("user:ada").await;
    let from = seq(resumed.pos());
    let top = seq(resumed.payload()["top"].as_str().unwrap());
    let mut numbers = Vec::new();
    for at in from + 1..=top {
        let next = client.next("a publication", |it| !it.is_control()).await;
        assert_eq!(seq(next.pos()), at, "in order, none missing: {next:?}");
        numbers.push(next.payload().as_u64().unwrap());
    }
    (resumed.payload()["recovered"].as_bool().unwrap(), from, numbers)
}

/// One publication too many must not hide all the others: neither from a new device, nor from one that was away.
async fn an_inbox_that_was_trimmed(stack: Stack, codec: Codec) {
    let cluster = Cluster::start_with(stack, RETENTION).await;
    let first = cluster.api(0).publish("user:ada", "test/n", json!(0));
    for n in 1..SENT {
        cluster.api(0).publish("user:ada", "test/n", json!(n));
    }
    let inbox = [json!(null), json!("0-0"), first["pos"].clone(), json!({ "from": "oldest" })];
    for (node, begin) in inbox.into_iter().enumerate() {
        let mut phone = device(&cluster, node, codec, "phone", json!({ "user:ada": begin })).await;
        let (recovered, _, numbers) = replayed(&mut phone).await;
        assert!(!recovered, "{begin}: what came before is gone");
        assert!(numbers.len() >= 100 && numbers.len() < SENT as usize, "{begin}: {}", numbers.len());
        let expected: Vec<u64> = (SENT - numbers.len() as u64..SENT).collect();
        assert_eq!(numbers, expected, "{begin}");
    }
    let mut now = device(&cluster, 1, codec, "phone", json!({ "user:ada": { "from": "now" } })).await;
    assert!(replayed(&mut now).await.2.is_empty());
    // in other streams a device without a cursor is new
    let mut other = cluster.connect(1, codec, &Login::admin("bob")).await;
    other.publish("org:acme", "test/n", json!(1)).await;
    let mut client = Client::open(&cluster.url(0), codec, &Offer::codec(codec)).await.unwrap();
    let (token, resume) = (Login::member("eve").token(), json!({ "org:acme": null, "user:eve": null }));
    client.send(&control("@@hub/auth", json!({ "token": token, "device": "new", "resume": resume }))).await;
    client.welcomed().await;
    let resumed = client.resumed("org:acme").await;
    assert_eq!(resumed.payload()["pos"], resumed.payload()["top"], "{resumed:?}");
    assert_ne!(resumed.pos(), "0-0");
}

/// A thousand and more small messages from another organisation, in a moment and from several accounts: what a
/// colleague wrote before is still there when its receiver comes.
#[tokio::test]
async fn what_waits_is_not_erased_by_another_organisation() {
    let cluster = Cluster::start_with(Stack::Redis, &[("HUBWIRE_LIMITS_ACTIONS_PER_SECOND", "0")]).await;
    let mut bob = cluster.connect(0, Codec::Json, &Login::member("bob")).await;
    bob.publish("user:ada", "test/waits", json!("hello")).await;
    let mut refused = 0;
    for n in 0..5 {
        let eve = Login::user(&format!("eve{n}")).org("globex", &[], &[]);
        let mut eve = cluster.connect(n % 2, Codec::Json, &eve).await;
        for batch in 0..5 {
            let id = |n: u32| format!("{batch}-{n}");
            let message = |n: u32| json!({ "type": "x", "meta": { "hub": { "to": "user:ada", "id": id(n) } } });
            eve.send(&json!((0..52).map(message).collect::<Vec<_>>())).await;
            for n in 0..52 {
                let answer = eve.next("an answer", |it| *it.hub("re") == json!(id(n))).await;
                refused += usize::from(answer.kind() == "@@hub/error" && answer.code() == "stream_full");
            }
        }
    }
    assert!(refused > 250, "{refused}");
    // a colleague still writes
    bob.publish("user:ada", "test/waits", json!("and more")).await;
    let mut ada = device(&cluster, 1, Codec::Json, "phone", json!({ "user:ada": null })).await;
    assert_eq!(ada.next_of("test/waits").await.payload(), "hello");
    assert_eq!(ada.next_of("test/waits").await.payload(), "and more");
}
