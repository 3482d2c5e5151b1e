//! What an action costs Redis, as Redis itself sees it: directed, never a broadcast.

use crate::support::action::{self, Action};
use crate::support::monitor::{Command, Monitor};
use crate::support::{Client, Cluster, Codec, Login, Stack};
use serde_json::{json, Value};
use std::collections::BTreeSet;

const CHANNEL: &str = "ch:acme/order/1842";

/// The commands that carry a payload.
fn carrying<'a>(commands: &'a [Command], payload: &str) -> Vec<&'a Command> {
    commands.iter().filter(|it| it.arguments.contains(payload)).collect()
}

async fn connect(cluster: &Cluster, node: usize, user: &str) -> Client {
    cluster.connect(node, Codec::Json, &Login::member(user)).await
}

/// Connections subscribed to topics whose name contains a text.
fn subscriptions(cluster: &Cluster, text: &str) -> usize {
    let mut redis = cluster.redis().connection();
    let topics: Vec<String> = redis::cmd("PUBSUB").arg("CHANNELS").arg(format!("*{text}*")).query(&mut redis).unwrap();
    let counts: Vec<(String, usize)> = redis::cmd("PUBSUB").arg("NUMSUB").arg(&topics).query(&mut redis).unwrap();
    counts.into_iter().map(|(_, count)| count).sum()
}

#[tokio::test]
async fn a_direct_message_costs_one_append_per_party_and_one_publish_per_owning_node() {
    let cluster = Cluster::start(Stack::Redis).await;
    let mut sender = connect(&cluster, 0, "u1").await;
    let mut near = connect(&cluster, 1, "u2").await;
    let mut far = connect(&cluster, 2, "u2").await;
    let mut beside = connect(&cluster, 2, "u2").await;
    // the first one loads the scripts
    sender.publish("user:u2", "test/warm", Value::Null).await;

    let mut monitor = Monitor::start(cluster.redis());
    let ack = sender.publish("user:u2", "chat/whisper", json!("payload-4711")).await;
    assert_eq!((&ack.payload()["sessions"], &ack.payload()["nodes"]), (&json!(3), &json!(2)), "{ack:?}");
    for receiver in [&mut near, &mut far, &mut beside] {
        receiver.next_of("chat/whisper").await;
    }
    let commands = monitor.commands();
    let carrying = carrying(&commands, "payload-4711");

    let scripts: Vec<_> = carrying.iter().filter(|it| it.runs_script()).collect();
    assert_eq!(scripts.len(), 1, "both appends are one atomic script: {scripts:#?}");
    let appends: Vec<_> = carrying.iter().filter(|it| it.name == "xadd").collect();
    assert_eq!(appends.len(), 2, "one append per party: {appends:#?}");
    for user in ["u1", "u2"] {
        let tag = format!("{{u:{user}}}");
        assert_eq!(appends.iter().filter(|it| it.arguments.contains(&tag)).count(), 1, "{tag}: {appends:#?}");
    }
    let publishes: Vec<_> = carrying.iter().filter(|it| it.publishes()).collect();
    assert_eq!(publishes.len(), 2, "one publish per owning node: {publishes:#?}");
    let channels: BTreeSet<_> = publishes.iter().map(|it| it.first()).collect();
    assert_eq!(channels.len(), 2, "to two nodes: {publishes:#?}");
}

/// The sender has a second session on the node of the receiver: the payload goes there once, for both.
#[tokio::test]
async fn a_node_with_sessions_of_both_parties_is_published_to_once() {
    let cluster = Cluster::start(Stack::Redis).await;
    let mut sender = connect(&cluster, 0, "u1").await;
    let mut second = connect(&cluster, 1, "u1").await;
    let mut receiver = connect(&cluster, 1, "u2").await;
    let mut far = connect(&cluster, 2, "u2").await;
    sender.publish("user:u2", "test/warm", Value::Null).await;

    let mut monitor = Monitor::start(cluster.redis());
    let ack = sender.publish("user:u2", "chat/whisper", json!("payload-4715")).await;
    assert_eq!((&ack.payload()["sessions"], &ack.payload()["nodes"]), (&json!(2), &json!(2)), "{ack:?}");
    let [copy, got, same] = [
        second.next_of("chat/whisper").await,
        receiver.next_of("chat/whisper").await,
        far.next_of("chat/whisper").await,
    ];
    let stored = (ack.payload()["own_pos"].as_str().unwrap(), ack.payload()["pos"].as_str().unwrap());
    assert_eq!((copy.pos(), got.pos()), stored, "each session gets it of its own user's stream");
    assert_eq!(same.pos(), got.pos());
    let commands = monitor.commands();
    let carrying = carrying(&commands, "payload-4715");
    let channels: Vec<_> = carrying.iter().filter(|it| it.publishes()).map(|it| it.first()).collect();
    let different: BTreeSet<_> = channels.iter().collect();
    assert_eq!((channels.len(), different.len()), (2, 2), "one publish per node: {channels:?}");
}

