//! Access to the demo and its tickets: the routes of both, over a fake cluster.

use super::fake::Fake;
use super::{public, read, Answer};
use crate::auth::origin::{AllowedOrigins, Pages};
use crate::demo::public_routes;
use crate::http::HttpState;
use actix_web::test::{call_service, init_service, TestRequest};
use actix_web::App;
use arc_swap::ArcSwap;
use hubwire_protocol::{Incarnation, SessionId};
use std::sync::Arc;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

const LOOPBACK: (&str, &str) = ("Host", "127.0.0.1:8080");

async fn ask_node(state: HttpState, shown: bool, request: TestRequest) -> Answer {
    let app = App::new().configure(public_routes(state.clone(), shown)).configure(public(state));
    read(call_service(&init_service(app).await, request.to_request()).await).await
}

/// Sends a request to a node with the demo, in development or not.
async fn ask(fake: &Fake, dev: bool, request: TestRequest) -> Answer {
    let pages = Pages { allowed: AllowedOrigins::parse(&[]).unwrap(), dev };
    ask_node(HttpState { pages: Arc::new(ArcSwap::from_pointee(pages)), ..fake.state() }, true, request).await
}

fn ticket_for(user: &str) -> TestRequest {
    let body = serde_json::json!({ "user": user });
    TestRequest::post().uri("/dev/ticket").insert_header(LOOPBACK).set_json(body)
}

#[actix_rt::test]
async fn browsers_get_the_page_and_programs_the_json() {
    for (accept, content_type) in
        [(BROWSER, "text/html; charset=utf-8"), ("*/*", "application/json"), ("application/json", "application/json")]
    {
        let request = TestRequest::get().uri("/").insert_header(("Accept", accept));
        let answer = ask(&Fake::default(), true, request).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, content_type), "{accept}");
    }
}

#[actix_rt::test]
async fn the_page_may_run_and_fetch_what_is_its_own_only() {
    for path in ["/", "/demo/app.js", "/demo/style.css"] {
        let answer = ask(&Fake::default(), true, TestRequest::get().uri(path).insert_header(("Accept", BROWSER))).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
    let missing = ask(&Fake::default(), true, TestRequest::get().uri("/demo/mod.rs")).await;
    assert_eq!(missing.status.as_u16(), 404);
}

#[actix_rt::test]
async fn a_node_that_does_not_show_the_demo_has_none_of_it() {
    let state = Fake::default().state();
    for path in ["/demo/app.js", "/dev/people"] {
        let answer = ask_node(state.clone(), false, TestRequest::get().uri(path)).await;
        assert_eq!(answer.status.as_u16(), 404, "{path}");
    }
}

#[actix_rt::test]
async fn only_a_development_node_signs_people_in() {
    let fake = Fake::default();
    assert_eq!(ask(&fake, true, ticket_for("ada")).await.status.as_u16(), 201);
    let identity = fake.ticket().identity;
    assert_eq!(identity.user.as_str(), "ada");
    assert!(identity.orgs.iter().any(|(org, acme)| org.as_str() == "acme" && acme.roles.contains("admin")));
    assert_eq!(ask(&fake, false, ticket_for("ada")).await.status.as_u16(), 404);
}

#[actix_rt::test]
async fn anybody_else_is_a_newcomer_and_a_wrong_name_says_why() {
    let fake = Fake::default();
    assert_eq!(ask(&fake, true, ticket_for("somebody")).await.status.as_u16(), 201);
    assert!(fake.ticket().identity.orgs.iter().all(|(_, membership)| !membership.roles.contains("admin")));
    let wrong = ask(&fake, true, ticket_for("a b")).await;
    assert_eq!(wrong.status.as_u16(), 400);
    assert!(wrong.message().starts_with("the user \"a b\" has the character ' '"), "{}", wrong.message());
}

#[actix_rt::test]
async fn a_page_of_a_stranger_gets_no_ticket() {
    for (origin, host, status) in [
        ("http://127.0.0.1:8080", "127.0.0.1:8080", 201),
        ("https://evil.example.org", "127.0.0.1:8080", 403),
        ("http://evil.example.org:8080", "evil.example.org:8080", 403), // a name that points to loopback
    ] {
        let request = ticket_for("ada").insert_header(("Origin", origin)).insert_header(("Host", host));
        let answer = ask(&Fake::default(), true, request).await;
        assert_eq!(answer.status.as_u16(), status, "{origin} to {host}");
    }
}

#[actix_rt::test]
async fn any_node_passes_the_drain_on_to_the_node_of_the_session() {
    let fake = Fake::default();
    let session = SessionId::new(Incarnation::from_random(77), 1);
    let request = |text: &str| {
        TestRequest::post().uri("/dev/drain").set_json(serde_json::json!({ "session": text })).insert_header(LOOPBACK)
    };
    assert_eq!(ask(&fake, true, request(&session.to_string())).await.status.as_u16(), 202);
    assert_eq!(*fake.calls.drained.lock().unwrap(), [session.incarnation()]);
    assert_eq!(ask(&fake, true, request("n1")).await.status.as_u16(), 400);
    let stranger = request(&session.to_string()).insert_header(("Origin", "https://evil.example.org"));
    assert_eq!(ask(&fake, true, stranger).await.status.as_u16(), 403);
    assert_eq!(ask(&fake, false, request(&session.to_string())).await.status.as_u16(), 404);
    assert_eq!(fake.calls.drained.lock().unwrap().len(), 1);
}
