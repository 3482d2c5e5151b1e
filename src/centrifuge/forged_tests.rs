//! The corpus of forged tokens against what Centrifuge clients show: for their connection, and for a subscription.

use super::credentials::NotGranted;
use super::Centrifuge;
use crate::auth::jwt::forged_corpus::{corpus, good, hs, node, reason, Reason, Use, CHANNEL, NOW};
use hubwire_actors::environment::Environment;
use hubwire_protocol::centrifuge::ANONYMOUS;
use hubwire_protocol::ErrorCode;
use serde_json::{json, Value};
use std::sync::Arc;

fn centrifuge() -> Centrifuge {
    let environment = Environment::real();
    Centrifuge { tokens: Arc::new(node()), environment, anonymous: false, proxies: None }
}

#[test]
fn no_forged_token_opens_a_connection_and_none_is_quoted() {
    let centrifuge = centrifuge();
    assert!(centrifuge.identify(&hs(&good(Use::Session)), None).is_ok());
    for (what, token, expected) in corpus(Use::Session) {
        if what == "no user" {
            // in this protocol a signed token without a user admits an anonymous client
            let user = centrifuge.identify(&token, None).ok().unwrap().identity.user;
            assert!(user.as_str().starts_with(ANONYMOUS), "{user}");
            continue;
        }
        let Err(refusal) = centrifuge.identify(&token, None) else { panic!("{what} opens a connection") };
        let code = if expected == Reason::Expired { ErrorCode::TokenExpired } else { ErrorCode::BadCredentials };
        assert_eq!(refusal.code, code, "{what}: {}", refusal.message);
        for part in token.split('.').filter(|part| part.len() > 12) {
            assert!(!refusal.message.contains(part), "{what}: {}", refusal.message);
        }
    }
    // nor does one that is good for something else
    for of in [Use::Subscription, Use::Address] {
        assert!(centrifuge.identify(&hs(&good(of)), None).is_err(), "{of:?}");
    }
}

#[test]
fn no_forged_token_opens_a_subscription() {
    let (centrifuge, node) = (centrifuge(), node());
    let user = "u1".parse().unwrap();
    let token = hs(&good(Use::Subscription));
    assert!(centrifuge.grant(&token, CHANNEL, &user).is_ok());
    for (what, token, expected) in corpus(Use::Subscription) {
        let Err(refused) = centrifuge.grant(&token, CHANNEL, &user) else { panic!("{what} opens a channel") };
        assert_eq!(matches!(refused, NotGranted::Expired), expected == Reason::Expired, "{what}");
        if let Err(error) = node.claims(&token) {
            assert_eq!(reason(&error), expected, "{what}: {error}");
        }
    }
    for (channel, user) in [("ch:acme/y", "u1"), (CHANNEL, "u2"), ("", "u1")] {
        assert!(centrifuge.grant(&token, channel, &user.parse().unwrap()).is_err(), "{user} in {channel}");
    }
    for of in [Use::Session, Use::Address] {
        assert!(centrifuge.grant(&hs(&good(of)), CHANNEL, &user).is_err(), "{of:?}");
    }
}

/// `expire_at` takes the place of `exp`, and escapes none of its bounds.
#[test]
fn another_end_is_bounded_like_the_expiry() {
    let centrifuge = centrifuge();
    let user = "u1".parse().unwrap();
    let with = |of: Use, ends_at: Value| {
        let mut claims = good(of);
        claims["expire_at"] = ends_at;
        hs(&claims)
    };
    let end = |ends_at: Value| {
        let granted = centrifuge.grant(&with(Use::Subscription, ends_at), CHANNEL, &user);
        granted.map(|granted| granted.expires_at)
    };
    let later = NOW + 3600;
    assert_eq!(end(json!(later)).ok(), Some(Some(later)));
    assert!(matches!(end(json!(NOW - 3600)), Err(NotGranted::Expired)));
    // for ever where an expiry is required, in milliseconds, and what is no time
    for forged in [json!(0), json!(NOW * 1000), json!(1e308), json!(-1), json!("later")] {
        assert!(matches!(end(forged.clone()), Err(NotGranted::Unreadable)), "{forged}");
        assert!(centrifuge.identify(&with(Use::Session, forged.clone()), None).is_err(), "{forged}");
    }
}
