//! Members with the right to do so remove others from a channel, and invite them.

use crate::support::action::{control, control_at};
use crate::support::{Cluster, Codec, Login};
use serde_json::json;

on_every_stack!(
    a_moderator_kicks_all_sessions_of_a_user_and_others_may_not,
    an_invitation_reaches_who_is_there_and_waits_for_who_is_not,
);

const CHANNEL: &str = "ch:acme/order/1842";

fn moderator(user: &str) -> Login {
    Login::member(user).scopes(&["+kick+invite:ch:acme/**"])
}

async fn a_moderator_kicks_all_sessions_of_a_user_and_others_may_not(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &moderator("ada")).await;
    let mut desk = cluster.connect(1, codec, &Login::member("bob")).await;
    let mut phone = cluster.connect(2, codec, &Login::member("bob")).await;
    let mut eve = cluster.connect(1, codec, &Login::member("eve")).await;
    cluster.sessions_are("bob", 2).await;
    for client in [&mut ada, &mut desk, &mut phone, &mut eve] {
        client.join(CHANNEL).await;
    }
    let refused = eve.ask(control_at(CHANNEL, "@@hub/kick", json!({ "user": "bob" }))).await;
    assert_eq!((refused.code(), refused.to()), ("forbidden", CHANNEL));
    let kicked = ada.ask(control_at(CHANNEL, "@@hub/kick", json!({ "user": "bob" }))).await;
    assert_eq!((kicked.kind(), &kicked.payload()["sessions"]), ("@@hub/ack", &json!(2)), "{kicked:?}");
    for client in [&mut desk, &mut phone] {
        let left = client.next("the kick", |it| it.payload()["reason"] == "kicked").await;
        assert_eq!((left.kind(), left.to()), ("@@hub/left", CHANNEL));
    }
    // the kicked user receives nothing more, the others do; it may join again if the rules allow it
    ada.publish(CHANNEL, "among/us", json!(1)).await;
    eve.next_of("among/us").await;
    assert!(desk.fence().await.iter().all(|action| action.kind() != "among/us"));
    desk.join(CHANNEL).await;
    let nobody = ada.ask(control_at("user:bob", "@@hub/kick", json!({ "user": "bob" }))).await;
    assert_eq!(nobody.code(), "bad_address");
}

async fn an_invitation_reaches_who_is_there_and_waits_for_who_is_not(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &moderator("ada")).await;
    let mut bob = cluster.connect(1, codec, &Login::member("bob")).await;
    cluster.sessions_are("bob", 1).await;
    let refused = bob.ask(control_at(CHANNEL, "@@hub/invite", json!({ "user": "ada" }))).await;
    assert_eq!(refused.code(), "forbidden");
    let asked = ada.ask(control_at(CHANNEL, "@@hub/invite", json!({ "user": "bob" }))).await;
    assert_eq!((asked.kind(), &asked.payload()["sessions"]), ("@@hub/ack", &json!(1)), "{asked:?}");
    let invited = bob.next_of("@@hub/invited").await;
    assert_eq!((invited.payload(), invited.to()), (&json!({ "channel": CHANNEL }), "user:bob"));
    assert_eq!((invited.hub("from"), invited.pos()), (&json!("ada"), asked.pos()));
    // an offline user finds the invitation in the inbox
    let waits = ada.ask(control_at(CHANNEL, "@@hub/invite", json!({ "user": "eve" }))).await;
    assert_eq!(waits.payload()["sessions"], 0, "{waits:?}");
    let mut eve = cluster.connect(2, codec, &Login::member("eve")).await;
    eve.send(&control("@@hub/resume", json!({ "positions": { "user:eve": { "from": "oldest" } } }))).await;
    eve.resumed("user:eve").await;
    assert_eq!(eve.next_of("@@hub/invited").await.payload(), &json!({ "channel": CHANNEL }));
    // nobody else sends one
    let forged = eve.ask(control_at("user:bob", "@@hub/invited", json!({ "channel": CHANNEL }))).await;
    assert_eq!(forged.code(), "forbidden_type");
}
