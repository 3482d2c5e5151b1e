//! A channel with all members on one node causes no traffic between nodes; when another node joins, no member misses
//! anything.

use crate::support::action::{control_at, publication};
use crate::support::monitor::{Command, Monitor};
use crate::support::{Client, Cluster, Codec, Login};
use serde_json::{json, Value};

on_stack!(
    redis_json,
    Redis,
    Json,
    a_lone_viewer_costs_nothing_between_nodes,
    whoever_comes_second_and_whoever_was_first_miss_nothing,
    a_viewer_alone_on_its_node_gets_what_other_nodes_publish
);
on_stack!(
    redis_msgpack,
    Redis,
    Msgpack,
    a_lone_viewer_costs_nothing_between_nodes,
    whoever_comes_second_and_whoever_was_first_miss_nothing,
    a_viewer_alone_on_its_node_gets_what_other_nodes_publish
);

const CHANNEL: &str = "ch:acme/lone/1842";
const NAME: &str = "lone/1842";

async fn connect(cluster: &Cluster, node: usize, codec: Codec, user: &str) -> Client {
    cluster.connect(node, codec, &Login::member(user)).await
}

fn ephemeral(kind: &str, payload: Value) -> Value {
    let mut action = publication(CHANNEL, kind, payload);
    action["meta"]["hub"]["ephemeral"] = json!(true);
    action
}

/// What went, or would go, from node to node for the channel.
fn between_nodes(commands: &[Command]) -> Vec<&Command> {
    let of_channel = commands.iter().filter(|it| it.arguments.contains(NAME));
    of_channel.filter(|it| it.publishes() || it.subscribes()).collect()
}

fn suppressed(cluster: &Cluster, node: usize) -> f64 {
    cluster.api(node).metric("hubwire_lone_suppressed_total")
}

async fn a_lone_viewer_costs_nothing_between_nodes(cluster: &Cluster, codec: Codec) {
    let mut viewer = connect(cluster, 0, codec, "ada").await;
    let mut beside = connect(cluster, 0, codec, "bob").await;
    let mut monitor = Monitor::start(cluster.redis());
    viewer.join(CHANNEL).await;
    viewer.publish(CHANNEL, "order/changed", json!("stored")).await;
    viewer.ask(ephemeral("order/typing", json!("not stored"))).await;
    // a further member on the same node causes no traffic either
    beside.ask(control_at(CHANNEL, "@@hub/join", json!({ "presence": true }))).await;
    viewer.publish(CHANNEL, "order/changed", json!("stored for both")).await;
    viewer.ask(ephemeral("order/typing", json!("for the other"))).await;
    assert_eq!(beside.next_of("order/changed").await.payload(), "stored for both");
    assert_eq!(beside.next_of("order/typing").await.payload(), "for the other");
    viewer.ask(control_at(CHANNEL, "@@hub/leave", json!({}))).await;
    let left = beside.next("that the other left", |it| it.kind() == "@@hub/left" && it.hub("re").is_null()).await;
    assert_eq!(left.users(), [("ada".to_owned(), None)]);
    // about two seconds later the node says where the stream stands
    let mut commands = Vec::new();
    assert_eventually!({
        commands.extend(monitor.commands());
        commands.iter().any(|it: &Command| it.runs_script() && it.arguments.contains(&format!("\"T {CHANNEL}")))
    });
    beside.ask(control_at(CHANNEL, "@@hub/leave", json!({}))).await;
    commands.extend(monitor.commands());
    assert_eq!(between_nodes(&commands), Vec::<&Command>::new());
    assert_eq!(commands.iter().filter(|it| it.name == "xadd" && it.arguments.contains(NAME)).count(), 2, "the log");
    assert!(suppressed(cluster, 0) >= 6.0, "one subscription, joins, publications, a leave, the stream's end");
    assert_eq!(suppressed(cluster, 1), 0.0);
}