/// The node repeats the last position of an idle user stream to the other nodes, for many users in one message.
#[tokio::test]
async fn the_tails_of_many_users_go_to_a_node_in_one_message() {
    const USERS: usize = 24;
    let cluster = Cluster::start(Stack::Redis).await;
    let mut sender = connect(&cluster, 0, "sender").await;
    let mut receivers = Vec::new();
    for number in 0..USERS {
        receivers.push(connect(&cluster, 1, &format!("resting{number}")).await);
    }
    sender.publish("user:resting0", "test/warm", Value::Null).await;

    let mut monitor = Monitor::start(cluster.redis());
    for (number, receiver) in receivers.iter_mut().enumerate() {
        sender.publish(&format!("user:resting{number}"), "chat/whisper", Value::Null).await;
        receiver.next_of("chat/whisper").await;
    }
    let (mut tails, mut named) = (0, BTreeSet::new());
    let mut listen = || {
        let is_tail =
            |it: &Command| it.publishes() && ["\"T user:", "\"U\\n"].iter().any(|kind| it.arguments.contains(kind));
        for tail in monitor.commands().iter().filter(|it| is_tail(it)) {
            tails += 1;
            let users = tail.arguments.split("user:").skip(1);
            named.extend(users.filter_map(|rest| rest.split(' ').next().map(str::to_owned)));
        }
        named.len()
    };
    assert_eventually!(listen() == USERS, "every user that was written to is named");
    // one message every two seconds, however long a slow machine takes to send to all of them
    assert!(tails <= USERS / 2, "{tails} publishes for the tails of {USERS} users");
}

#[tokio::test]
async fn a_direct_message_on_the_own_node_costs_no_publish() {
    let cluster = Cluster::start(Stack::Redis).await;
    let mut sender = connect(&cluster, 0, "u1").await;
    let mut receiver = connect(&cluster, 0, "u2").await;
    sender.publish("user:u2", "test/warm", Value::Null).await;

    let mut monitor = Monitor::start(cluster.redis());
    let ack = sender.publish("user:u2", "chat/whisper", json!("payload-4714")).await;
    assert_eq!((&ack.payload()["sessions"], &ack.payload()["nodes"]), (&json!(1), &json!(1)), "{ack:?}");
    receiver.next_of("chat/whisper").await;
    let commands = monitor.commands();
    let carrying = carrying(&commands, "payload-4714");
    assert_eq!(carrying.iter().filter(|it| it.name == "xadd").count(), 2, "one append per party: {carrying:#?}");
    assert_eq!(carrying.iter().filter(|it| it.publishes()).count(), 0, "{carrying:#?}");
}

#[tokio::test]
async fn a_node_without_a_member_of_the_organisation_receives_nothing() {
    let cluster = Cluster::start(Stack::Redis).await;
    let mut on_first = connect(&cluster, 0, "u1").await;
    let mut on_second = connect(&cluster, 1, "u2").await;
    let _outsider = cluster.connect(2, Codec::Json, &Login::user("u3").org("other", &[], &[])).await;
    assert_eventually!(subscriptions(&cluster, "acme") == 2, "two nodes have members");

    let mut monitor = Monitor::start(cluster.redis());
    cluster.api(2).publish("org:acme", "org/notice", json!("payload-4712"));
    on_first.next_of("org/notice").await;
    on_second.next_of("org/notice").await;
    let commands = monitor.commands();
    let carrying = carrying(&commands, "payload-4712");
    assert_eq!(carrying.iter().filter(|it| it.runs_script()).count(), 1, "{carrying:#?}");
    let publishes: Vec<_> = carrying.iter().filter(|it| it.publishes()).collect();
    assert_eq!(publishes.len(), 1, "one publish, to the topic: {publishes:#?}");
    assert!(publishes[0].first().contains("acme"), "{publishes:#?}");

    on_second.close().await;
    assert_eventually!(subscriptions(&cluster, "acme") == 1, "the last member of a node takes its subscription along");
}

#[tokio::test]
async fn a_second_member_on_the_same_node_adds_no_subscription() {
    let cluster = Cluster::start(Stack::Redis).await;
    let mut first = connect(&cluster, 0, "u1").await;
    let mut far = connect(&cluster, 1, "u2").await;
    first.join(CHANNEL).await;
    far.join(CHANNEL).await;
    assert_eventually!(subscriptions(&cluster, "order/1842") == 2, "one for each node");

    let mut second = connect(&cluster, 0, "u3").await;
    let mut monitor = Monitor::start(cluster.redis());
    second.join(CHANNEL).await;
    first.publish(CHANNEL, "test/end", Value::Null).await;
    second.next_of("test/end").await;
    let subscribing: Vec<_> = monitor.commands().into_iter().filter(Command::subscribes).collect();
    assert_eq!(subscribing, []);
    assert_eq!(subscriptions(&cluster, "order/1842"), 2);

    let mut third = connect(&cluster, 2, "u4").await;
    third.join(CHANNEL).await;
    assert_eventually!(subscriptions(&cluster, "order/1842") == 3, "one more for one more node");
    for client in [first, second, third, far] {
        client.close().await;
    }
    assert_eventually!(subscriptions(&cluster, "order/1842") == 0, "nobody looks, nothing is left");
}

