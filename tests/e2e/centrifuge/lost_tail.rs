//! Redis restarts with all its data, is replaced by a replica that lacks the newest publications, and by one without
//! data. Connected clients and clients that reconnect later receive everything once, or learn that they do not.

use super::followers::{self, has_begun, heard, publish, times};
use super::raw::Raw;
use super::{socket, SETTINGS};
use crate::foreign_clients::installed;
use crate::support::redis_server::RedisServer;
use crate::support::{Login, Node, Process};
use serde_json::json;

const NAMESPACES: &str = "chat acme subscribe publish recover,told acme subscribe publish position";

/// All that a Redis holds: keys, what is left of their lifetimes, values.
type Held = Vec<(Vec<u8>, i64, Vec<u8>)>;

fn held_by(redis: &RedisServer) -> Held {
    let mut connection = redis.connection();
    let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query(&mut connection).unwrap();
    let mut held = Vec::new();
    for key in keys {
        let lives: i64 = redis::cmd("PTTL").arg(&key).query(&mut connection).unwrap();
        let value: Option<Vec<u8>> = redis::cmd("DUMP").arg(&key).query(&mut connection).unwrap();
        // a key that expired meanwhile does not count
        held.extend(value.map(|value| (key, lives.max(0), value)));
    }
    held
}

/// Another server takes the place of a Redis that died, with what it holds. Nodes see no moment in between.
async fn takes_over(dead: RedisServer, held: &Held, nodes: &mut [&mut Node]) -> RedisServer {
    nodes.iter().for_each(|node| node.process.signal("STOP"));
    let port = dead.port();
    drop(dead);
    let redis = RedisServer::start_on(port).await;
    let mut connection = redis.connection();
    for (key, lives, value) in held {
        redis::cmd("RESTORE").arg(key).arg(*lives).arg(value).exec(&mut connection).unwrap();
    }
    nodes.iter().for_each(|node| node.process.signal("CONT"));
    for node in nodes {
        node.ready().await;
        let probe = json!({ "to": "ch:acme/chat/probe", "type": "publication", "payload": 0 });
        assert_eventually!(node.api().post("/v1/publish", probe.clone()).status == 200, "{} publishes", node.label());
    }
    redis
}

/// Followers of a channel by the clients of npm, PyPI and Go.
async fn begun(node: &Node) -> Vec<Process> {
    let url = socket(node.public_port());
    let [npm, json, protobuf] = [
        followers::npm("json", "websocket", &url, "chat:told"),
        followers::pypi("json", &url, "chat:told"),
        followers::pypi("protobuf", &url, "chat:told"),
    ];
    let begun: Vec<_> = [npm, json, protobuf].into_iter().chain(followers::go("json", &url, "chat:told")).collect();
    followers::eventually(&begun, "subscribed", has_begun).await;
    begun
}

async fn all_heard(followers: &[Process], last: u64) {
    followers::eventually(followers, &format!("heard {last}"), |it| heard(it).last() == Some(&last)).await;
}

