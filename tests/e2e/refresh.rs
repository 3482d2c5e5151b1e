//! New credentials on an open session: what they lack is left at once, what they add is entered.

use crate::support::action::{control, control_at, publication};
use crate::support::{Cluster, Codec, Login, Stack};
use serde_json::{json, Value};

on_every_stack!(
    nothing_arrives_from_an_organisation_that_a_refresh_lost,
    a_refresh_enters_what_it_gained,
    a_join_behind_a_refresh_has_the_new_rights,
    a_refresh_may_carry_a_ticket,
);

const LOST: [&str; 3] = ["org:beta", "team:beta/ops", "ch:beta/c"];

fn both() -> Login {
    Login::member("ada").org("beta", &["admin"], &["ops"])
}

fn refresh(login: &Login) -> Value {
    control("@@hub/refresh", json!({ "token": login.token() }))
}

/// A flood of all that is lost, from the server API of another node, while the refresh is on its way.
async fn nothing_arrives_from_an_organisation_that_a_refresh_lost(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &both()).await;
    let mut second = cluster.connect(1, codec, &both()).await;
    for client in [&mut ada, &mut second] {
        client.join("ch:beta/c").await;
        client.join("ch:acme/c").await;
    }
    let api = cluster.api(2);
    let flood = tokio::task::spawn_blocking(move || {
        for n in 0..60 {
            LOST.iter().for_each(|stream| drop(api.publish(stream, "test/lost", json!(n))));
        }
        LOST.iter().for_each(|stream| drop(api.publish(stream, "test/end", Value::Null)));
    });
    ada.next_of("test/lost").await; // it is under way
    let ack = ada.ask(refresh(&Login::member("ada"))).await;
    assert_eq!(ack.kind(), "@@hub/ack", "{ack:?}");
    ada.forget(); // what came before the ack
                  // a join and a resume of what is lost are refused, and change nothing
    assert_eq!(ada.ask(control_at("ch:beta/c", "@@hub/join", json!({}))).await.code(), "forbidden");
    let resumed = ada.ask(control("@@hub/resume", json!({ "positions": { "org:beta": "0-0" } }))).await;
    assert_eq!(resumed.payload()["error"]["code"], "forbidden", "{resumed:?}");
    flood.await.unwrap();
    // the other session of the same user kept its rights, and saw the end of each
    for stream in LOST {
        second.next("the end", |it| it.kind() == "test/end" && it.to() == stream).await;
    }
    cluster.api(1).publish("ch:acme/c", "test/kept", Value::Null);
    ada.next_of("test/kept").await;
    let after = ada.fence().await;
    let lost: Vec<_> = after.iter().filter(|it| LOST.contains(&it.to()) && !it.is_control()).collect();
    assert!(lost.is_empty(), "after the ack came {lost:?}");

    let told = |kind: &str| after.iter().find(|it| it.kind() == kind).cloned();
    let left = after.iter().find(|it| it.kind() == "@@hub/left" && it.to() == "ch:beta/c");
    assert_eq!(left.unwrap().payload(), &json!({ "users": ["ada"], "reason": "forbidden" }));
    let orgs = told("@@hub/orgs").unwrap();
    assert_eq!(orgs.payload()["orgs"], json!(["acme"]));
    assert_eq!(orgs.payload()["resume"], json!({}));
}

async fn a_refresh_enters_what_it_gained(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    for (login, gained) in
        [(Login::member("ada").org("beta", &[], &[]), vec!["org:beta"]), (both(), vec!["team:beta/ops"])]
    {
        ada.ask(refresh(&login)).await;
        let orgs = ada.next_of("@@hub/orgs").await;
        let resume = orgs.payload()["resume"].as_object().unwrap();
        assert_eq!(resume.keys().collect::<Vec<_>>(), gained, "{orgs:?}");
        cluster.api(1).publish(gained[0], "test/gained", Value::Null);
        assert_eq!(ada.next_of("test/gained").await.to(), gained[0]);
    }
    // the same rights again cause no event; a team alone can be lost, too
    ada.ask(refresh(&both())).await;
    ada.ask(refresh(&Login::member("ada").org("beta", &["admin"], &[]))).await;
    assert_eq!(ada.next_of("@@hub/orgs").await.payload()["memberships"]["beta"]["teams"], json!([]));
    cluster.api(1).publish("team:beta/ops", "test/lost", Value::Null);
    cluster.api(1).publish("org:beta", "test/kept", Value::Null);
    ada.next_of("test/kept").await;
    let after = ada.fence().await;
    assert!(after.iter().all(|it| !["test/lost", "@@hub/orgs"].contains(&it.kind())), "{after:?}");
}

