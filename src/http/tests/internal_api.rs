//! The server API, except publishing.

use super::fake::{NOW_MS, READER};
use super::*;
use hubwire_protocol::ErrorCode;
use serde_json::json;
use std::time::Duration;

#[actix_rt::test]
async fn a_server_gets_a_ticket_for_its_user() {
    let fake = Fake::default();
    let body = r#"{"user":"u9","orgs":{"acme":{"roles":["admin"],"teams":["ops"]}},"device":"d1"}"#;
    let answer = ask_internal(&fake, post("/v1/tickets", body)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let kept = fake.ticket();
    let orgs = json!({ "acme": { "roles": ["admin"], "teams": ["ops"] } });
    let expected = json!({ "user": "u9", "device": "d1", "issued_at": NOW_MS / 1000, "orgs": orgs });
    assert_eq!(json!(kept.identity), expected);
    assert_eq!(kept.ttl, Duration::from_secs(30));
}

#[actix_rt::test]
async fn a_ticket_request_is_read_strictly() {
    for (body, part) in [
        (r#"{"user":"u9","org":{}}"#, "did you mean `orgs`?"),
        (r#"{"user":"u9","orgs":{"acme":{"rolls":[]}}}"#, "did you mean `roles`?"),
        (r#"{"user":"u 9"}"#, "`user`: user id has the character ' '"),
        (r#"{"user":"u9","origin":"app.example.org"}"#, "`origin`: expected scheme, host and port"),
        (r#"{"user":"u9","origin":"null"}"#, "`origin`: expected scheme, host and port"),
        (r#"{"user":"u9","origin":"https://a/b"}"#, "`origin`: expected scheme, host and port"),
        (r#"{}"#, "`user` is missing"),
    ] {
        let answer = ask_internal(&Fake::default(), post("/v1/tickets", body)).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "bad_payload"));
        assert!(answer.message().contains(part), "{}", answer.message());
    }
    let past = ask_internal(&Fake::default(), post("/v1/tickets", r#"{"user":"u9","expires_at":999}"#)).await;
    assert_eq!(past.code(), "bad_credentials");
}

#[actix_rt::test]
async fn sessions_of_a_user_are_listed_oldest_first() {
    let answer = ask_internal(&Fake::default(), get("/v1/users/u1/sessions")).await;
    let since: Vec<_> = answer.json()["sessions"].as_array().unwrap().iter().map(|s| s["since_ms"].clone()).collect();
    assert_eq!(since, [json!(9), json!(10)]);
    assert_eq!(answer.json()["sessions"][0]["incarnation"], "000000000000005");
    assert_eq!(answer.json()["sessions"][0]["node"], "n1");
    assert_eq!(ask_internal(&Fake::default(), get("/v1/users/u%7C2/sessions")).await.json()["user"], "u|2");
    assert_eq!(ask_internal(&Fake::default(), get("/v1/users/a%20b/sessions")).await.code(), "bad_address");
}

#[actix_rt::test]
async fn a_user_is_disconnected_with_a_code_of_the_table() {
    let fake = Fake::default();
    let answer = ask_internal(&fake, post("/v1/users/u1/disconnect", "{}")).await;
    assert_eq!(answer.json(), json!({ "sessions": 2 }));
    ask_internal(&fake, post("/v1/users/u1/disconnect", r#"{"code":4401}"#)).await;
    let codes: Vec<u16> = fake.calls.disconnected.lock().unwrap().iter().map(|(_, code)| code.code()).collect();
    assert_eq!(codes, [4403, 4401]);
    for code in ["1000", "4999", "\"x\"", "70000"] {
        let body = format!(r#"{{"code":{code}}}"#);
        let answer = ask_internal(&fake, post("/v1/users/u1/disconnect", &body)).await;
        assert_eq!(answer.code(), "bad_payload", "{code}");
    }
}

#[actix_rt::test]
async fn a_profile_is_replaced_as_a_whole_and_read_strictly() {
    let fake = Fake::default();
    let put = |body: &'static str| {
        let request = TestRequest::put().uri("/v1/users/u2/profile").insert_header(("x-api-key", fake::KEY));
        request.insert_header(("content-type", "application/json")).set_payload(body)
    };
    for body in [r#"{"name":"Ada","meta":{"n":1}}"#, r#"{"name":null}"#] {
        assert_eq!(ask_internal(&fake, put(body)).await.status, StatusCode::NO_CONTENT, "{body}");
    }
    let kept = fake.calls.profiles.lock().unwrap().clone();
    let texts: Vec<String> = kept.iter().map(|(user, profile)| format!("{user} {}", profile.to_text())).collect();
    assert_eq!(texts, [r#"u2 {"name":"Ada","meta":{"n":1}}"#, "u2 "]);
    for (body, reason) in [
        (r#"{"nam":"Ada"}"#, "did you mean `name`?"),
        (r#"{"name":""}"#, "1 to 64 characters"),
        (r#"{"meta":7}"#, "`meta`: it must be"),
    ] {
        let answer = ask_internal(&fake, put(body)).await;
        assert_eq!(answer.code(), "bad_payload", "{body}");
        assert!(answer.message().contains(reason), "{}", answer.message());
    }
}

#[actix_rt::test]
async fn users_are_put_into_channels_and_taken_out_by_an_encoded_address() {
    let fake = Fake::default();
    let members = "/v1/channels/ch%3Aacme%2Forder%2F1/members";
    let delete = |path: &str| TestRequest::delete().uri(path).insert_header(("x-api-key", fake::KEY));
    assert_eq!(ask_internal(&fake, post(&format!("{members}/a%7C1"), "")).await.json(), json!({ "sessions": 2 }));
    ask_internal(&fake, delete(&format!("{members}/u2"))).await;
    let placed = |user: &str, joined| (user.parse().unwrap(), "ch:acme/order/1".parse().unwrap(), joined);
    assert_eq!(*fake.calls.placed.lock().unwrap(), [placed("a|1", true), placed("u2", false)]);
    assert_eq!(ask_internal(&fake, delete(members)).await.json(), json!({ "sessions": 7 }));
    let elsewhere = delete("/v1/channels/org%3Aacme/members");
    assert_eq!(ask_internal(&fake, elsewhere).await.message(), "org:acme is not a ch: address");
    for (session, status) in [("00000000-0000-8050-8000-000000000001", 404), ("x", 400)] {
        let answer = ask_internal(&fake, post(&format!("/v1/sessions/{session}/disconnect"), "{}")).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
    }
}

#[actix_rt::test]
async fn presence_is_of_a_channel_or_of_a_user() {
    let fake = Fake::default();
    let here = json!({ "users": [{ "user": "u1", "sessions": 2 }] });
    assert_eq!(ask_internal(&fake, get("/v1/presence?channel=ch:acme/order/1")).await.json(), here);
    for list in ["org:acme", "team:acme/ops"] {
        assert_eq!(ask_internal(&fake, get(&format!("/v1/presence?channel={list}"))).await.json(), here, "{list}");
    }
    let page = json!({ "users": [{ "user": "u1", "sessions": 2 }], "count": 1 });
    assert_eq!(ask_internal(&fake, get("/v1/presence?channel=ch:acme/order/1&limit=1")).await.json(), page);
    let behind = ask_internal(&fake, get("/v1/presence?channel=ch:acme/order/1&after=u1")).await.json();
    assert_eq!(behind, json!({ "users": [], "count": 1 }));
    assert_eq!(ask_internal(&fake, get("/v1/presence?user=u1")).await.json(), here);
    assert_eq!(ask_internal(&fake, get("/v1/presence?user=u2")).await.json(), json!({ "users": [] }));
    for (query, code) in [
        ("", "bad_payload"),
        ("?user=u1&channel=ch:a/b", "bad_payload"),
        ("?chanel=ch:a/b", "bad_payload"),
        ("?channel=ch:a/b&limit=0", "bad_payload"),
        ("?channel=ch:a/b&limit=1001", "bad_payload"),
        ("?user=u1&limit=1", "bad_payload"),
        ("?channel=user:u1", "bad_address"),
        ("?channel=acme", "bad_address"),
    ] {
        assert_eq!(ask_internal(&fake, get(&format!("/v1/presence{query}"))).await.code(), code, "{query}");
    }
}

#[actix_rt::test]
async fn a_drain_begins_once() {
    let fake = Fake::default();
    let first = ask_internal(&fake, post("/v1/drain", "")).await;
    assert_eq!((first.status, first.json()["begun"].clone()), (StatusCode::ACCEPTED, json!(true)));
    assert!(fake.drain.is_begun());
    assert_eq!(ask_internal(&fake, post("/v1/drain", "")).await.json()["begun"], false);
}

#[actix_rt::test]
async fn what_the_node_refuses_has_a_status_and_says_when_to_try_again() {
    for (code, status, retry_after) in
        [(ErrorCode::BrokerUnavailable, 503, "1"), (ErrorCode::Overloaded, 503, "1"), (ErrorCode::Forbidden, 403, "")]
    {
        let answer = ask_internal(&Fake::default().refuses(code), get("/v1/users/u1/sessions")).await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (status, retry_after));
        assert_eq!((answer.code().as_str(), answer.message().as_str()), (code.as_str(), "made up"));
    }
}

#[actix_rt::test]
async fn a_key_opens_what_its_scopes_name_and_nothing_else() {
    let fake = Fake::default();
    let with = |request: TestRequest, key: &'static str| request.insert_header(("X-Api-Key", key));
    let sessions = || TestRequest::get().uri("/v1/users/u1/sessions");
    assert_eq!(ask_internal(&fake, with(sessions(), READER)).await.status, StatusCode::OK);
    let refused = ask_internal(&fake, with(TestRequest::post().uri("/v1/drain"), READER)).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "forbidden"));
    assert_eq!(refused.message(), "the key \"reader\" lacks the scope operate");
    assert_eq!(ask_internal(&fake, with(sessions(), "nobody's key")).await.status, StatusCode::UNAUTHORIZED);
}

// A `+` is a character of ids, here as on the socket.
#[actix_rt::test]
async fn a_plus_in_a_query_stays_one() {
    let fake = Fake::default();
    let answer = ask_internal(&fake, get("/v1/presence?user=a+b")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let broken = ask_internal(&fake, get("/v1/presence?user=%zz")).await;
    assert_eq!(broken.message(), "the query is not percent-encoded UTF-8");
}

// A proxy in front may add credentials of its own.
#[actix_rt::test]
async fn a_key_behind_another_line_of_authorization_counts() {
    let fake = Fake::default();
    let request = TestRequest::get().uri("/v1/presence?user=u1").append_header(("authorization", "Basic dTpw"));
    let request = request.append_header(("authorization", format!("Bearer {}", fake::KEY)));
    assert_eq!(ask_internal(&fake, request).await.status, StatusCode::OK);
}
