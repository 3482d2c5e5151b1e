//! Requests for the tail and the trace of a message.

use super::fake::READER;
use super::*;
use actix_web::body::MessageBody;
use serde_json::json;
use std::future::poll_fn;
use std::pin::Pin;

/// The first chunk of a tail.
async fn first_piece(request: TestRequest) -> String {
    let app = init_service(App::new().configure(internal(Fake::default().state()))).await;
    let response = call_service(&app, request.to_request()).await;
    assert_eq!(response.headers().get("content-type").unwrap(), "text/event-stream");
    let mut body = response.into_body();
    let piece = poll_fn(|context| Pin::new(&mut body).poll_next(context)).await;
    String::from_utf8(piece.unwrap().unwrap().into()).unwrap()
}

#[actix_rt::test]
async fn a_tail_tells_publications_what_was_dropped_and_who_is_silent() {
    let piece = first_piece(get("/v1/tail?prefix=ch:acme/")).await;
    let expected = concat!(
        "event: publication\ndata: {\"bytes\":2,\"node\":\"n1\",\"to\":\"ch:acme/a\",\"ts\":7,\"type\":\"x\"}\n\n",
        "event: dropped\ndata: {\"count\":3}\n\n",
        "event: silent\ndata: {\"nodes\":[\"000000000000006\"]}\n\n",
    );
    assert_eq!(piece, expected);
    assert!(first_piece(get("/v1/tail?prefix=org:&payload=true")).await.contains("\"payload\":{}"));
}

#[actix_rt::test]
async fn a_tail_is_refused_by_a_status_before_it_begins() {
    for query in ["prefix=a&x=1", "payload=maybe", "user=%20", "prefix=%zz"] {
        let answer = ask_internal(&Fake::default(), get(&format!("/v1/tail?{query}"))).await;
        assert_eq!(answer.status, 400, "{query}");
    }
    let reader = TestRequest::get().uri("/v1/tail?payload=true").insert_header(("x-api-key", READER));
    assert_eq!(ask_internal(&Fake::default(), reader).await.code(), "forbidden");
    let away = Fake::default().refuses(hubwire_protocol::ErrorCode::BrokerUnavailable);
    assert_eq!(ask_internal(&away, get("/v1/tail?prefix=")).await.status, 503);
}

#[actix_rt::test]
async fn a_message_is_shown_as_stored_and_as_it_went() {
    let found = ask_internal(&Fake::default(), get("/v1/messages/org%3Aacme/12-7")).await.json();
    assert_eq!((&found["stored"]["type"], &found["stored"]["pos"]), (&json!("order/closed"), &json!("12-7")));
    assert_eq!(found["stored"]["payload"], json!(null));
    assert_eq!(found["nodes"][0]["delivered"], json!([{ "at_ms": 8, "sessions": 2, "lagging": 1 }]));
    assert_eq!((&found["nodes"][1]["silent"], &found["nodes"][1]["delivered"]), (&json!(true), &json!(null)));
    let shown = ask_internal(&Fake::default(), get("/v1/messages/org%3Aacme/12-7?payload=true")).await.json();
    assert_eq!(shown["stored"]["payload"], json!({ "secret": 1 }));
    assert_eq!(ask_internal(&Fake::default(), get("/v1/messages/org%3Aacme/13-7")).await.json()["stored"], json!(null));
    for (path, code) in
        [("org%3Aacme/x", "bad_payload"), ("session%3Ax/1-1", "bad_address"), ("nowhere/1-1", "bad_address")]
    {
        assert_eq!(ask_internal(&Fake::default(), get(&format!("/v1/messages/{path}"))).await.code(), code, "{path}");
    }
    let reader = TestRequest::get().uri("/v1/messages/org%3Aacme/12-7?payload=1").insert_header(("x-api-key", READER));
    assert_eq!(ask_internal(&Fake::default(), reader).await.code(), "bad_payload");
}
