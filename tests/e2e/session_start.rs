//! What a client learns at the start of its session, and why sessions end.

use crate::support::action::{control, control_at, publication, seq};
use crate::support::{settings, Client, Cluster, Codec, Login, Offer};
use serde_json::{json, Value};

on_every_stack!(
    the_welcome_answers_the_auth_and_tells_what_the_node_takes,
    a_ticket_that_is_refused_answers_the_auth,
    a_stream_that_is_refused_does_not_keep_the_others_from_going_on,
    errors_about_an_address_name_it,
    an_ack_tells_the_position_of_the_copy_in_the_own_stream,
    a_session_ends_with_the_reason_why,
);

async fn opened(cluster: &Cluster, node: usize, codec: Codec) -> Client {
    Client::open(&cluster.url(node), codec, &Offer::codec(codec)).await.unwrap()
}

fn auth(id: &str, payload: Value) -> Value {
    let mut auth = control("@@hub/auth", payload);
    auth["meta"]["hub"]["id"] = json!(id);
    auth
}

async fn the_welcome_answers_the_auth_and_tells_what_the_node_takes(cluster: &Cluster, codec: Codec) {
    let ada = Login::user("ada").org(settings::ORG, &["admin"], &["ops"]);
    let mut client = opened(cluster, 0, codec).await;
    client.send(&auth("a1", json!({ "token": ada.token() }))).await;
    assert_eq!(client.welcomed().await.hub("re"), "a1");
    let welcome = client.welcome().clone();
    assert_eq!(welcome["memberships"], json!({ "acme": { "roles": ["admin"], "teams": ["ops"] } }));
    for (limit, at) in [
        ("frame_bytes_max", 65_536),
        ("actions_per_frame_max", 64),
        ("history_max", 100),
        ("type_bytes_max", 128),
        ("id_bytes_max", 64),
        ("idempotency_window_ms", 120_000),
    ] {
        assert_eq!(welcome["limits"][limit], at, "{limit}");
    }
    for limit in ["in_flight_max", "channels_max", "actions_per_second", "actions_burst"] {
        assert!(welcome["limits"][limit].is_u64(), "{limit}: {welcome}");
    }
    let (now, expires_in) = (welcome["now"].as_u64().unwrap(), welcome["expires_in_ms"].as_u64().unwrap());
    // the year 2100 and the leeway, as the node's own clock sees it
    assert_eq!((now + expires_in) / 1000, 4_102_444_805);

    let ack = client.publish("user:ada", "note/added", Value::Null).await;
    let stored = ack.payload()["ts"].as_u64().unwrap();
    assert!(stored >= now, "{ack:?}");
    let refreshed = client.ask(control("@@hub/refresh", json!({ "token": ada.token() }))).await;
    assert!(refreshed.payload()["expires_in_ms"].as_u64().unwrap() <= expires_in, "{refreshed:?}");
}

async fn a_ticket_that_is_refused_answers_the_auth(cluster: &Cluster, codec: Codec) {
    let mut client = opened(cluster, 0, codec).await;
    client.send(&auth("a1", json!({ "ticket": "A".repeat(43) }))).await;
    let error = client.next_of("@@hub/error").await;
    assert_eq!((error.hub("re"), error.code()), (&json!("a1"), "bad_credentials"));
    assert_eq!(client.closed_with_reason().await, (4401, "bad credentials".into()));
}

async fn a_stream_that_is_refused_does_not_keep_the_others_from_going_on(cluster: &Cluster, codec: Codec) {
    const REFUSED: [&str; 4] = ["org:beta", "team:acme/ops", "ch:beta/c", "user:bob"];
    let positions = json!({
        "user:ada": "0-0", "org:acme": "0-0", "ch:acme/a": "0-0", "org:beta": "0-0", "team:acme/ops": "0-0",
        "ch:beta/c": "0-0", "user:bob": "0-0", "org:system": null,
    });
    let ada = Login::member("ada");
    let mut by_auth = opened(cluster, 0, codec).await;
    by_auth.send(&auth("a1", json!({ "token": ada.token(), "resume": positions }))).await;
    by_auth.welcomed().await;
    let mut by_resume = cluster.connect(1, codec, &ada).await;
    by_resume.send(&control("@@hub/resume", json!({ "positions": positions }))).await;

    for client in [&mut by_auth, &mut by_resume] {
        for stream in positions.as_object().unwrap().keys() {
            let resumed = client.resumed(stream).await;
            let error = &resumed.payload()["error"];
            match stream.as_str() {
                refused if REFUSED.contains(&refused) => assert_eq!(error["code"], "forbidden", "{resumed:?}"),
                // a cursor belongs to a device
                "org:system" => assert_eq!(error["code"], "bad_payload", "{resumed:?}"),
                _ => {
                    let payload = resumed.payload();
                    assert_eq!(payload["recovered"], true, "{resumed:?}");
                    assert_eq!((&payload["pos"], &payload["top"]), (&json!("0-0"), &json!("0-0")), "{resumed:?}");
                }
            }
        }
        let left = client.ask(control_at("ch:acme/a", "@@hub/leave", json!({}))).await;
        assert_eq!(left.kind(), "@@hub/left", "it is in the channel: {left:?}");
    }
}

