//! Who may open a session, and how a client says who it is.

use crate::support::action::{control, publication};
use crate::support::{settings, Client, Cluster, Codec, Login, Offer};
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::Engine;
use serde_json::{json, Value};

on_stack!(
    json,
    Memory,
    Json,
    a_token_as_subprotocol_is_accepted_and_not_chosen,
    the_first_message_may_carry_the_token,
    nothing_is_done_before_authentication,
    silence_without_credentials_is_closed,
    bad_tokens_are_refused_before_the_upgrade,
    a_browser_reads_the_refusal_as_a_close_code,
    a_foreign_origin_is_refused,
    the_allowed_origin_is_accepted,
    no_subprotocol_means_json,
    a_refreshed_token_must_be_of_the_same_user
);
on_stack!(
    msgpack,
    Memory,
    Msgpack,
    a_token_as_subprotocol_is_accepted_and_not_chosen,
    the_first_message_may_carry_the_token
);

async fn open(cluster: &Cluster, codec: Codec, offer: &Offer) -> Result<Client, u16> {
    Client::open(&cluster.url(0), codec, offer).await
}

async fn a_token_as_subprotocol_is_accepted_and_not_chosen(cluster: &Cluster, codec: Codec) {
    let mut offer = Offer::codec(codec);
    let token = URL_SAFE_NO_PAD.encode(Login::member("ada").token());
    offer.subprotocols.push(format!("hubwire.bearer.{token}"));
    offer.origin = Some(settings::ALLOWED_ORIGIN.into());
    let mut client = open(cluster, codec, &offer).await.unwrap();
    client.welcomed().await;
    assert_eq!(client.subprotocol(), Some(codec.subprotocol()));
    assert_eq!(client.welcome()["user"], "ada");
    assert!(client.welcome()["orgs"].as_array().unwrap().contains(&json!("acme")));
}

async fn the_first_message_may_carry_the_token(cluster: &Cluster, codec: Codec) {
    let mut client = open(cluster, codec, &Offer::codec(codec)).await.unwrap();
    client.send(&control("@@hub/auth", json!({ "token": Login::user("ada").token() }))).await;
    client.welcomed().await;
    assert_eq!(client.welcome()["user"], "ada");

    let mut second = open(cluster, codec, &Offer::codec(codec)).await.unwrap();
    second.send(&control("@@hub/auth", json!({ "token": Login::user("ada").forged().token() }))).await;
    assert_eq!(second.closed().await, 4401);
}

async fn nothing_is_done_before_authentication(cluster: &Cluster, codec: Codec) {
    let mut nobody = open(cluster, codec, &Offer::codec(codec)).await.unwrap();
    for action in [publication("user:ada", "chat/whisper", Value::Null), control("@@hub/ping", json!({}))] {
        let answer = nobody.ask(action).await;
        assert_eq!((answer.kind(), answer.code()), ("@@hub/error", "unauthenticated"), "{answer:?}");
    }
    nobody.send(&control("@@hub/auth", json!({ "token": Login::user("bob").token() }))).await;
    nobody.welcomed().await;
    assert_eq!(nobody.position_at_welcome("user:bob"), "0-0");
}

async fn silence_without_credentials_is_closed(cluster: &Cluster, codec: Codec) {
    let mut nobody = open(cluster, codec, &Offer::codec(codec)).await.unwrap();
    assert_eq!(nobody.closed().await, 4408);
}

fn refused() -> [Option<String>; 4] {
    let ada = Login::user("ada");
    let tokens = [ada.clone().expired().token(), ada.clone().forged().token(), "x.y.z".into(), unsigned(&ada)];
    tokens.map(Some)
}

/// The token with `alg: none` and no signature.
fn unsigned(login: &Login) -> String {
    let token = login.token();
    let claims = token.split('.').nth(1).unwrap();
    format!("{}.{claims}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#))
}

async fn bad_tokens_are_refused_before_the_upgrade(cluster: &Cluster, codec: Codec) {
    for token in refused() {
        let offer = Offer { token: token.clone(), ..Offer::codec(codec) };
        assert_eq!(open(cluster, codec, &offer).await.err(), Some(401), "{token:?}");
    }
}

async fn a_browser_reads_the_refusal_as_a_close_code(cluster: &Cluster, codec: Codec) {
    for token in refused() {
        let origin = Some(settings::ALLOWED_ORIGIN.into());
        let offer = Offer { token: token.clone(), origin, ..Offer::codec(codec) };
        let mut client = open(cluster, codec, &offer).await.unwrap();
        assert_eq!(client.closed().await, 4401, "{token:?}");
    }
}

async fn a_foreign_origin_is_refused(cluster: &Cluster, codec: Codec) {
    for origin in ["https://evil.example.org", "http://app.example.org", "https://app.example.org.evil.org", "null"] {
        let offer = Offer { origin: Some(origin.into()), ..Offer::login(codec, &Login::user("ada")) };
        let mut client = open(cluster, codec, &offer).await.unwrap();
        let (code, reason) = client.closed_with_reason().await;
        assert_eq!(code, 4403, "{origin}");
        assert_eq!(reason, format!("origin {origin} is not in auth.allowed_origins"));
    }
}

async fn the_allowed_origin_is_accepted(cluster: &Cluster, codec: Codec) {
    let origin = Some(settings::ALLOWED_ORIGIN.into());
    let offer = Offer { origin, ..Offer::login(codec, &Login::user("ada")) };
    open(cluster, codec, &offer).await.unwrap().welcomed().await;
}

async fn no_subprotocol_means_json(cluster: &Cluster, codec: Codec) {
    let offer = Offer { token: Some(Login::user("ada").token()), ..Offer::default() };
    let mut client = open(cluster, codec, &offer).await.unwrap();
    client.welcomed().await;
    assert_eq!(client.subprotocol(), None);
}

async fn a_refreshed_token_must_be_of_the_same_user(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::user("ada")).await;
    let refresh = |login: Login| control("@@hub/refresh", json!({ "token": login.token() }));
    assert_eq!(ada.ask(refresh(Login::member("ada"))).await.kind(), "@@hub/ack");
    assert_eq!(ada.ask(refresh(Login::member("bob"))).await.code(), "bad_credentials");
    assert_eq!(ada.ask(refresh(Login::member("ada").expired())).await.code(), "token_expired");
}
