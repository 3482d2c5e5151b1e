//! Organisation-wide events: every session of every member once, nobody else.

use crate::support::action::publication;
use crate::support::{Client, Cluster, Codec, Login};
use serde_json::{json, Value};

on_every_stack!(
    an_event_by_the_server_api_reaches_every_session_of_the_members_once,
    an_event_by_a_session_needs_a_role,
    a_team_event_reaches_the_team_and_not_the_rest_of_the_organisation,
    a_system_event_reaches_everybody,
);
behind_haproxy!(
    an_event_by_the_server_api_reaches_every_session_of_the_members_once,
    an_event_by_a_session_needs_a_role,
    a_team_event_reaches_the_team_and_not_the_rest_of_the_organisation,
    a_system_event_reaches_everybody,
);

const BOTH: [&str; 2] = ["org/notice", "test/end"];

/// Everything of the application up to `test/end` is these types, in this order.
async fn assert_got(client: &mut Client, kinds: &[&str]) {
    let got = client.publications_until("test/end").await;
    assert_eq!(got.iter().map(|(kind, _)| &**kind).collect::<Vec<_>>(), kinds);
}

async fn an_event_by_the_server_api_reaches_every_session_of_the_members_once(cluster: &Cluster, codec: Codec) {
    let ada = Login::member("ada");
    let mut members = vec![
        cluster.connect(0, codec, &ada).await,
        cluster.connect(1, codec, &ada).await,
        cluster.connect(2, codec, &Login::admin("bob")).await,
    ];
    let mut busy = cluster.connect(1, codec, &Login::member("eve")).await;
    for n in 0..10 {
        busy.join(&format!("ch:acme/order/{n}")).await;
    }
    members.push(busy);
    let mut outsider = cluster.connect(1, codec, &Login::user("mal").org("other", &["admin"], &[])).await;

    let api = cluster.api(2);
    let ack = api.publish("org:acme", "org/notice", json!({ "n": 1 }));
    api.publish("org:acme", "test/end", Value::Null);
    for member in &mut members {
        let received = member.next_of("org/notice").await;
        assert_eq!((received.to(), received.payload()), ("org:acme", &json!({ "n": 1 })), "{received:?}");
        assert_eq!(received.hub("pos"), &ack["pos"]);
        assert_got(member, &BOTH[1..]).await;
    }
    // the members on the outsider's node have it: had the outsider been meant too, it would be there
    api.publish("org:other", "test/end", Value::Null);
    assert_got(&mut outsider, &BOTH[1..]).await;
}

async fn an_event_by_a_session_needs_a_role(cluster: &Cluster, codec: Codec) {
    let mut admin = cluster.connect(0, codec, &Login::admin("bob")).await;
    let mut member = cluster.connect(1, codec, &Login::member("ada")).await;
    let mut outsider = cluster.connect(2, codec, &Login::user("mal").org("other", &["admin"], &[])).await;

    for not_allowed in [&mut member, &mut outsider] {
        let answer = not_allowed.ask(publication("org:acme", "org/forged", Value::Null)).await;
        assert_eq!((answer.kind(), answer.code()), ("@@hub/error", "forbidden"), "{answer:?}");
    }
    let answer = admin.ask(publication("org:system", "org/forged", Value::Null)).await;
    assert_eq!(answer.code(), "forbidden", "only the server API speaks to everybody");

    admin.publish("org:acme", "org/notice", Value::Null).await;
    admin.publish("org:acme", "test/end", Value::Null).await;
    assert_got(&mut member, &BOTH).await;
    assert_got(&mut admin, &BOTH).await;
    cluster.api(2).publish("org:other", "test/end", Value::Null);
    assert_got(&mut outsider, &BOTH[1..]).await;
}

async fn a_team_event_reaches_the_team_and_not_the_rest_of_the_organisation(cluster: &Cluster, codec: Codec) {
    let in_team = |user| Login::user(user).org("acme", &[], &["sales"]);
    let mut here = cluster.connect(0, codec, &in_team("ada")).await;
    let mut there = cluster.connect(1, codec, &in_team("bob")).await;
    let mut colleague = cluster.connect(1, codec, &Login::member("eve")).await;

    let api = cluster.api(2);
    api.publish("team:acme/sales", "org/notice", Value::Null);
    api.publish("team:acme/sales", "test/end", Value::Null);
    assert_got(&mut here, &BOTH).await;
    assert_got(&mut there, &BOTH).await;
    api.publish("org:acme", "test/end", Value::Null);
    assert_got(&mut colleague, &BOTH[1..]).await;
}

async fn a_system_event_reaches_everybody(cluster: &Cluster, codec: Codec) {
    let mut clients = [
        cluster.connect(0, codec, &Login::member("ada")).await,
        cluster.connect(1, codec, &Login::user("bob").org("other", &[], &[])).await,
        cluster.connect(2, codec, &Login::user("eve")).await,
    ];
    let api = cluster.api(1);
    api.publish("org:system", "org/notice", Value::Null);
    api.publish("org:system", "test/end", Value::Null);
    for client in &mut clients {
        assert_got(client, &BOTH).await;
    }
}
