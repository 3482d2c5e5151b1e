//! Tickets for the bearer of a token.

use super::fake::{token, KEY};
use super::*;
use hubwire_protocol::{Incarnation, SessionId};
use sha2::{Digest, Sha256};
use std::time::Duration;

fn exchange(authorization: &str) -> TestRequest {
    TestRequest::post().uri("/v1/tickets").insert_header(("authorization", authorization))
}

#[actix_rt::test]
async fn a_token_becomes_a_ticket_of_its_user_that_only_its_digest_opens() {
    let fake = Fake::default();
    let answer = ask_public(&fake, exchange(&format!("bearer {}", token()))).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    let ticket = answer.json()["ticket"].as_str().unwrap().to_owned();
    assert_eq!(ticket.len(), 43); // 32 bytes in base64url
    let kept = fake.ticket();
    assert_eq!(kept.digest, format!("{:x}", Sha256::digest(&ticket)));
    assert_eq!(kept.identity.user.as_str(), "u1");
}

#[actix_rt::test]
async fn a_ticket_does_not_outlive_its_token() {
    let fake = Fake::default(); // its token expires 10 s from now
    let answer = ask_public(&fake, exchange(&format!("Bearer {}", token()))).await;
    assert_eq!(answer.json()["expires_in_ms"], 10_000);
    assert_eq!(fake.ticket().ttl, Duration::from_secs(10));
}

#[actix_rt::test]
async fn no_ticket_without_a_valid_token() {
    let fake = Fake::default();
    let missing = ask_public(&fake, TestRequest::post().uri("/v1/tickets")).await;
    assert_eq!((missing.status, missing.code().as_str()), (StatusCode::UNAUTHORIZED, "unauthenticated"));
    let wrong = ask_public(&fake, exchange(&format!("Bearer {KEY}"))).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (StatusCode::UNAUTHORIZED, "bad_credentials"));
    assert_eq!(wrong.message(), "not a signed JSON Web Token (RFC 7515, compact form)");
}

#[actix_rt::test]
async fn the_root_says_what_answers() {
    let answer = ask_public(&Fake::default(), TestRequest::get().uri("/")).await;
    assert_eq!(answer.json()["name"], "hubwire");
    assert_eq!(answer.json()["version"], env!("CARGO_PKG_VERSION"));
}

/// The page to which the browser may show the answer.
fn shared_with(answer: &Answer) -> Option<&str> {
    answer.headers.get("access-control-allow-origin").map(|origin| origin.to_str().unwrap())
}

#[actix_rt::test]
async fn a_page_that_may_open_sockets_may_get_a_ticket_for_one() {
    for (origin, shared) in [("https://app.example.org", true), ("https://evil.example.org", false)] {
        let preflight = TestRequest::default()
            .method(actix_web::http::Method::OPTIONS)
            .uri("/v1/tickets")
            .insert_header(("Origin", origin))
            .insert_header(("Access-Control-Request-Method", "POST"))
            .insert_header(("Access-Control-Request-Headers", "authorization,content-type"));
        let answer = ask_public(&Fake::default(), preflight).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{origin}");
        assert_eq!(shared_with(&answer), shared.then_some(origin), "{origin}");
        assert_eq!(answer.headers.contains_key("access-control-allow-headers"), shared, "{origin}");
        let request = exchange(&format!("Bearer {}", token())).insert_header(("Origin", origin));
        let ticket = ask_public(&Fake::default(), request).await;
        assert_eq!(ticket.status, StatusCode::CREATED);
        assert_eq!(shared_with(&ticket), shared.then_some(origin), "{origin}");
        assert_eq!(ticket.header("vary"), "Origin");
    }
}

#[actix_rt::test]
async fn a_post_goes_to_the_node_of_its_session_and_the_answer_says_whether_it_may_be_repeated() {
    let fake = Fake::default();
    // this node, one that answers, one that is silent, one with an expired lease
    for (node, status, code) in [(1, 404, "not_found"), (5, 202, ""), (6, 504, "timeout"), (7, 404, "not_found")] {
        let session = SessionId::new(Incarnation::from_random(node), 1);
        let answer = ask_public(&fake, post(&format!("/stream/{session}"), "{}")).await;
        assert_eq!(answer.status.as_u16(), status, "node {node}: {}", answer.text);
        assert_eq!(if code.is_empty() { String::new() } else { answer.code() }, code);
    }
    let full = TestRequest::delete().uri(&format!("/stream/{}", SessionId::new(Incarnation::from_random(5), 1)));
    let full = ask_public(&fake, full.insert_header(("authorization", "Bearer key"))).await;
    assert_eq!((full.status.as_u16(), full.header("retry-after")), (503, "1"), "{}", full.text);
    let off = ask_public(&fake, TestRequest::get().uri("/stream")).await;
    assert_eq!((off.status, off.code().as_str()), (StatusCode::NOT_FOUND, "not_found"));
}
