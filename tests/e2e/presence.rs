//! Presence is exact across the cluster, both when requested and when pushed.

use crate::support::action::control_at;
use crate::support::{Client, Cluster, Codec, Login};
use serde_json::json;
use std::collections::BTreeSet;

on_every_stack!(joins_and_leaves_are_told_once_per_user, presence_of_a_channel_and_of_a_user_is_exact,);
behind_haproxy!(joins_and_leaves_are_told_once_per_user, presence_of_a_channel_and_of_a_user_is_exact,);

const CHANNEL: &str = "ch:acme/order/1842";

/// Takes pushed `joined` or `left` until these users were named; each once.
async fn told(client: &mut Client, kind: &str, users: &[&str]) {
    let expected: BTreeSet<String> = users.iter().map(|user| user.to_string()).collect();
    let mut named = Vec::new();
    while named.len() < expected.len() {
        let push = client.next(kind, |it| it.kind() == kind && it.hub("re").is_null()).await;
        assert_eq!(push.to(), CHANNEL);
        named.extend(push.users().into_iter().map(|(user, _)| user));
    }
    assert_eq!(named.iter().cloned().collect::<BTreeSet<_>>(), expected, "{named:?}");
    assert_eq!(named.len(), expected.len(), "each once: {named:?}");
}

/// Everything delivered up to now holds no `joined` or `left`.
async fn told_nothing(client: &mut Client) {
    let delivered = client.fence().await;
    let pushes: Vec<_> = delivered.iter().filter(|it| ["@@hub/joined", "@@hub/left"].contains(&it.kind())).collect();
    assert!(pushes.is_empty(), "{pushes:?}");
}

async fn joins_and_leaves_are_told_once_per_user(cluster: &Cluster, codec: Codec) {
    let mut watcher = cluster.connect(0, codec, &Login::member("ada")).await;
    watcher.join(CHANNEL).await;

    let bob = Login::member("bob");
    let mut first = cluster.connect(1, codec, &bob).await;
    let mut second = cluster.connect(2, codec, &bob).await;
    let mut eve = cluster.connect(2, codec, &Login::member("eve")).await;
    first.join(CHANNEL).await;
    second.join(CHANNEL).await;
    eve.join(CHANNEL).await;
    told(&mut watcher, "@@hub/joined", &["bob", "eve"]).await;

    // one of bob's sessions leaves: bob is still there
    first.ask(control_at(CHANNEL, "@@hub/leave", json!({}))).await;
    // eve's socket ends, bob's last session leaves
    eve.close().await;
    told(&mut watcher, "@@hub/left", &["eve"]).await;
    second.ask(control_at(CHANNEL, "@@hub/leave", json!({}))).await;
    told(&mut watcher, "@@hub/left", &["bob"]).await;
    told_nothing(&mut watcher).await;
}

async fn presence_of_a_channel_and_of_a_user_is_exact(cluster: &Cluster, codec: Codec) {
    let bob = Login::member("bob");
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let mut here = cluster.connect(1, codec, &bob).await;
    let mut there = cluster.connect(2, codec, &bob).await;
    let idle = cluster.connect(2, codec, &Login::member("eve")).await;
    for client in [&mut ada, &mut here, &mut there] {
        client.join(CHANNEL).await;
    }
    let both = [("ada".to_string(), Some(1)), ("bob".to_string(), Some(2))];
    let api = cluster.api(2);
    let presence = ada.ask(control_at(CHANNEL, "@@hub/presence", json!({}))).await;
    assert_eq!((presence.kind(), &presence.users()[..]), ("@@hub/presence", &both[..]), "{presence:?}");
    assert_eq!(api.presence(&format!("channel={CHANNEL}")), both);
    let presence = ada.ask(control_at("user:bob", "@@hub/presence", json!({}))).await;
    assert_eq!(presence.users(), both[1..], "{presence:?}");
    assert_eq!(api.presence("user=eve"), [("eve".to_string(), Some(1))], "in no channel, and there");

    idle.close().await;
    there.close().await;
    cluster.sessions_are("bob", 1).await;
    cluster.sessions_are("eve", 0).await;
    let one_each = [("ada".to_string(), Some(1)), ("bob".to_string(), Some(1))];
    assert_eventually!(api.presence(&format!("channel={CHANNEL}")) == one_each);
    assert_eq!(api.presence("user=eve"), []);
}
