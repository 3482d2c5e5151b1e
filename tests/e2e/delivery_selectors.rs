//! Publications that are not for everybody at their address: users left out of a channel, sessions selected of a user.

use crate::support::action::{control, control_at, publication};
use crate::support::{Action, Client, Cluster, Codec, Login, Offer, Stack};
use serde_json::{json, Value};

on_every_stack!(
    who_is_left_out_of_a_channel_gets_it_neither_live_nor_from_the_log,
    a_direct_message_goes_to_the_sessions_that_were_selected,
    a_selection_out_of_place_is_refused_and_an_id_counts_with_it,
);

const CHANNEL: &str = "ch:acme/order/1842";

fn narrowed(to: &str, kind: &str, hub: Value) -> Value {
    let mut action = publication(to, kind, json!(1));
    for (key, value) in hub.as_object().unwrap() {
        action["meta"]["hub"][key] = value.clone();
    }
    action
}

fn kinds(actions: &[Action]) -> Vec<&str> {
    actions.iter().filter(|action| !action.is_control()).map(Action::kind).collect()
}

async fn session(cluster: &Cluster, node: usize, codec: Codec, user: &str, query: &str) -> Client {
    let offer = Offer { query: query.into(), ..Offer::login(codec, &Login::member(user)) };
    let mut client = Client::open(&cluster.url(node), codec, &offer).await.expect("the upgrade is accepted");
    client.welcomed().await;
    client
}

async fn who_is_left_out_of_a_channel_gets_it_neither_live_nor_from_the_log(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let mut bob = cluster.connect(1, codec, &Login::member("bob")).await;
    let mut eve = cluster.connect(2, codec, &Login::member("eve")).await;
    for client in [&mut ada, &mut bob, &mut eve] {
        client.join(CHANNEL).await;
    }
    let before = ada.publish(CHANNEL, "for/all", json!(0)).await;
    let sent = ada.ask(narrowed(CHANNEL, "not/eve", json!({ "except": ["eve", "zoe"] }))).await;
    assert_eq!(sent.kind(), "@@hub/ack", "{sent:?}");
    let typing = narrowed(CHANNEL, "not/eve/typing", json!({ "except": ["eve"], "ephemeral": true }));
    assert_eq!(ada.ask(typing).await.kind(), "@@hub/ack");
    ada.publish(CHANNEL, "for/all/last", json!(2)).await;
    let seen: Vec<String> = bob.publications_until("for/all/last").await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(seen, ["for/all", "not/eve", "not/eve/typing", "for/all/last"]);
    let seen: Vec<String> = eve.publications_until("for/all/last").await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(seen, ["for/all", "for/all/last"]);
    assert!(eve.fence().await.iter().all(|action| action.kind() != "@@hub/lag"), "nothing is missing for eve");
    // from the log: by a resume on another node, by history, by a join
    eve.send(&control("@@hub/resume", json!({ "positions": { CHANNEL: before.pos() } }))).await;
    assert_eq!(eve.resumed(CHANNEL).await.payload()["recovered"], true);
    assert_eq!(kinds(&eve.fence().await), ["for/all/last"]);
    for (client, expected) in [(&mut eve, vec!["for/all", "for/all/last"]), (&mut bob, vec!["for/all", "not/eve"])] {
        let page = client.ask(control_at(CHANNEL, "@@hub/history", json!({}))).await;
        let publications = page.payload()["publications"].as_array().unwrap();
        let found: Vec<&str> = publications.iter().map(|it| it["type"].as_str().unwrap()).collect();
        assert_eq!(found[..2], expected, "{page:?}");
    }
    let mut again = cluster.connect(0, codec, &Login::member("eve")).await;
    let joined = again.ask(control_at(CHANNEL, "@@hub/join", json!({ "recent": 10 }))).await;
    let recent: Vec<&str> =
        joined.payload()["recent"].as_array().unwrap().iter().map(|it| it["type"].as_str().unwrap()).collect();
    assert_eq!(recent, ["for/all", "for/all/last"]);
    // the server API, too
    let api = cluster.api(1);
    let body = json!({ "to": CHANNEL, "type": "not/bob", "except": ["bob"] });
    api.ok(api.post("/v1/publish", body));
    assert_eq!(eve.next_of("not/bob").await.to(), CHANNEL);
    ada.publish(CHANNEL, "end", json!(3)).await;
    assert_eq!(bob.publications_until("end").await.len(), 1, "bob is left out");
}