#[tokio::test]
async fn whoever_lacks_something_after_redis_lost_it_is_told_and_nobody_hears_anything_twice() {
    installed("node_modules/centrifuge");
    let mut settings = SETTINGS.to_vec();
    settings[2].1 = NAMESPACES;
    // one of the clients answers no pings
    settings.push(("HUBWIRE_SOCKET_PING_INTERVAL_MS", "60000"));
    let redis = RedisServer::start().await;
    let broker = redis.url();
    let [mut here, mut there] = ["n1", "n2"].map(|label| Node::spawn_set(label, Some(&broker), &settings));
    here.ready().await;
    there.ready().await;
    let (away, present) = (begun(&here).await, begun(&there).await);
    let everybody = || away.iter().chain(&present);
    let positioned = followers::npm("json", "websocket", &socket(there.public_port()), "told:told");
    assert_eventually!(positioned.output().contains("subscribed anew"), "{}", positioned.output());
    let to_positioned = |node: &Node, n: u64| drop(node.api().publish("ch:acme/told/told", "publication", n.into()));

    // Redis has all its data: no client sees a gap, nothing is missing
    publish(&there, 1..5).await;
    to_positioned(&there, 1);
    all_heard(&away, 4).await;
    all_heard(&present, 4).await;
    let held = held_by(&redis);
    let redis = takes_over(redis, &held, &mut [&mut here, &mut there]).await;
    publish(&there, 5..8).await;
    all_heard(&away, 7).await;
    all_heard(&present, 7).await;

    // a replica that had everything up to 7: clients that heard 10 are away until the log is at 12 again
    let held = held_by(&redis);
    let granted = Login::member("u3").claim("channels", json!(["chat:told"]));
    // on the node that saw the lost tail, by the client that has to come back by itself
    let granted_npm = followers::npm_by_server(&socket(there.public_port()), &granted);
    assert_eventually!(has_begun(&granted_npm), "{}", granted_npm.output());
    let (mut by_server, _) = Raw::come_back(&socket(there.public_port()), &granted, json!({})).await;
    publish(&there, 8..11).await;
    let last = by_server.next("the last", |it| it["push"]["pub"]["data"] == 10).await["push"]["pub"].clone();
    to_positioned(&there, 2);
    all_heard(&away, 10).await;
    all_heard(&present, 10).await;
    assert_eventually!(heard(&positioned) == [1, 2], "{}", positioned.output());
    for follower in everybody() {
        assert_eq!((times(follower, "recovered=false"), times(follower, "subscribing 2500")), (0, 0));
    }
    here.process.kill();
    let redis = takes_over(redis, &held, &mut [&mut there]).await;
    publish(&there, 108..113).await;
    to_positioned(&there, 3);
    here.respawn(Some(&broker));
    here.ready().await;
    for follower in everybody() {
        assert_eventually!(times(follower, "recovered=false") == 1, "{}", follower.output());
    }
    assert_eventually!(times(&granted_npm, "recovered=false") == 1, "{}", granted_npm.output());
    publish(&there, 113..114).await;
    all_heard(&away, 113).await;
    all_heard(&present, 113).await;
    let before: Vec<u64> = (1..11).collect();
    for follower in &away {
        assert_eq!(heard(follower), [&before[..], &[113]].concat(), "{}", follower.output());
    }
    for follower in &present {
        let heard = heard(follower);
        assert!(heard.starts_with(&before) && heard.is_sorted_by(|a, b| a < b), "{}", follower.output());
        assert_eq!(times(follower, "subscribing 2500"), 1, "{}", follower.output());
    }
    // clients that the server subscribed come back with a new connection
    assert_eq!(times(&granted_npm, "connecting 3010"), 1, "{}", granted_npm.output());
    let heard_there = || heard(&granted_npm);
    assert_eventually!(heard_there().last() == Some(&113), "{}", granted_npm.output());
    assert!(heard_there().starts_with(&[8, 9, 10]) && heard_there().is_sorted_by(|a, b| a < b), "{:?}", heard_there());
    assert_eq!(by_server.closed().await, 3010);
    let known = json!({ "chat:told": { "recover": true, "offset": last["offset"], "epoch": last["epoch"] } });
    let (_, again) = Raw::come_back(&socket(there.public_port()), &granted, json!({ "subs": known })).await;
    let sub = &again["subs"]["chat:told"];
    assert_eq!((&sub["was_recovering"], &sub["recovered"]), (&json!(true), &json!(null)), "{again}");
    // a client that does not recover starts over
    assert_eventually!(times(&positioned, "subscribed anew") == 2, "{}", positioned.output());
    assert_eq!((times(&positioned, "subscribing 2500"), times(&positioned, "recovered=")), (1, 0));
    to_positioned(&there, 4);
    assert_eventually!(heard(&positioned).last() == Some(&4), "{}", positioned.output());

    // Redis has no data
    let _redis = takes_over(redis, &Held::new(), &mut [&mut here, &mut there]).await;
    publish(&there, 200..201).await;
    for follower in everybody() {
        assert_eventually!(times(follower, "recovered=false") == 2, "{}", follower.output());
    }
    publish(&there, 201..202).await;
    all_heard(&away, 201).await;
    all_heard(&present, 201).await;
    for follower in everybody() {
        assert!(heard(follower).is_sorted_by(|a, b| a < b), "{}", follower.output());
    }
}