async fn view(client: &mut Client, channel: &str) {
    let answer = client.ask(action::control_at(channel, "@@hub/view", json!({}))).await;
    assert_eq!((answer.kind(), answer.to()), ("@@hub/joined", channel), "{answer:?}");
}

/// The answer waits for one round trip: the index of the node and the channel, pipelined. The old channel is left
/// later.
#[tokio::test]
async fn a_change_of_the_view_asks_for_the_new_channel_first_and_once() {
    const FORMER: &str = "ch:acme/view/former";
    const NEXT: &str = "ch:acme/view/next";
    let cluster = Cluster::start(Stack::Redis).await;
    let mut others = [connect(&cluster, 0, "near").await, connect(&cluster, 1, "far").await];
    for other in &mut others {
        other.join(FORMER).await;
        other.join(NEXT).await;
    }
    let mut viewer = connect(&cluster, 0, "viewer").await;
    view(&mut viewer, FORMER).await;
    let told = |it: &Action| it.kind() == "@@hub/joined" && it.users().iter().any(|user| user.0 == "viewer");
    others[1].next("that the viewer came, which is announced a moment later", told).await;

    let mut monitor = Monitor::start(cluster.redis());
    view(&mut viewer, NEXT).await;
    let commands = monitor.commands();
    let asked = commands.iter().filter(|it| it.client != "lua" && it.arguments.contains("viewer"));
    let channels: Vec<_> =
        asked.filter_map(|it| [NEXT, FORMER].into_iter().find(|channel| it.arguments.contains(channel))).collect();
    assert!(channels.starts_with(&[NEXT, NEXT]), "{commands:#?}");
    // and a moment later the announcement to the members
    assert!(channels[2..].iter().filter(|channel| **channel == NEXT).count() <= 1, "{commands:#?}");
}

/// The calls about a user in a channel that the first node to make one has made, not their scripts, and the number of
/// publications about it. Other nodes look after users that are leaving, and nodes read the list of members now and
/// then, for all joins and leaves together.
fn calls<'a>(commands: &'a [Command], channel: &str, user: &str) -> (Vec<&'a Command>, usize) {
    let about = commands.iter().filter(|it| it.arguments.contains(channel) && it.arguments.contains(user));
    let publishes = about.clone().filter(|it| it.publishes()).count();
    let mut calls: Vec<&Command> = about.filter(|it| it.client != "lua").collect();
    let of = calls.first().map(|it| &it.client);
    calls.retain(|it| Some(&it.client) == of);
    (calls, publishes)
}

/// The numbers of docs/sizing.md.
#[tokio::test]
async fn a_join_and_a_leave_cost_the_documented_calls_with_their_announcement() {
    let page = include_str!("../../docs/sizing.md");
    let documented = |what: &str| {
        let row = page.lines().find(|line| line.starts_with(&format!("| {what}"))).unwrap();
        let cost = row.split('|').nth(2).unwrap();
        let numbers: Vec<usize> = cost.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        (numbers[0], numbers[1])
    };
    let cluster = Cluster::start(Stack::Redis).await;
    let mut others = [connect(&cluster, 0, "near").await, connect(&cluster, 1, "far").await];
    let mut guest = connect(&cluster, 0, "guest").await;
    let leave = action::control_at(CHANNEL, "@@hub/leave", json!({}));
    let names =
        |it: &Action, kind: &str, user: &str| it.kind() == kind && it.users().iter().any(|named| named.0 == user);
    for other in &mut others {
        other.join(CHANNEL).await;
    }
    // the first ones load the scripts
    guest.join(CHANNEL).await;
    others[1].next("that the guest came", |it| names(it, "@@hub/joined", "guest")).await;
    guest.ask(leave.clone()).await;
    others[1].next("that the guest left", |it| names(it, "@@hub/left", "guest")).await;

    let mut monitor = Monitor::start(cluster.redis());
    let made = |monitor: &mut Monitor, commands: &mut Vec<Command>| {
        commands.extend(monitor.commands());
        let (calls, publishes) = calls(commands, CHANNEL.trim_start_matches("ch:"), "guest");
        (calls.len(), publishes)
    };
    guest.join(CHANNEL).await;
    others[1].next("that the guest came", |it| names(it, "@@hub/joined", "guest")).await;
    let mut commands = monitor.commands();
    // another node may have been the first to announce it
    assert_eventually!(made(&mut monitor, &mut commands).0 >= documented("join,").0, "{commands:#?}");
    assert_eq!(made(&mut monitor, &mut commands), documented("join,"), "{commands:#?}");
    guest.ask(leave).await;
    others[1].next("that the guest left", |it| names(it, "@@hub/left", "guest")).await;
    let mut commands = monitor.commands();
    assert_eventually!(made(&mut monitor, &mut commands).0 >= documented("leave,").0, "{commands:#?}");
    assert_eq!(made(&mut monitor, &mut commands), documented("leave,"), "{commands:#?}");
}
