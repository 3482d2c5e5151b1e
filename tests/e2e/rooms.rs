//! Clients in rooms: one that a stranger wrote, and how they share rooms with hubwire's own clients, lose their node,
//! and move about.

use crate::foreign_clients::{installed, run};
use crate::support::{Action, Client, Cluster, Codec, Login, Node, Offer, Stack};
use serde_json::json;
use std::collections::BTreeMap;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/foreign/rooms.py");

fn settings(recent: &str) -> [(&'static str, &str); 3] {
    [("HUBWIRE_ROOMS_ENABLED", "true"), ("HUBWIRE_ROOMS_ORG", "acme"), ("HUBWIRE_ROOMS_RECENT", recent)]
}

#[tokio::test]
async fn a_client_written_from_the_events_alone_does_the_jobs_on_several_nodes() {
    let python = installed("venv/bin/python");
    let cluster = Cluster::start_with(Stack::Redis, &settings("1")).await;
    let said = run(&python, &[SCRIPT], &cluster).await;
    assert!(said.contains("all jobs done"), "{said}");
}

/// A client in rooms, with the right to list them.
async fn enter(node: &Node, user: &str) -> Client {
    let otp = node.api().ticket(&Login::admin(user));
    let offer = Offer { query: format!("?otp={otp}"), subprotocols: vec!["hubwire.rooms".into()], ..Offer::default() };
    let url = node.url().replace("/ws", "/rooms");
    let client = Client::open(&url, Codec::Json, &offer).await.expect("the password is good");
    assert_eq!(client.subprotocol(), Some("hubwire.rooms"));
    client
}

async fn send(client: &mut Client, kind: &str, payload: serde_json::Value) {
    client.send(&json!({ "type": kind, "payload": payload })).await;
}

/// The next message, with who said it.
async fn heard(client: &mut Client) -> (String, String) {
    let Action(event) = client.next_of("new_message").await;
    let text = |field: &str| event["payload"][field].as_str().unwrap().to_owned();
    (text("message"), text("from"))
}

fn said(message: &str, from: &str) -> (String, String) {
    (message.to_owned(), from.to_owned())
}

#[tokio::test]
async fn both_kinds_of_clients_share_a_room_and_come_back_to_it_from_a_node_that_ends() {
    let mut cluster = Cluster::start_with(Stack::Redis, &settings("0")).await;
    let mut guest = enter(cluster.node(0), "guest").await;
    // its own message tells that it is in the room
    send(&mut guest, "send_message", json!({ "message": "hello" })).await;
    assert_eq!(heard(&mut guest).await, said("hello", "guest"));
    let mut own = Vec::new();
    for (node, codec) in [(0, Codec::Json), (1, Codec::Msgpack)] {
        let mut client = cluster.connect(node, codec, &Login::member("own")).await;
        client.join("ch:acme/general").await;
        own.push(client);
    }
    send(&mut guest, "send_message", json!({ "message": "hi \u{1f44b}", "from": "boss" })).await;
    for client in &mut own {
        let action = client.next_of("new_message").await;
        assert_eq!((action.payload(), action.hub("from")), (&json!({ "message": "hi \u{1f44b}" }), &json!("guest")));
    }
    assert_eq!(heard(&mut guest).await, said("hi \u{1f44b}", "guest"));
    for client in &mut own {
        client.publish("ch:acme/general", "order/changed", json!({ "message": "of another type" })).await;
        client.publish("ch:acme/general", "new_message", json!({ "message": "yes?", "more": 1 })).await;
        assert_eq!(heard(&mut guest).await, said("yes?", "own"), "what is no message is not told");
    }

    let last = own[1].publish("ch:acme/general", "new_message", json!({ "message": "last" })).await.pos().to_owned();
    assert_eq!(heard(&mut guest).await, said("last", "own"));
    cluster.node_mut(0).process.kill();
    assert_eq!(guest.closed().await, 1006);
    own[1].publish("ch:acme/general", "new_message", json!({ "message": "meanwhile" })).await;
    let mut guest = enter(cluster.node(2), "guest").await;
    send(&mut guest, "change_room", json!({ "name": "general", "after": last })).await;
    assert_eq!(heard(&mut guest).await, said("meanwhile", "own"), "from where it was");

    cluster.api(1).ok(cluster.api(1).delete("/v1/channels/ch:acme%2Fgeneral/members/guest"));
    assert_eq!(guest.next_of("removed").await.payload(), &json!({ "name": "general", "reason": "kicked" }));
    send(&mut guest, "send_message", json!({ "message": "to nobody" })).await;
    assert_eq!(guest.next_of("error").await.code(), "not_joined");

    cluster.node(2).process.signal("TERM");
    assert_eq!(guest.closed().await, 4000);
}

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % bound) as usize
    }
}

/// The model: a client is in one room, and hears what is said there while it is there. Moves are pipelined with what is
/// said, several at once.
#[tokio::test]
async fn whoever_walks_through_rooms_hears_what_is_said_where_it_is_and_nothing_else() {
    const ROOMS: [&str; 3] = ["general", "games", "Lost & found"];
    let cluster = Cluster::start_with(Stack::Memory, &settings("0")).await;
    let (mut clients, mut chance) = (Vec::new(), Chance(7));
    // two tabs of one user are two clients
    for user in ["a", "b", "b"] {
        let mut client = enter(cluster.node(0), user).await;
        send(&mut client, "send_message", json!({ "message": "in" })).await;
        client.next("its own word", |it| it.payload()["from"] == user).await;
        clients.push((client, user, "general"));
    }
    let mut expected: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for step in 0..60 {
        let mover = chance.below(clients.len() as u64);
        let (client, _, room) = &mut clients[mover];
        for _ in 0..chance.below(4) {
            *room = ROOMS[chance.below(ROOMS.len() as u64)];
            send(client, "change_room", json!({ "name": *room })).await;
        }
        let (message, room) = (format!("step {step}"), *room);
        send(client, "send_message", json!({ "message": message })).await;
        for (hearer, (client, _, at)) in clients.iter_mut().enumerate().filter(|(_, (_, _, at))| *at == room) {
            client.next(&format!("{message} in {at}"), |it| it.payload()["message"] == message.as_str()).await;
            expected.entry(hearer).or_default().push(message.clone());
        }
    }
    for (client, _, _) in &mut clients {
        // its answer follows all that was delivered before
        send(client, "list_rooms", json!({})).await;
        let mut next = client.next("the list", |_| true).await;
        while next.kind() != "rooms" {
            assert_eq!(next.payload()["message"], "in", "heard in another room, or twice: {next:?}");
            next = client.next("the list", |_| true).await;
        }
    }
    assert_eq!(expected.values().map(Vec::len).min().map(|heard| heard > 10), Some(true), "everybody heard much");
}
