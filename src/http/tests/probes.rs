//! Health, metrics, and behaviour that all paths share.

use super::fake::KEY;
use super::*;
use crate::http::routes::{INTERNAL, INTERNAL_OPEN};
use crate::http::HttpState;
use hubwire_protocol::ErrorCode;

#[actix_rt::test]
async fn probes_and_metrics_need_no_key() {
    let fake = Fake::default();
    for (path, _) in INTERNAL_OPEN {
        let answer = ask_internal(&fake, TestRequest::get().uri(path)).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    }
}

#[actix_rt::test]
async fn both_listeners_say_what_runs_here() {
    let fake = Fake::default();
    let expected =
        serde_json::json!({ "name": "hubwire", "version": env!("CARGO_PKG_VERSION"), "protocol": "hubwire.v1" });
    assert_eq!(ask_internal(&fake, TestRequest::get().uri("/version")).await.json(), expected);
    assert_eq!(ask_public(&fake, TestRequest::get().uri("/version")).await.json(), expected);
}

// A metric per user would allow any client to create metrics.
#[actix_rt::test]
async fn requests_are_counted_by_route_and_never_by_what_a_path_names() {
    async fn call(state: &HttpState, request: TestRequest) {
        let app = init_service(App::new().configure(internal(state.clone()))).await;
        call_service(&app, request.to_request()).await;
    }
    let state = Fake::default().state();
    for (uri, key) in [
        ("/v1/users/u1/sessions", KEY),
        ("/v1/users/u2/sessions", KEY),
        ("/v1/users/u2/sessions", "wrong"),
        ("/nowhere/u3", KEY),
        ("/nowhere/u4", KEY),
    ] {
        call(&state, TestRequest::get().uri(uri).insert_header(("x-api-key", key))).await;
    }
    call(&state, TestRequest::default().method("BREW".parse().unwrap()).uri("/healthz")).await;
    let mut counted: Vec<_> = state
        .registry
        .gather()
        .iter()
        .filter(|family| family.name() == "hubwire_api_requests_total")
        .flat_map(|family| family.get_metric().to_vec())
        .map(|metric| {
            let label = |name| metric.get_label().iter().find(|label| label.name() == name).unwrap().value().to_owned();
            (label("path"), label("method"), label("status"), metric.get_counter().get_value() as u64)
        })
        .collect();
    counted.sort();
    let expected = [
        ("/healthz", "other", "405", 1),
        ("/v1/users/{user}/sessions", "GET", "200", 2),
        ("/v1/users/{user}/sessions", "GET", "401", 1),
        ("other", "other", "404", 2),
    ];
    assert_eq!(
        counted,
        expected.map(|(path, method, status, count)| (path.into(), method.into(), status.into(), count))
    );
}

#[actix_rt::test]
async fn everything_else_on_the_internal_listener_needs_one() {
    let fake = Fake::default();
    for (path, methods) in INTERNAL {
        for method in *methods {
            for key in ["", "Bearer wrong-key", "Basic the-key"] {
                let path = path.replace("{user}", "u1");
                let request = TestRequest::default().uri(&path).method(method.parse().unwrap());
                let answer = ask_internal(&fake, request.insert_header(("authorization", key))).await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
                assert_eq!((answer.code().as_str(), answer.header("www-authenticate")), ("unauthenticated", "Bearer"));
            }
        }
    }
    assert!(fake.published().is_empty());
    assert!(!fake.drain.is_begun());
}

#[actix_rt::test]
async fn readiness_names_each_reason_why_not() {
    let fake = Fake::default().refuses(ErrorCode::BrokerUnavailable);
    fake.drain.begin();
    let answer = ask_internal(&fake, TestRequest::get().uri("/readyz")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let expected = serde_json::json!({ "ready": false, "reasons": ["draining", "broker_unavailable: made up"] });
    assert_eq!(answer.json(), expected);
}

#[actix_rt::test]
async fn a_broken_node_says_so_without_asking_anybody() {
    let fake = Fake::default();
    *fake.calls.is_silent.lock().unwrap() = true;
    *fake.calls.is_broken.lock().unwrap() = true;
    let answer = ask_internal(&fake, TestRequest::get().uri("/readyz")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["reasons"], serde_json::json!(["broken: a fault within the node, see its log"]));
}

#[actix_rt::test]
async fn a_broker_that_does_not_answer_makes_the_node_unready_but_not_dead() {
    let fake = Fake::default();
    *fake.calls.is_silent.lock().unwrap() = true;
    let ready = ask_internal(&fake, TestRequest::get().uri("/readyz")).await;
    assert_eq!(ready.json()["reasons"][0], "broker did not answer within 20 ms");
    assert_eq!(ask_internal(&fake, TestRequest::get().uri("/healthz")).await.status, StatusCode::OK);
}

#[actix_rt::test]
async fn metrics_are_prometheus_text() {
    let answer = ask_internal(&Fake::default(), TestRequest::get().uri("/metrics")).await;
    assert!(answer.header("content-type").starts_with("text/plain; version=0.0.4"));
    assert!(answer.text.contains("# TYPE process_cpu_seconds_total counter"), "{}", answer.text);
}

#[actix_rt::test]
async fn what_is_not_served_says_so_in_json() {
    let fake = Fake::default();
    let missing = ask_public(&fake, get("/v2")).await;
    assert_eq!((missing.status, missing.code().as_str()), (StatusCode::NOT_FOUND, "not_found"));
    let wrong = ask_internal(&fake, get("/v1/publish")).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"));
    assert_eq!(wrong.header("allow"), "POST");
    let wrong = ask_internal(&fake, post("/healthz", "{}")).await;
    assert_eq!(wrong.header("allow"), "GET, HEAD");
}

#[actix_rt::test]
async fn head_is_answered_where_get_is() {
    let request = TestRequest::default().method(actix_web::http::Method::HEAD).uri("/readyz");
    assert_eq!(ask_internal(&Fake::default(), request).await.status, StatusCode::OK);
}

#[actix_rt::test]
async fn the_public_listener_has_no_server_api() {
    let fake = Fake::default();
    for (path, methods) in INTERNAL.iter().filter(|(path, _)| *path != "/v1/tickets") {
        let request = TestRequest::default().uri(&path.replace("{user}", "u1")).method(methods[0].parse().unwrap());
        let answer = ask_public(&fake, request.insert_header(("x-api-key", fake::KEY))).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[actix_rt::test]
async fn a_balancer_learns_on_the_public_listener_whether_but_not_why() {
    let fake = Fake::default();
    let ask = || ask_public(&fake, TestRequest::get().uri("/readyz"));
    assert_eq!((ask().await.status, ask().await.text), (StatusCode::OK, r#"{"ready":true}"#.to_string()));
    let draining = Fake::default();
    draining.state().drain.begin();
    let answer = ask_public(&draining, TestRequest::get().uri("/readyz")).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::SERVICE_UNAVAILABLE, r#"{"ready":false}"#));
    assert_eq!(ask_public(&fake, TestRequest::get().uri("/healthz")).await.status, StatusCode::OK);
}