async fn a_direct_message_goes_to_the_sessions_that_were_selected(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let mut desk = session(cluster, 0, codec, "bob", "?device=desk&device_class=desktop").await;
    let mut pad = session(cluster, 1, codec, "bob", "?device=pad&device_class=mobile").await;
    // the session that connected last, and that states its kind in its first message
    let mut phone = Client::open(&cluster.url(2), codec, &Offer::codec(codec)).await.expect("an upgrade");
    let auth = json!({ "token": Login::member("bob").token(), "device": "phone", "device_class": "mobile" });
    phone.send(&control("@@hub/auth", auth)).await;
    phone.welcomed().await;
    cluster.sessions_are("bob", 3).await;
    for (select, sessions) in
        [(json!("one"), 1), (json!("others"), 2), (json!({ "device_class": "mobile" }), 3), (json!("all"), 3)]
    {
        let kind = format!("select/{}", select.as_str().unwrap_or("class"));
        let ack = ada.ask(narrowed("user:bob", &kind, json!({ "select": select }))).await;
        assert_eq!(ack.payload()["sessions"], sessions, "{kind}: {ack:?}");
    }
    let typing = json!({ "select": "one", "ephemeral": true });
    assert_eq!(ada.ask(narrowed("user:bob", "select/one/typing", typing)).await.kind(), "@@hub/ack");
    ada.publish("user:bob", "last", json!(2)).await;
    for (client, expected) in [
        (&mut phone, vec!["select/one", "select/class", "select/all", "select/one/typing", "last"]),
        (&mut pad, vec!["select/others", "select/class", "select/all", "last"]),
        (&mut desk, vec!["select/others", "select/all", "last"]),
    ] {
        let seen = client.publications_until("last").await;
        let seen: Vec<&str> = seen.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(seen, expected);
    }
    // the log keeps it for all sessions: nothing is lost when the selected one ends
    let page = desk.ask(control_at("user:bob", "@@hub/history", json!({}))).await;
    assert_eq!(page.payload()["publications"].as_array().unwrap().len(), 5);
    let api = cluster.api(1);
    let sent = api.ok(api.post("/v1/publish", json!({ "to": "user:bob", "type": "by/api", "select": "one" })));
    assert_eq!(sent["sessions"], 1, "{sent}");
    ada.publish("user:bob", "end", json!(3)).await;
    // the desk asked for a page since
    assert_eq!(desk.publications_until("end").await.len(), 2);
    for client in [&mut phone, &mut pad] {
        assert_eq!(client.publications_until("end").await.len(), 1);
    }
    // a session becomes the active one when its client sends something, on another node and on the sender's own
    for (client, others, kind) in [(&mut pad, 2, "select/pad"), (&mut desk, 2, "select/desk")] {
        client.publish("user:ada", "here/i/am", json!(4)).await;
        ada.next_of("here/i/am").await;
        for (select, sessions) in [("one", 1), ("others", others)] {
            let ack = ada.ask(narrowed("user:bob", &format!("{kind}/{select}"), json!({ "select": select }))).await;
            assert_eq!(ack.payload()["sessions"], sessions, "{kind}/{select}: {ack:?}");
        }
    }
    ada.publish("user:bob", "done", json!(5)).await;
    for (client, expected) in [
        (&mut phone, vec!["select/pad/others", "select/desk/others"]),
        (&mut pad, vec!["select/pad/one", "select/desk/others"]),
        (&mut desk, vec!["select/pad/others", "select/desk/one"]),
    ] {
        let seen = client.publications_until("done").await;
        let seen: Vec<&str> =
            seen.iter().map(|(kind, _)| kind.as_str()).filter(|kind| kind.starts_with("se")).collect();
        assert_eq!(seen, expected);
    }
    // to oneself: the sending session is not selected, because it already has the message
    let own = ada.ask(narrowed("user:nobody", "hi", json!({ "select": "one" }))).await;
    assert_eq!(own.payload()["sessions"], 0, "{own:?}");
}

async fn a_selection_out_of_place_is_refused_and_an_id_counts_with_it(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    for (to, hub, code) in [
        ("user:bob", json!({ "except": ["bob"] }), "bad_address"),
        (CHANNEL, json!({ "select": "one" }), "bad_address"),
        (CHANNEL, json!({ "except": "bob" }), "bad_action"),
        (CHANNEL, json!({ "except": ["a b"] }), "bad_action"),
        (CHANNEL, json!({ "except": vec!["bob"; 101] }), "too_many"),
        ("user:bob", json!({ "select": "two" }), "bad_action"),
        ("user:bob", json!({ "select": { "device_class": "" } }), "bad_action"),
        ("user:bob", json!({ "select": { "class": "mobile" } }), "bad_action"),
    ] {
        let refused = ada.ask(narrowed(to, "x", hub.clone())).await;
        assert_eq!(refused.code(), code, "{to} {hub}: {refused:?}");
    }
    let with_id = |hub: Value| {
        let mut action = narrowed(CHANNEL, "x", hub);
        action["meta"]["hub"]["id"] = json!("k1");
        action
    };
    let first = ada.ask(with_id(json!({ "except": ["eve"] }))).await;
    let again = ada.ask(with_id(json!({ "except": ["eve"] }))).await;
    assert_eq!((first.pos(), &again.payload()["duplicate"]), (again.pos(), &json!(true)));
    assert_eq!(ada.ask(with_id(json!({}))).await.code(), "id_conflict");
}

/// A node that hangs holds nothing up: its sessions count with when they connected.
#[tokio::test]
async fn a_node_that_does_not_say_who_it_heard_last_is_not_waited_for() {
    let cluster = Cluster::start(Stack::Redis).await;
    let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    let mut desk = session(&cluster, 1, Codec::Json, "bob", "").await;
    let mut phone = session(&cluster, 2, Codec::Json, "bob", "").await;
    cluster.sessions_are("bob", 2).await;
    desk.publish("user:ada", "here/i/am", json!(1)).await;
    ada.next_of("here/i/am").await;
    cluster.node(1).process.signal("STOP");
    let ack = ada.ask(narrowed("user:bob", "call", json!({ "select": "one" }))).await;
    assert_eq!(ack.payload()["sessions"], 1, "{ack:?}");
    assert_eq!(phone.next_of("call").await.to(), "user:bob");
    cluster.node(1).process.signal("CONT");
    ada.publish("user:bob", "end", json!(2)).await;
    let seen: Vec<String> = desk.publications_until("end").await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(seen, ["end"], "the phone connected last");
}
