//! The audit trail: uses of the server API and refusals, as `GET /v1/audit` lists them.

use super::fake::{NOW_MS, READER};
use super::*;
use serde_json::json;

#[actix_rt::test]
async fn calls_that_change_something_and_refused_ones_stand_there_with_the_name_of_the_key() {
    let fake = Fake::default();
    ask_internal(&fake, post("/v1/users/u1/unblock", "")).await;
    let with = |key: &'static str| TestRequest::post().uri("/v1/drain").insert_header(("X-Api-Key", key));
    ask_internal(&fake, with(READER)).await;
    ask_internal(&fake, with("nobody's key, and nobody should read it")).await;
    ask_internal(&fake, get("/v1/users/u1/sessions")).await; // reading changes nothing
    let listed = ask_internal(&fake, get("/v1/audit")).await;
    assert!(!listed.text.contains("nobody's"), "{}", listed.text);
    let listed = listed.json();
    let expected = json!([
        { "number": 3, "at_ms": NOW_MS, "event": "api_call_refused", "key": "none", "call": "POST /v1/drain",
          "reason": "unknown key" },
        { "number": 2, "at_ms": NOW_MS, "event": "api_call_refused", "key": "reader", "call": "POST /v1/drain",
          "reason": "the key \"reader\" lacks the scope operate" },
        { "number": 1, "at_ms": NOW_MS, "event": "api_call", "key": "default",
          "call": "POST /v1/users/u1/unblock", "status": 200 },
    ]);
    assert_eq!((&listed["events"], &listed["more"]), (&expected, &json!(false)));
}

#[actix_rt::test]
async fn pages_are_asked_for_by_kind_number_and_length() {
    let fake = Fake::default();
    for _ in 0..3 {
        ask_internal(&fake, post("/v1/users/u1/unblock", "")).await;
    }
    let numbers = |answer: Answer| {
        let listed = answer.json();
        let events = listed["events"].as_array().unwrap().iter().map(|it| it["number"].as_u64().unwrap());
        (events.collect::<Vec<_>>(), listed["more"].as_bool().unwrap())
    };
    assert_eq!(numbers(ask_internal(&fake, get("/v1/audit?limit=2")).await), (vec![3, 2], true));
    assert_eq!(numbers(ask_internal(&fake, get("/v1/audit?limit=2&before=2")).await), (vec![1], false));
    assert_eq!(numbers(ask_internal(&fake, get("/v1/audit?event=kicked")).await), (vec![], false));
    for query in ["event=other", "limit=0", "limit=1001", "before=x", "since=1", "all=true&before=2"] {
        let refused = ask_internal(&fake, get(&format!("/v1/audit?{query}"))).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, "bad_payload"), "{query}");
    }
    let all = ask_internal(&fake, get("/v1/audit?all=true&limit=2")).await.json();
    let event = |at_ms| json!({ "number": 1, "at_ms": at_ms, "event": "session_ended", "code": 4001, "node": "n1" });
    assert_eq!(all["events"], json!([event(8), event(7)]), "newest first, with their nodes");
    assert_eq!(all["silent"].as_array().unwrap().len(), 1, "a node that did not answer is named: {all}");
    let reader = TestRequest::get().uri("/v1/audit").insert_header(("X-Api-Key", READER));
    assert_eq!(ask_internal(&fake, reader).await.status, StatusCode::FORBIDDEN);
}