/// Pipelined: the client does not wait for the ack, nor sends a frame of its own for each.
async fn a_join_behind_a_refresh_has_the_new_rights(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let with_id = |mut action: Value, id: &str| {
        action["meta"]["hub"]["id"] = json!(id);
        action
    };
    let join = with_id(control_at("ch:beta/c", "@@hub/join", json!({})), "j");
    ada.send(&json!([with_id(refresh(&both()), "r1"), join])).await;
    let joined = ada.next("the answer", |it| it.hub("re") == "j").await;
    assert_eq!(joined.kind(), "@@hub/joined", "{joined:?}");
    // what is published behind a refresh that takes the right away is refused, what stands before it is not
    let publish = |id: &str| with_id(publication("ch:beta/c", "test/said", Value::Null), id);
    ada.send(&json!([publish("p1"), with_id(refresh(&Login::member("ada")), "r3"), publish("p2")])).await;
    let taken = ada.next("the answer", |it| it.hub("re") == "p1").await;
    let refused = ada.next("the answer", |it| it.hub("re") == "p2").await;
    assert_eq!((taken.kind(), refused.code()), ("@@hub/ack", "forbidden"), "{refused:?}");
    ada.send(&with_id(refresh(&both()), "r4")).await;
    ada.next("the ack", |it| it.hub("re") == "r4").await;
    // and a join before a refresh that takes the channel away ends outside
    let join = with_id(control_at("ch:beta/d", "@@hub/join", json!({})), "k");
    ada.send(&json!([join, with_id(refresh(&Login::member("ada")), "r2")])).await;
    ada.next("the ack", |it| it.hub("re") == "r2").await;
    ada.next("the answer", |it| it.hub("re") == "k").await;
    cluster.api(1).publish("ch:beta/d", "test/lost", Value::Null);
    cluster.api(1).publish("user:ada", "test/end", Value::Null);
    assert_eq!(ada.publications_until("test/end").await.len(), 1);
}

async fn a_refresh_may_carry_a_ticket(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let by = |ticket: &str| control("@@hub/refresh", json!({ "ticket": ticket }));
    let foreign = cluster.api(1).ticket(&Login::member("bob"));
    for bad in [&foreign, &"A".repeat(43)] {
        assert_eq!(ada.ask(by(bad)).await.code(), "bad_credentials");
    }
    let ticket = cluster.api(1).ticket(&both());
    assert_eq!(ada.ask(by(&ticket)).await.kind(), "@@hub/ack");
    ada.join("ch:beta/c").await;
}

#[tokio::test]
async fn every_session_is_warned_once_before_its_token_expires_and_a_refresh_spares_it_the_end() {
    let cluster = Cluster::start_with(Stack::Redis, &[("HUBWIRE_AUTH_EXPIRY_WARNING_MS", "2000")]).await;
    let lasting = refresh(&Login::member("ada"));
    let mut renewed = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    let mut forgotten = cluster.connect(1, Codec::Msgpack, &Login::member("ada")).await;
    let short = refresh(&Login::member("ada").ends_in(5));
    for client in [&mut renewed, &mut forgotten] {
        let ack = client.ask(short.clone()).await;
        assert!(ack.payload()["expires_in_ms"].as_u64().is_some_and(|left| left > 2000), "{ack:?}");
    }
    for client in [&mut renewed, &mut forgotten] {
        let warning = client.next_of("@@hub/expiring").await;
        let left = warning.payload()["expires_in_ms"].as_u64().unwrap();
        assert!((1..=2000).contains(&left) && warning.hub("re").is_null(), "{warning:?}");
    }
    let ack = renewed.ask(lasting).await;
    assert_eq!(ack.kind(), "@@hub/ack", "{ack:?}");

    let last = forgotten.next("the end", |it| ["@@hub/expiring", "@@hub/error"].contains(&it.kind())).await;
    assert_eq!(last.code(), "token_expired", "{last:?}");
    assert_eq!(forgotten.closed_with_reason().await, (4401, "expired".into()));
    let after = renewed.fence().await;
    assert!(after.iter().all(|it| it.kind() != "@@hub/expiring"), "{after:?}");
}
