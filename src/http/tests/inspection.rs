//! The operator's view: how the answers of the nodes are merged.

use super::fake::READER;
use super::*;
use hubwire_protocol::ErrorCode;
use serde_json::json;

const ONE: &str = "00000000-0000-8005-8000-000000000001";

#[actix_rt::test]
async fn a_node_that_does_not_answer_is_listed_as_silent() {
    let cluster = ask_internal(&Fake::default(), get("/v1/cluster")).await.json();
    assert_eq!((&cluster["asked"], &cluster["broker"]["url"]), (&json!("n1"), &json!("redis://10.0.0.1")));
    assert_eq!(cluster["broker"]["advice"], json!(["the broker forgets"]));
    let [answers, silent] = &cluster["nodes"].as_array().unwrap()[..] else { panic!("{cluster}") };
    assert_eq!((&answers["label"], &answers["silent"], &answers["sessions"]), (&json!("n1"), &json!(false), &json!(2)));
    assert_eq!((&answers["lease_left_ms"], &answers["clock_off_ms"]), (&json!(4200), &json!(30)));
    let expected = json!({ "incarnation": "000000000000006", "label": null, "lease_left_ms": 4200, "silent": true });
    assert_eq!(*silent, expected);
}

#[actix_rt::test]
async fn measurements_come_by_node() {
    let series = ask_internal(&Fake::default(), get("/v1/cluster/series")).await.json();
    assert_eq!(series["nodes"][0]["points"], json!([{ "at_ms": 1 }]));
    assert_eq!((&series["nodes"][1]["silent"], &series["nodes"][1]["points"]), (&json!(true), &json!([])));
}

