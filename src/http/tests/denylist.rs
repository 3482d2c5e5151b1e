//! Blocking and revoking: the commands that requests lead to.

use super::fake::READER;
use super::*;
use hubwire_actors::backend::{Denial, DenialSubject};
use serde_json::json;
use std::time::Duration;

fn denials(fake: &Fake) -> Vec<Denial> {
    fake.calls.denials.lock().unwrap().clone()
}

#[actix_rt::test]
async fn a_block_and_revocations_are_taken_listed_and_ended() {
    let fake = Fake::default();
    let block = ask_internal(&fake, post("/v1/users/u1/block", r#"{"seconds":60,"reason":"spam"}"#)).await;
    assert_eq!(block.json(), json!({ "expires_in_s": 60 }), "{}", block.text);
    ask_internal(&fake, post("/v1/tokens/revoke", r#"{"jti":"t 7","seconds":9}"#)).await;
    let older = ask_internal(&fake, post("/v1/tokens/revoke", r#"{"user":"u2","issued_before":7}"#)).await;
    let of = |subject, issued_before, reason: &str, seconds| {
        let left = Duration::from_secs(seconds);
        Denial { subject, issued_before, reason: reason.to_owned(), left }
    };
    // ten years, because tokens may be valid for longer
    assert_eq!(older.json(), json!({ "expires_in_s": 315_360_000 }));
    let expected = [
        of(DenialSubject::User("u1".parse().unwrap()), 0, "spam", 60),
        of(DenialSubject::Token("t 7".into()), 0, "", 9),
        of(DenialSubject::TokensOf("u2".parse().unwrap()), 7, "", 315_360_000),
    ];
    assert_eq!(denials(&fake), expected);
    let listed = ask_internal(&fake, get("/v1/blocks")).await.json();
    assert_eq!(listed["blocks"], json!([{ "user": "u1", "reason": "spam", "expires_in_s": 60 }]));
    let revocations = json!([
        { "jti": "t 7", "expires_in_s": 9 },
        { "user": "u2", "issued_before": 7, "expires_in_s": 315_360_000 },
    ]);
    assert_eq!(listed["revocations"], revocations);
    let ended = |user: &str| post(&format!("/v1/users/{user}/unblock"), "");
    assert_eq!(ask_internal(&fake, ended("u1")).await.json(), json!({ "was_blocked": true }));
    assert_eq!(ask_internal(&fake, ended("u2")).await.json(), json!({ "was_blocked": false }));
}

#[actix_rt::test]
async fn a_network_is_blocked_listed_and_let_in_again_by_its_one_name() {
    let fake = Fake::default();
    let body = r#"{"address":"10.1.2.3/16","seconds":60,"reason":"scan"}"#;
    let block = ask_internal(&fake, post("/v1/addresses/block", body)).await;
    assert_eq!(block.json(), json!({ "address": "10.1.0.0/16", "expires_in_s": 60 }), "{}", block.text);
    let subject = DenialSubject::Address("10.1.0.0/16".parse().unwrap());
    let denial = Denial { subject, issued_before: 0, reason: "scan".into(), left: Duration::from_secs(60) };
    assert_eq!(denials(&fake), [denial]);
    let listed = ask_internal(&fake, get("/v1/blocks")).await.json();
    let expected = json!([{ "address": "10.1.0.0/16", "reason": "scan", "expires_in_s": 60 }]);
    assert_eq!((&listed["addresses"], &listed["blocks"], &listed["revocations"]), (&expected, &json!([]), &json!([])));
    let ended = |address: &str| post("/v1/addresses/unblock", &json!({ "address": address }).to_string());
    assert_eq!(ask_internal(&fake, ended("10.1.0.0")).await.json()["was_blocked"], false);
    assert_eq!(ask_internal(&fake, ended("10.1.0.0/16")).await.json()["was_blocked"], true);
    for (address, why) in [
        ("0.0.0.0/0", "too large; a block covers at most a /8"),
        ("::/0", "too large; a block covers at most a /16"),
        ("example.com", "is neither an IP address"),
    ] {
        let body = json!({ "address": address, "seconds": 60 }).to_string();
        let refused = ask_internal(&fake, post("/v1/addresses/block", &body)).await;
        assert!(refused.code() == "bad_payload" && refused.message().contains(why), "{}", refused.text);
    }
}

#[actix_rt::test]
async fn a_bare_address_of_ipv6_means_its_network_and_one_that_was_blocked_alone_is_let_in_again() {
    let fake = Fake::default();
    let block = |address: &str| {
        let body = json!({ "address": address, "seconds": 60 }).to_string();
        post("/v1/addresses/block", &body)
    };
    let ended = |address: &str| post("/v1/addresses/unblock", &json!({ "address": address }).to_string());
    let subjects = || denials(&fake).into_iter().map(|denial| denial.subject).collect::<Vec<_>>();
    let of = |network: &str| DenialSubject::Address(network.parse().unwrap());
    assert_eq!(ask_internal(&fake, block("2001:db8::1")).await.json()["address"], "2001:db8::/64");
    assert_eq!(ask_internal(&fake, block("2001:db8::1/128")).await.json()["address"], "2001:db8::1/128");
    assert_eq!(ask_internal(&fake, block("::ffff:192.0.2.7")).await.json()["address"], "192.0.2.7");
    assert_eq!(subjects(), [of("2001:db8::/64"), of("2001:db8::1"), of("192.0.2.7")]);
    let listed = ask_internal(&fake, get("/v1/blocks")).await.json();
    let listed = listed["addresses"].as_array().unwrap().iter().map(|it| it["address"].as_str().unwrap().to_owned());
    let listed: Vec<String> = listed.collect();
    assert_eq!(listed, ["2001:db8::/64", "2001:db8::1/128", "192.0.2.7"], "as each can be ended");
    // as a node of a former version stored it, for a bare address
    fake.calls.denials.lock().unwrap().retain(|denial| denial.subject == of("2001:db8::1"));
    let allowed = ask_internal(&fake, ended("2001:db8::1")).await.json();
    assert_eq!(allowed, json!({ "address": "2001:db8::/64", "was_blocked": true }));
    assert_eq!(ask_internal(&fake, ended("2001:db8::1/128")).await.json()["was_blocked"], true);
    assert_eq!(ask_internal(&fake, ended("2001:db8::2")).await.json()["was_blocked"], false);
}

#[actix_rt::test]
async fn what_denies_nobody_in_particular_is_refused() {
    let fake = Fake::default();
    for (path, body, part) in [
        ("/v1/users/u1/block", r#"{}"#.to_owned(), "`seconds` is missing"),
        ("/v1/users/u1/block", r#"{"seconds":0}"#.to_owned(), "`seconds`: 0 is not between 1 and 315360000"),
        ("/v1/users/u1/block", r#"{"seconds":315360001}"#.to_owned(), "is not between"),
        (
            "/v1/users/u1/block",
            format!(r#"{{"seconds":1,"reason":"{}"}}"#, "x".repeat(257)),
            "`reason`: it has 257 bytes",
        ),
        ("/v1/tokens/revoke", r#"{"seconds":9}"#.to_owned(), "give either `jti`"),
        ("/v1/tokens/revoke", r#"{"user":"u1"}"#.to_owned(), "give either `jti`"),
        ("/v1/tokens/revoke", r#"{"jti":"a","user":"u1","issued_before":1}"#.to_owned(), "give either `jti`"),
        ("/v1/tokens/revoke", r#"{"jti":""}"#.to_owned(), "`jti`: it is empty"),
        ("/v1/tokens/revoke", format!(r#"{{"jti":"{}"}}"#, "x".repeat(257)), "`jti`: it has 257 bytes"),
    ] {
        let answer = ask_internal(&fake, post(path, &body)).await;
        assert_eq!(answer.code(), "bad_payload", "{path} {body}");
        assert!(answer.message().contains(part), "{}", answer.message());
    }
    assert_eq!(denials(&fake), []);
    // a key that may only read sees the list and cannot change it
    let with_reader = |request: TestRequest| request.insert_header(("X-Api-Key", READER));
    assert_eq!(ask_internal(&fake, with_reader(TestRequest::get().uri("/v1/blocks"))).await.status, StatusCode::OK);
    let unblock = TestRequest::post().uri("/v1/users/u1/unblock");
    assert_eq!(ask_internal(&fake, with_reader(unblock)).await.status, StatusCode::FORBIDDEN);
}

#[actix_rt::test]
async fn a_blocked_user_exchanges_no_token_for_a_ticket() {
    let fake = Fake::default();
    let exchange = || {
        let token = format!("Bearer {}", fake::token());
        TestRequest::post().uri("/v1/tickets").insert_header(("Authorization", token))
    };
    assert_eq!(ask_public(&fake, exchange()).await.status, StatusCode::CREATED);
    ask_internal(&fake, post("/v1/users/u1/block", r#"{"seconds":60}"#)).await;
    let refused = ask_public(&fake, exchange()).await;
    assert_eq!((refused.status, refused.message().as_str()), (StatusCode::FORBIDDEN, "the user is blocked"));
}
