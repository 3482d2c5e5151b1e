//! `POST /v1/publish`.

use super::*;
use hubwire_protocol::ErrorCode;
use serde_json::json;

const EVENT: &str = r#"{"to":"org:acme","type":"order/paid","payload":{"total": 10.50}}"#;

#[actix_rt::test]
async fn a_publication_is_acknowledged_and_its_payload_stays_as_it_was_sent() {
    let fake = Fake::default();
    let answer = ask_internal(&fake, post("/v1/publish", EVENT)).await;
    assert_eq!(answer.json(), json!({ "pos": "1-7", "sessions": 2, "nodes": 1 }));
    assert_eq!(fake.published()[0].payload.as_deref(), Some(r#"{"total": 10.50}"#));
}

#[actix_rt::test]
async fn the_idempotency_key_is_the_id() {
    let fake = Fake::default();
    let keyed = |body: &str| post("/v1/publish", body).insert_header(("idempotency-key", "k1"));
    ask_internal(&fake, keyed(EVENT)).await;
    assert_eq!(fake.published()[0].id.as_deref(), Some("k1"));
    let differs = r#"{"to":"org:acme","type":"x","id":"k2"}"#;
    assert_eq!(ask_internal(&fake, keyed(differs)).await.code(), "bad_payload");
    assert_eq!(ask_internal(&fake, keyed(&format!("[{EVENT}]"))).await.code(), "bad_payload");
    assert_eq!(fake.published().len(), 1);
}

// The id is written into every publication and into a key of the broker, so its bound must hold here, too.
#[actix_rt::test]
async fn the_idempotency_key_is_bound_as_an_id() {
    let fake = Fake::default();
    let keyed = |bytes: usize| post("/v1/publish", EVENT).insert_header(("idempotency-key", "k".repeat(bytes)));
    let longer = ask_internal(&fake, keyed(65)).await;
    assert_eq!((longer.status, longer.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "too_big"));
    assert!(fake.published().is_empty());
    assert_eq!(ask_internal(&fake, keyed(64)).await.status, StatusCode::OK);
}

#[actix_rt::test]
async fn an_array_is_answered_item_by_item_in_its_order() {
    let fake = Fake::default();
    let body = format!(r#" [{EVENT},{{"to":"nowhere","type":"x"}},{EVENT}]"#);
    let answer = ask_internal(&fake, post("/v1/publish", &body)).await;
    let results = answer.json()["results"].clone();
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!((results[0]["pos"].clone(), results[2]["pos"].clone()), (json!("1-7"), json!("2-7")));
    assert_eq!(results[1]["error"]["code"], "bad_address");
}

#[actix_rt::test]
async fn an_array_has_a_bound() {
    let fake = Fake::default(); // accepts at most 3 items
    let body = format!("[{}]", [EVENT; 4].join(","));
    let answer = ask_internal(&fake, post("/v1/publish", &body)).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "too_many"));
    assert!(fake.published().is_empty());
}

#[actix_rt::test]
async fn a_refusal_of_the_node_is_told_with_its_code() {
    let fake = Fake::default().refuses(ErrorCode::BrokerUnavailable);
    let one = ask_internal(&fake, post("/v1/publish", EVENT)).await;
    assert_eq!((one.status, one.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "broker_unavailable"));
    let many = ask_internal(&fake, post("/v1/publish", &format!("[{EVENT}]"))).await;
    assert_eq!(many.json()["results"][0]["error"]["code"], "broker_unavailable");
}

#[actix_rt::test]
async fn a_body_must_be_json_and_declared_as_json_and_small_enough() {
    let fake = Fake::default();
    let declared = |kind: &str| post("/v1/publish", EVENT).insert_header(("content-type", kind.to_owned()));
    let wrong = ask_internal(&fake, declared("text/plain")).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"));
    let spelled = declared("Application/JSON; charset=utf-8");
    assert_eq!(ask_internal(&fake, spelled).await.status, StatusCode::OK);
    let big = ask_internal(&fake, post("/v1/publish", &" ".repeat(4097))).await;
    assert_eq!((big.status, big.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "too_big"));
    for body in ["", "{", "nonsense", "[{]"] {
        let answer = ask_internal(&fake, post("/v1/publish", body)).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "bad_syntax"), "{body:?}");
    }
    let not_utf8 = post("/v1/publish", "").set_payload(&b"{\"to\":\"\xff\"}"[..]);
    assert_eq!(ask_internal(&fake, not_utf8).await.code(), "bad_syntax");
}

#[actix_rt::test]
async fn a_compressed_body_is_called_so() {
    let request = post("/v1/publish", EVENT).insert_header(("content-encoding", "gzip"));
    let answer = ask_internal(&Fake::default(), request).await;
    assert_eq!((answer.status, answer.header("accept-encoding")), (StatusCode::UNSUPPORTED_MEDIA_TYPE, "identity"));
    assert_eq!(answer.message(), "the body is encoded with gzip; send it without Content-Encoding");
}

// A regression: the body of an upgrade request ends only with the connection, and the node once waited for that end.
#[actix_rt::test]
async fn a_request_that_asks_for_an_upgrade_is_refused_at_once() {
    let request = post("/v1/publish", EVENT).insert_header(("upgrade", "websocket"));
    let answer = ask_internal(&Fake::default(), request).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "bad_syntax"));
}
