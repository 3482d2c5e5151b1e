//! Addresses that try wrong keys have to wait, while valid keys are accepted from everywhere.

use super::*;
use hubwire_actors::audit::AuditKind;
use std::net::SocketAddr;

fn limited() -> Fake {
    let fake = Fake::default();
    *fake.calls.wrong_max.lock().unwrap() = 3;
    fake
}

fn from(address: &str, key: Option<&str>) -> TestRequest {
    let peer = SocketAddr::new(address.parse().unwrap(), 9);
    let request = TestRequest::get().uri("/v1/cluster").peer_addr(peer);
    match key {
        Some(key) => request.insert_header(("x-api-key", key)),
        None => request,
    }
}

async fn status(fake: &Fake, address: &str, key: Option<&str>) -> u16 {
    ask_internal(fake, from(address, key)).await.status.as_u16()
}

#[actix_rt::test]
async fn an_address_that_tries_wrong_keys_waits_and_its_valid_key_and_other_addresses_do_not() {
    let fake = limited();
    let (guesser, other) = ("192.0.2.1", "192.0.2.2");
    for _ in 0..3 {
        assert_eq!(status(&fake, guesser, Some("a guess")).await, 401);
    }
    let slowed = ask_internal(&fake, from(guesser, Some("a guess"))).await;
    assert_eq!((slowed.status.as_u16(), slowed.code().as_str()), (429, "rate_limited"));
    let wait: u64 = slowed.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    for address in [guesser, other] {
        assert_eq!(status(&fake, address, Some(fake::KEY)).await, 200, "{address}");
    }
    assert_eq!(status(&fake, other, Some("a guess")).await, 401);
    assert_eq!(status(&fake, guesser, None).await, 401, "a request without a key tries none");
}

#[actix_rt::test]
async fn the_audit_trail_has_one_line_for_all_tries_beyond_the_limit() {
    let fake = limited();
    for _ in 0..50 {
        status(&fake, "192.0.2.1", Some("a guess")).await;
        status(&fake, "192.0.2.2", None).await;
    }
    let events = fake.audit.0.before(u64::MAX, Some(AuditKind::ApiCallRefused), None, 1000);
    for address in ["192.0.2.1", "192.0.2.2"] {
        let of_address = events.iter().filter(|event| event.address.as_deref() == Some(address)).collect::<Vec<_>>();
        assert_eq!(of_address.len(), 4, "three tries, and one for the rest");
        let last = of_address[0].reason.as_deref().unwrap();
        assert!(last.ends_with("the next ones of this minute are only counted"), "{last}");
    }
}

#[actix_rt::test]
async fn a_network_of_ipv6_counts_as_one_address() {
    let fake = limited();
    for n in 1..=3 {
        assert_eq!(status(&fake, &format!("2001:db8::{n}"), Some("a guess")).await, 401);
    }
    assert_eq!(status(&fake, "2001:db8::4", Some("a guess")).await, 429);
    assert_eq!(status(&fake, "2001:db8:0:1::4", Some("a guess")).await, 401);
}

#[actix_rt::test]
async fn forged_tokens_count_and_expired_ones_are_told_so() {
    let fake = limited();
    let exchange = |token: String| {
        let peer = SocketAddr::new("192.0.2.1".parse().unwrap(), 9);
        let request = TestRequest::post().uri("/v1/tickets").peer_addr(peer);
        ask_public(&fake, request.insert_header(("authorization", format!("Bearer {token}"))))
    };
    let claims = serde_json::from_str(r#"{"sub":"u1","exp":999990}"#).unwrap();
    let expired = crate::auth::jwt::mint(&crate::config::Secret::from("a secret"), &claims).unwrap();
    for _ in 0..10 {
        assert_eq!(exchange(expired.clone()).await.status.as_u16(), 401, "it was valid once, so it is no guess");
    }
    for _ in 0..3 {
        assert_eq!(exchange("x.y.z".into()).await.status.as_u16(), 401);
    }
    let slowed = exchange("x.y.z".into()).await;
    assert_eq!((slowed.status.as_u16(), slowed.code().as_str()), (429, "rate_limited"));
    assert_eq!(exchange(expired).await.status.as_u16(), 401);
    assert_eq!(exchange(fake::token()).await.status.as_u16(), 201);
}
