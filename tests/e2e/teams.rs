//! A user's teams change on open sockets: each device has the teams of its own credentials, at once and on every node.

use crate::support::action::{control, control_at, publication};
use crate::support::{Client, Cluster, Codec, Login};
use serde_json::{json, Value};

on_every_stack!(a_team_is_gained_and_lost_by_the_device_that_refreshes, a_ticket_of_the_server_api_changes_teams_too,);

const TEAM: &str = "team:acme/ops";

fn with(teams: &[&str]) -> Login {
    Login::user("ada").org("acme", &[], teams)
}

/// Refreshes, and returns the teams that the node says the session has now.
async fn refresh(client: &mut Client, credentials: Value) -> Value {
    let ack = client.ask(control("@@hub/refresh", credentials)).await;
    assert_eq!(ack.kind(), "@@hub/ack", "{ack:?}");
    client.next_of("@@hub/orgs").await.payload()["memberships"]["acme"]["teams"].clone()
}

fn by_token(teams: &[&str]) -> Value {
    json!({ "token": with(teams).token() })
}

/// Whether each of these devices is in the team: receives what is published there, may publish and may read it.
async fn are_in(cluster: &Cluster, devices: &mut [(&mut Client, bool)], round: u64) {
    cluster.api(2).publish(TEAM, "test/team", json!(round));
    cluster.api(2).publish("org:acme", "test/org", json!(round)); // behind it, to everybody
    for (device, is_in) in devices {
        device.next("the round", |it| it.kind() == "test/org" && *it.payload() == round).await;
        let came = device.fence().await;
        let got = came.iter().any(|it| it.kind() == "test/team" && *it.payload() == round);
        // both streams are in order, but not with each other
        if *is_in && !got {
            device.next("the team's", |it| it.kind() == "test/team" && *it.payload() == round).await;
        }
        assert!(*is_in || !got, "{came:?}");
        let sent = device.ask(publication(TEAM, "test/own", json!(round))).await;
        let read = device.ask(control_at(TEAM, "@@hub/history", json!({ "limit": 1 }))).await;
        let answers = [sent.kind() == "@@hub/ack", read.kind() == "@@hub/history"];
        assert_eq!(answers, [*is_in; 2], "{sent:?} {read:?}");
        device.forget();
    }
}

async fn a_team_is_gained_and_lost_by_the_device_that_refreshes(cluster: &Cluster, codec: Codec) {
    let mut phone = cluster.connect(0, codec, &with(&[])).await;
    let mut desk = cluster.connect(1, codec, &with(&["ops"])).await;
    are_in(cluster, &mut [(&mut phone, false), (&mut desk, true)], 1).await;
    assert_eq!(refresh(&mut phone, by_token(&["ops", "dev"])).await, json!(["dev", "ops"]));
    are_in(cluster, &mut [(&mut phone, true), (&mut desk, true)], 2).await;
    assert_eq!(refresh(&mut desk, by_token(&[])).await, json!([]));
    are_in(cluster, &mut [(&mut phone, true), (&mut desk, false)], 3).await;
    assert_eq!(refresh(&mut phone, by_token(&["dev"])).await, json!(["dev"]));
    are_in(cluster, &mut [(&mut phone, false), (&mut desk, false)], 4).await;
    // and again: the session that comes back is one of those that follow the team
    assert_eq!(refresh(&mut desk, by_token(&["ops"])).await, json!(["ops"]));
    are_in(cluster, &mut [(&mut phone, false), (&mut desk, true)], 5).await;
}

async fn a_ticket_of_the_server_api_changes_teams_too(cluster: &Cluster, codec: Codec) {
    let mut phone = cluster.connect(0, codec, &with(&["ops"])).await;
    let mut desk = cluster.connect(1, codec, &with(&["ops"])).await;
    let ticket = |teams: &[&str]| json!({ "ticket": cluster.api(2).ticket(&with(teams)) });
    assert_eq!(refresh(&mut phone, ticket(&[])).await, json!([]));
    are_in(cluster, &mut [(&mut phone, false), (&mut desk, true)], 1).await;
    assert_eq!(refresh(&mut desk, ticket(&["dev"])).await, json!(["dev"]));
    assert_eq!(refresh(&mut phone, ticket(&["ops"])).await, json!(["ops"]));
    are_in(cluster, &mut [(&mut phone, true), (&mut desk, false)], 2).await;
}
