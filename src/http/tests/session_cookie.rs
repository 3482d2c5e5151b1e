//! The session cookie for the bearer of a token.

use super::fake::{token, NOW_MS};
use super::*;
use crate::auth::cookies::Cookies;

fn begin(authorization: &str, origin: &str) -> TestRequest {
    let request = TestRequest::post().uri("/v1/session").insert_header(("authorization", authorization));
    request.insert_header(("origin", origin))
}

#[actix_rt::test]
async fn a_token_becomes_a_cookie_that_names_its_user_and_ends_with_it() {
    let fake = Fake::default(); // its token expires 10 s from now
    let answer = ask_public(&fake, begin(&format!("Bearer {}", token()), "https://app.example.org")).await;
    assert_eq!((answer.status, answer.json()["expires_in_ms"].clone()), (StatusCode::CREATED, 10_000.into()));
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    assert_eq!(answer.header("cache-control"), "no-store");
    let cookie = answer.header("set-cookie").split(';').next().unwrap();
    let found = Cookies::new(&fake::auth()).identify([cookie], NOW_MS / 1000).unwrap().unwrap();
    assert_eq!(found.user.as_str(), "u1");
}

#[actix_rt::test]
async fn no_cookie_without_a_token_nor_for_a_page_that_is_not_listed() {
    let fake = Fake::default();
    let wrong = ask_public(&fake, begin("Bearer a.b.c", "https://app.example.org")).await;
    assert_eq!((wrong.status, wrong.header("set-cookie")), (StatusCode::UNAUTHORIZED, ""));
    let stranger = ask_public(&fake, begin(&format!("Bearer {}", token()), "https://evil.example.org")).await;
    assert_eq!(stranger.header("access-control-allow-credentials"), "", "the browser drops the cookie");
    let forgotten = TestRequest::delete().uri("/v1/session").insert_header(("origin", "https://app.example.org"));
    let forgotten = ask_public(&fake, forgotten).await;
    assert_eq!(forgotten.status, StatusCode::NO_CONTENT);
    assert!(forgotten.header("set-cookie").contains("Max-Age=0"));
}
