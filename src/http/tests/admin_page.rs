//! The operator's page: access to it, signing in, and the rights of a cookie.

use super::fake::{Fake, KEY, READER};
use super::{internal, read, Answer};
use crate::admin::door::Door;
use crate::admin::internal_routes;
use actix_web::test::{call_service, init_service, TestRequest};
use actix_web::App;
use serde_json::json;
use std::net::SocketAddr;

const LOCAL: (&str, &str) = ("host", "127.0.0.1:8081");
const WRITES: (&str, &str) = ("x-hubwire-admin", "1");

fn fake() -> Fake {
    Fake { door: Door::new(true, &["hub.example.org".into()]), ..Fake::default() }
}

async fn ask(fake: &Fake, request: TestRequest) -> Answer {
    let app = App::new().configure(internal_routes(fake.state())).configure(internal(fake.state()));
    read(call_service(&init_service(app).await, request.to_request()).await).await
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path).insert_header(LOCAL)
}

fn sign_in_with(key: &str) -> TestRequest {
    TestRequest::post().uri("/v1/admin/session").insert_header(LOCAL).set_json(json!({ "key": key }))
}

/// The cookie after signing in with a key.
async fn signed_in(fake: &Fake, key: &str) -> (&'static str, String) {
    let answer = ask(fake, sign_in_with(key)).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    let (cookie, attributes) = answer.header("set-cookie").split_once(';').unwrap();
    assert_eq!(attributes, " Path=/; Max-Age=28800; HttpOnly; SameSite=Strict");
    ("cookie", cookie.to_owned())
}

