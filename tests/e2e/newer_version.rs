//! Publications that a newer node stored and this one cannot read: members learn that something is missing, and where
//! the stream continues.

use crate::support::action::control;
use crate::support::redis_server::RedisServer;
use crate::support::{Client, Codec, Login, Node};
use serde_json::{json, Value};

const CHANNEL: &str = "ch:acme/a";
/// An envelope of a version that does not exist yet, with something of its own behind the version byte.
const FUTURE: &[u8] = b"\x7f{\"shape\":\"unknown\"}";

/// Stores a publication as a node of a later version might, with a field that is unknown today, and returns its
/// position. Other nodes are notified of it if `told`.
fn store_future(redis: &RedisServer, told: bool) -> String {
    let script = redis::Script::new(
        "local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
         local seq, nonce = string.match(last[1], '^(%d+)-(%d+)$')
         local pos = string.format('%d-%s', tonumber(seq) + 1, '77')
         redis.call('XADD', KEYS[1], pos, 'e', ARGV[1], 'p', nonce, 't', last[2][6], 'b', last[2][8], 'z', 'future')
         if ARGV[2] == '1' then
           redis.call('PUBLISH', KEYS[2], 'P ' .. ARGV[3] .. ' ' .. pos .. ' ' .. last[1] .. '\\n' .. ARGV[1])
         end
         return pos",
    );
    let mut call = script.key(format!("hubwire:{{{CHANNEL}}}:log"));
    call.key(format!("hubwire:{{{CHANNEL}}}:topic")).arg(FUTURE).arg(u8::from(told)).arg(CHANNEL);
    call.invoke(&mut redis.connection()).unwrap()
}

/// The positions of a client's publications in the channel until `test/end`, each with its type. A `joined` may come
/// at any point between them.
async fn told(client: &mut Client) -> Vec<(String, String)> {
    let mut told = Vec::new();
    loop {
        let is_in_order = |kind: &str| !["@@hub/resumed", "@@hub/joined"].contains(&kind);
        let next = client.next("of the channel", |it| it.to() == CHANNEL && is_in_order(it.kind())).await;
        if next.kind() == "test/end" {
            return told;
        }
        told.push((next.kind().to_owned(), next.pos().to_owned()));
    }
}

async fn is_told_in_place(codec: Codec, is_published: bool) {
    let redis = RedisServer::start().await;
    let node = Node::start("n1", Some(&redis.url())).await;
    let mut sender = Client::connect(&node.url(), codec, &Login::member("bob")).await;
    let mut member = Client::connect(&node.url(), codec, &Login::member("ada")).await;
    sender.join(CHANNEL).await;
    member.join(CHANNEL).await;
    let start = sender.publish(CHANNEL, "test/first", Value::Null).await.pos().to_owned();
    let first = member.next_of("test/first").await.pos().to_owned();
    assert_eq!(first, start);

    let missing = store_future(&redis, is_published);
    let after = sender.publish(CHANNEL, "test/after", Value::Null).await.pos().to_owned();
    sender.publish(CHANNEL, "test/end", Value::Null).await;
    let expected = [("@@hub/lag".to_owned(), missing), ("test/after".to_owned(), after)];
    assert_eq!(told(&mut member).await, expected, "live");

    member.send(&control("@@hub/resume", json!({ "positions": { CHANNEL: first } }))).await;
    assert_eq!(member.resumed(CHANNEL).await.payload()["recovered"], true);
    assert_eq!(told(&mut member).await, expected, "from the log");
    assert!(node.api().metric("hubwire_cluster_malformed_total") >= 2.0);
    let warnings = node.process.output().matches("envelope version 127 is unknown").count();
    assert_eq!(warnings, 1, "{}", node.process.output());
}

#[tokio::test]
async fn a_publication_of_a_newer_version_is_told_as_a_gap_in_its_place() {
    is_told_in_place(Codec::Json, true).await;
    is_told_in_place(Codec::Msgpack, true).await;
}

#[tokio::test]
async fn it_is_told_too_when_no_message_of_it_arrived() {
    is_told_in_place(Codec::Json, false).await;
}