async fn errors_about_an_address_name_it(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    for (action, code) in [
        (control_at("ch:beta/c", "@@hub/join", json!({})), "forbidden"),
        (control_at("ch:acme/c", "@@hub/leave", json!({})), "not_joined"),
        (control_at("org:beta", "@@hub/history", json!({})), "forbidden"),
        (publication("ch:beta/c", "x/y", Value::Null), "forbidden"),
    ] {
        let error = ada.ask(action.clone()).await;
        assert_eq!((error.code(), error.to()), (code, action["meta"]["hub"]["to"].as_str().unwrap()), "{error:?}");
    }
}

async fn an_ack_tells_the_position_of_the_copy_in_the_own_stream(cluster: &Cluster, codec: Codec) {
    let ada = Login::user("ada");
    let mut client = cluster.connect(0, codec, &ada).await;
    let begin = client.position_at_welcome("user:ada");
    let note = client.publish("user:ada", "note/added", json!(1)).await;
    let whisper = client.publish("user:bob", "chat/whisper", json!(2)).await;
    let own = whisper.payload()["own_pos"].as_str().unwrap();
    assert_eq!(seq(own), seq(note.pos()) + 1, "{whisper:?}");
    assert!(note.payload()["own_pos"].is_null(), "there is one stream only: {note:?}");

    // the copies come again by those positions
    let mut again = cluster.connect(1, codec, &ada).await;
    again.send(&control("@@hub/resume", json!({ "positions": { "user:ada": begin } }))).await;
    again.resumed("user:ada").await;
    for position in [&note.payload()["pos"], &whisper.payload()["own_pos"]] {
        let copy = again.next("a copy", |it| !it.is_control()).await;
        assert_eq!(copy.hub("pos"), position, "{copy:?}");
    }
    let by_api = cluster.api(0).publish("user:bob", "x/y", Value::Null);
    assert!(by_api["own_pos"].is_null() && by_api["ts"].is_u64(), "{by_api}");
}

async fn a_session_ends_with_the_reason_why(cluster: &Cluster, codec: Codec) {
    let mut short = cluster.connect(0, codec, &Login::user("ada").ends_in(3)).await;
    let mut kicked = cluster.connect(1, codec, &Login::user("bob")).await;
    let error = short.next_of("@@hub/error").await;
    assert_eq!((error.code(), error.hub("re")), ("token_expired", &Value::Null));
    assert_eq!(short.closed_with_reason().await, (4401, "expired".into()));

    let mut late = opened(cluster, 0, codec).await;
    late.send(&auth("a1", json!({ "token": Login::user("ada").expired().token() }))).await;
    assert_eq!(late.next_of("@@hub/error").await.code(), "token_expired");
    assert_eq!(late.closed_with_reason().await, (4401, "expired".into()));

    cluster.api(2).disconnect_with("bob", 4401);
    assert_eq!(kicked.next_of("@@hub/error").await.code(), "disconnected");
    assert_eq!(kicked.closed_with_reason().await, (4401, "disconnected".into()));

    // a browser cannot read a refused upgrade
    let token = Login::user("ada").expired().token();
    let offer = Offer { token: Some(token), origin: Some(settings::ALLOWED_ORIGIN.into()), ..Offer::codec(codec) };
    let mut browser = Client::open(&cluster.url(0), codec, &offer).await.unwrap();
    assert_eq!(browser.next_of("@@hub/error").await.code(), "token_expired");
    assert_eq!(browser.closed_with_reason().await, (4401, "expired".into()));
}