#[actix_rt::test]
async fn the_page_runs_and_asks_what_is_its_own_only_and_nobody_frames_it() {
    for path in ["/admin/", "/admin/app.js", "/admin/style.css", "/admin/preact.js"] {
        let answer = ask(&fake(), get(path)).await;
        assert_eq!(answer.status.as_u16(), 200, "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
    assert_eq!(ask(&fake(), get("/admin/door.rs")).await.status.as_u16(), 404);
    for (path, accept) in [("/", "text/html"), ("/admin", "*/*")] {
        let answer = ask(&fake(), get(path).insert_header(("accept", accept))).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (302, "/admin/"), "{path}");
    }
}

#[actix_rt::test]
async fn a_node_whose_page_is_off_has_none_and_signs_nobody_in() {
    let fake = Fake { door: Door::new(false, &[]), ..Fake::default() };
    for request in [get("/admin/"), get("/"), sign_in_with(KEY)] {
        assert_eq!(ask(&fake, request).await.status.as_u16(), 404);
    }
}

#[actix_rt::test]
async fn a_cookie_opens_what_its_key_opens_and_changes_something_only_with_the_header() {
    let fake = fake();
    let cookie = signed_in(&fake, KEY).await;
    let with_cookie = |request: TestRequest| request.insert_header(LOCAL).insert_header(cookie.clone());
    assert_eq!(ask(&fake, with_cookie(get("/v1/cluster"))).await.status.as_u16(), 200);
    assert_eq!(ask(&fake, with_cookie(get("/v1/admin/session"))).await.json()["key"], "default");
    let disconnect = || with_cookie(TestRequest::post().uri("/v1/users/u1/disconnect").set_json(json!({})));
    let refused = ask(&fake, disconnect()).await;
    assert_eq!(
        (refused.status.as_u16(), refused.message().as_str()),
        (403, "the header X-Hubwire-Admin: 1 is missing")
    );
    assert!(fake.calls.disconnected.lock().unwrap().is_empty());
    assert_eq!(ask(&fake, disconnect().insert_header(WRITES)).await.status.as_u16(), 200);
    let out = with_cookie(TestRequest::delete().uri("/v1/admin/session"));
    assert_eq!(ask(&fake, out).await.status.as_u16(), 204);
    assert_eq!(ask(&fake, with_cookie(get("/v1/cluster"))).await.status.as_u16(), 401);
}

#[actix_rt::test]
async fn a_cookie_is_secure_where_the_page_came_by_https_from_this_node_or_from_a_proxy() {
    for (internal_tls, host, origin, is_secure) in [
        (false, "127.0.0.1:8081", None, false),
        (false, "127.0.0.1:8081", Some("http://127.0.0.1:8081"), false),
        (false, "hub.example.org", Some("https://hub.example.org"), true),
        (true, "127.0.0.1:8081", None, true),
    ] {
        let fake = Fake { internal_tls, ..fake() };
        let from_page = |request: TestRequest| {
            let request = request.uri("/v1/admin/session").insert_header(("host", host));
            origin.into_iter().fold(request, |request, origin| request.insert_header(("origin", origin)))
        };
        let came = ask(&fake, from_page(TestRequest::post()).set_json(json!({ "key": KEY }))).await;
        let left = ask(&fake, from_page(TestRequest::delete())).await;
        assert_eq!((came.status.as_u16(), left.status.as_u16()), (200, 204), "{host} {origin:?}");
        for cookie in [came.header("set-cookie"), left.header("set-cookie")] {
            assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
            assert_eq!(cookie.ends_with("; Secure"), is_secure, "{origin:?} {cookie}");
        }
    }
}

#[actix_rt::test]
async fn a_foreign_name_or_page_gets_nothing() {
    let fake = fake();
    let cookie = signed_in(&fake, KEY).await;
    for (host, status) in
        [("rebound.example:8081", 403), ("10.0.0.1", 403), ("localhost", 200), ("hub.example.org", 200)]
    {
        let request = |path: &str| TestRequest::get().uri(path).insert_header(("host", host));
        assert_eq!(ask(&fake, request("/admin/")).await.status.as_u16(), status, "{host}");
        assert_eq!(
            ask(&fake, request("/v1/cluster").insert_header(cookie.clone())).await.status.as_u16(),
            status,
            "{host}"
        );
    }
    for (origin, status) in [("https://evil.example", 403), ("null", 403), ("http://127.0.0.1:8081", 200)] {
        let answer = ask(&fake, sign_in_with(KEY).insert_header(("origin", origin))).await;
        assert_eq!(answer.status.as_u16(), status, "{origin}");
    }
    // a form cannot send JSON without a preflight request
    let form = TestRequest::post().uri("/v1/admin/session").insert_header(LOCAL).set_form(json!({ "key": KEY }));
    assert_eq!(ask(&fake, form).await.status.as_u16(), 415);
}

#[actix_rt::test]
async fn a_key_without_the_scope_signs_nobody_in_and_who_guesses_waits() {
    let fake = fake();
    let guesser: SocketAddr = "192.0.2.7:1".parse().unwrap();
    for key in [READER, "", "x", "y", "z"] {
        let answer = ask(&fake, sign_in_with(key).peer_addr(guesser)).await;
        assert_eq!((answer.status.as_u16(), answer.header("set-cookie")), (401, ""), "{key}");
    }
    let waits = ask(&fake, sign_in_with(KEY).peer_addr(guesser)).await;
    assert_eq!((waits.status.as_u16(), waits.code().as_str(), waits.header("set-cookie")), (429, "rate_limited", ""));
    assert!((1..=60).contains(&waits.header("retry-after").parse::<u64>().unwrap()));
    let other = ask(&fake, sign_in_with(KEY).peer_addr("192.0.2.8:1".parse().unwrap())).await;
    assert_eq!(other.status.as_u16(), 200);
}

#[actix_rt::test]
async fn a_key_that_was_taken_out_of_the_configuration_ends_its_cookies() {
    let fake = fake();
    let state = fake.state();
    let app = App::new().configure(internal_routes(state.clone())).configure(internal(state.clone()));
    let app = init_service(app).await;
    let cookie = signed_in(&fake, KEY).await;
    let cluster = || get("/v1/cluster").insert_header(cookie.clone()).to_request();
    assert_eq!(call_service(&app, cluster()).await.status().as_u16(), 200);
    state.api_keys.store(std::sync::Arc::new(crate::auth::api_key::ApiKeys::new(&[])));
    assert_eq!(call_service(&app, cluster()).await.status().as_u16(), 401);
}