#[actix_rt::test]
async fn settings_say_where_they_come_from_and_which_node_runs_with_others() {
    let settings = ask_internal(&Fake::default(), get("/v1/cluster/settings")).await.json();
    let found = |option: &str| {
        settings["settings"].as_array().unwrap().iter().find(|it| it["option"] == option).unwrap().clone()
    };
    let lease = found("directory.lease_ms");
    assert_eq!((&lease["value"], &lease["origin"]), (&json!("5000"), &json!("default")));
    assert_eq!(lease["differs"], json!([{ "nodes": ["n1"], "value": "9000" }]));
    assert_eq!(found("directory.lease_ms")["secret"], false);
    assert_eq!(
        (&found("auth.jwt_secrets")["secret"], &found("auth.jwt_secrets")["differs"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(settings["silent"], json!(["000000000000006"]));
}

#[actix_rt::test]
async fn a_user_is_shown_with_what_the_nodes_of_its_sessions_know() {
    let fake = Fake::default();
    ask_internal(&fake, post("/v1/users/u1/block", r#"{"seconds":60,"reason":"spam"}"#)).await;
    let user = ask_internal(&fake, get("/v1/users/u1")).await.json();
    assert_eq!(
        (&user["count"], &user["stream"]["length"], &user["stream"]["oldest"]),
        (&json!(2), &json!(10), &json!("3-7"))
    );
    assert_eq!(user["cursors"], json!({ "phone": { "user:u1": "11-7" } }));
    assert_eq!(user["blocked"], json!({ "reason": "spam", "expires_in_s": 60 }));
    let session = &user["sessions"][0];
    assert_eq!((&session["session"], &session["node"], &session["silent"]), (&json!(ONE), &json!("n1"), &json!(false)));
    assert_eq!((&session["address"], &session["view"]), (&json!("192.0.2.1"), &json!("ch:acme/order/1")));
    assert_eq!(session["streams"], json!([{ "stream": "user:u1", "pos": "11-7", "lagging": true }]));
    let nobody = ask_internal(&fake, get("/v1/users/u2")).await.json();
    assert_eq!((&nobody["sessions"], &nobody["cursors"], &nobody["blocked"]), (&json!([]), &json!({}), &json!(null)));
}

#[actix_rt::test]
async fn a_session_is_looked_up_at_its_node() {
    let ask = |session: &str| get(&format!("/v1/sessions/{session}"));
    let found = ask_internal(&Fake::default(), ask(ONE)).await.json();
    assert_eq!((&found["user"], &found["node"], &found["outbox_bytes"]), (&json!("u1"), &json!("n1"), &json!(3)));
    for (session, status, code) in [
        ("00000000-0000-8005-8000-000000000009", 404, "not_found"),
        ("00000000-0000-8006-8000-000000000001", 504, "timeout"),
        ("00000000-0000-8007-8000-000000000001", 404, "not_found"),
        ("x", 400, "bad_address"),
    ] {
        let answer = ask_internal(&Fake::default(), ask(session)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{session}");
    }
}

#[actix_rt::test]
async fn channels_come_in_pages_and_never_all() {
    let names = |answer: &Value| -> Vec<String> {
        answer["channels"].as_array().unwrap().iter().map(|it| it["channel"].as_str().unwrap().to_owned()).collect()
    };
    let first = ask_internal(&Fake::default(), get("/v1/channels?org=acme&limit=2")).await.json();
    assert_eq!(names(&first), ["ch:acme/order/1", "ch:acme/order/2"]);
    assert_eq!((&first["more"], &first["silent"]), (&json!(true), &json!(["000000000000006"])));
    let expected = json!({ "channel": "ch:acme/order/1", "users": 1, "sessions": 2, "top": "12-7" });
    assert_eq!(first["channels"][0], expected);
    let rest = ask_internal(&Fake::default(), get("/v1/channels?org=acme&limit=2&after=ch:acme/order/2")).await.json();
    assert_eq!((names(&rest), &rest["more"]), (vec!["ch:acme/stock".to_owned()], &json!(false)));
    let orders = ask_internal(&Fake::default(), get("/v1/channels?prefix=ord")).await.json();
    assert_eq!(names(&orders), ["ch:acme/order/1", "ch:acme/order/2"]);
    for query in ["limit=0", "limit=101", "limit=x", "og=acme", "org=a%20b", "prefix=%zz"] {
        let answer = ask_internal(&Fake::default(), get(&format!("/v1/channels?{query}"))).await;
        assert_eq!(answer.code(), "bad_payload", "{query}");
    }
}

#[actix_rt::test]
async fn a_channel_is_shown_with_its_log_and_its_sessions_by_node() {
    let channel = "/v1/channels/ch%3Aacme%2Forder%2F1";
    let shown = ask_internal(&Fake::default(), get(channel)).await.json();
    assert_eq!((&shown["count"], &shown["users"]), (&json!(1), &json!([{ "user": "u1", "sessions": 2 }])));
    assert_eq!((&shown["stream"]["top"], &shown["more"]), (&json!("12-7"), &json!(false)));
    assert_eq!((&shown["nodes"][0]["sessions"], &shown["nodes"][1]["sessions"]), (&json!(2), &json!(null)));
    let behind = ask_internal(&Fake::default(), get(&format!("{channel}?after=u1"))).await.json();
    assert_eq!((&behind["users"], &behind["count"]), (&json!([]), &json!(1)));
    assert_eq!(ask_internal(&Fake::default(), get("/v1/channels/org%3Aacme")).await.code(), "bad_address");
}

#[actix_rt::test]
async fn a_stream_says_what_it_holds() {
    let shown = ask_internal(&Fake::default(), get("/v1/streams/org%3Aacme")).await.json();
    assert_eq!(shown, json!({ "stream": "org:acme", "top": "12-7", "oldest": "3-7", "length": 10 }));
    let session = ask_internal(&Fake::default(), get(&format!("/v1/streams/session%3A{ONE}"))).await;
    assert_eq!(session.message(), "a session has no stream; name org:, team:, ch: or user:");
}

#[actix_rt::test]
async fn any_live_node_is_drained_and_no_other() {
    let fake = Fake::default();
    let answer = ask_internal(&fake, post("/v1/nodes/000000000000006/drain", "")).await;
    assert_eq!((answer.status, answer.json()["asked"].clone()), (StatusCode::ACCEPTED, json!("000000000000006")));
    assert_eq!(fake.calls.drained.lock().unwrap()[0].to_string(), "000000000000006");
    for (node, code) in [("000000000000007", "not_found"), ("n1", "bad_address")] {
        assert_eq!(ask_internal(&fake, post(&format!("/v1/nodes/{node}/drain"), "")).await.code(), code);
    }
    assert_eq!(fake.calls.drained.lock().unwrap().len(), 1);
}

#[actix_rt::test]
async fn who_may_only_read_sees_the_cluster_and_neither_drains_it_nor_sees_its_configuration() {
    let with = |request: TestRequest| request.insert_header(("X-Api-Key", READER));
    let get = |path: &str| with(TestRequest::get().uri(path));
    assert_eq!(ask_internal(&Fake::default(), get("/v1/cluster")).await.status, StatusCode::OK);
    for path in ["/v1/cluster/settings", "/debug/status"] {
        assert_eq!(ask_internal(&Fake::default(), get(path)).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let drain = with(TestRequest::post().uri("/v1/nodes/000000000000006/drain"));
    assert_eq!(ask_internal(&Fake::default(), drain).await.status, StatusCode::FORBIDDEN);
    let refused = ask_internal(&Fake::default().refuses(ErrorCode::BrokerUnavailable), get("/v1/cluster")).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
}