/// Both speak all the while: what either says from the moment in which the second is in reaches the other.
async fn whoever_comes_second_and_whoever_was_first_miss_nothing(cluster: &Cluster, codec: Codec) {
    const EACH: u64 = 20;
    let mut first = connect(cluster, 0, codec, "ada").await;
    first.ask(control_at(CHANNEL, "@@hub/join", json!({ "presence": true }))).await;
    for round in 0..10 {
        let mut second = connect(cluster, 1, codec, "bob").await;
        second.send(&control_at(CHANNEL, "@@hub/join", json!({}))).await;
        // without waiting: the first publishes while the second joins, and the second as soon as it may
        for number in 0..EACH {
            first.send(&publication(CHANNEL, "by/first", json!([round, number]))).await;
            first.send(&ephemeral("by/first-typing", json!([round, number]))).await;
        }
        second.next("the answer to its join", |it| it.kind() == "@@hub/joined").await;
        for number in 0..EACH {
            second.send(&publication(CHANNEL, "by/second", json!([round, number]))).await;
            second.send(&ephemeral("by/second-typing", json!([round, number]))).await;
            first.send(&publication(CHANNEL, "by/first", json!([round, EACH + number]))).await;
            first.send(&ephemeral("by/first-typing", json!([round, EACH + number]))).await;
        }
        first.next("that the second came", |it| it.kind() == "@@hub/joined" && it.hub("re").is_null()).await;
        let of =
            |kind: &'static str, from: u64, to: u64| (kind, (from..to).map(|n| json!([round, n])).collect::<Vec<_>>());
        for (kind, expected) in [of("by/second", 0, EACH), of("by/second-typing", 0, EACH)] {
            let mut got = Vec::new();
            for _ in 0..EACH {
                got.push(first.next_of(kind).await.payload().clone());
            }
            assert_eq!(got, expected, "{kind} at the first");
        }
        // the second may miss what was published before it joined, and nothing after that
        for (kind, expected) in [of("by/first", EACH, 2 * EACH), of("by/first-typing", EACH, 2 * EACH)] {
            let mut got: Vec<Value> = Vec::new();
            while got.last() != expected.last() {
                got.push(second.next_of(kind).await.payload().clone());
            }
            assert!(got.windows(2).all(|pair| pair[0][1].as_u64() < pair[1][1].as_u64()), "{kind}: {got:?}");
            assert!(got.ends_with(&expected), "{kind} at the second: {got:?}");
        }
        second.ask(control_at(CHANNEL, "@@hub/leave", json!({}))).await;
        second.close().await;
        first.next("that the second left", |it| it.kind() == "@@hub/left").await;
        let twice: Vec<_> = first.fence().await.into_iter().filter(|it| it.kind().starts_with("by/second")).collect();
        assert_eq!(twice, [], "round {round}");
    }
}

async fn a_viewer_alone_on_its_node_gets_what_other_nodes_publish(cluster: &Cluster, codec: Codec) {
    let mut viewer = connect(cluster, 0, codec, "ada").await;
    let mut elsewhere = connect(cluster, 1, codec, "bob").await;
    viewer.join(CHANNEL).await;
    let mut monitor = Monitor::start(cluster.redis());
    cluster.api(2).publish(CHANNEL, "order/changed", json!("by the server"));
    assert_eq!(viewer.next_of("order/changed").await.payload(), "by the server");
    elsewhere.ask(ephemeral("order/typing", json!("by a client that is not in"))).await;
    assert_eq!(viewer.next_of("order/typing").await.payload(), "by a client that is not in");
    let commands = monitor.commands();
    let publishes: Vec<_> = between_nodes(&commands).into_iter().map(|it| it.first().to_owned()).collect();
    assert_eq!(publishes.len(), 2, "one for each: {publishes:?}");
    assert!(publishes.iter().all(|channel| channel.ends_with("}:node")), "to the one node: {publishes:?}");
}
