//! An address that tries wrong credentials has to wait; valid ones from there, and other addresses, do not.

use crate::support::action::control;
use crate::support::{settings, Client, Codec, Login, Node, Offer};
use serde_json::json;

/// A node behind a trusted proxy, where an address may try three wrong credentials.
async fn node() -> Node {
    let options = [
        ("HUBWIRE_LISTEN_TRUSTED_PROXIES", "127.0.0.1"),
        ("HUBWIRE_LISTEN_CLIENT_ADDRESS", "x_forwarded_for"),
        ("HUBWIRE_LIMITS_WRONG_CREDENTIALS_PER_MINUTE", "3"),
    ];
    let mut node = Node::spawn_set("n1", None, &options);
    node.ready().await;
    node
}

fn from(address: &str, offer: Offer) -> Offer {
    Offer { headers: vec![("x-forwarded-for".into(), address.into())], ..offer }
}

async fn refused(node: &Node, address: &str, offer: Offer) -> u16 {
    let opened = Client::open(&node.url(), Codec::Json, &from(address, offer)).await;
    opened.err().expect("a refusal")
}

fn forged() -> Offer {
    Offer::login(Codec::Json, &Login::member("ada").forged())
}

fn with_ticket(ticket: &str) -> Offer {
    Offer { query: format!("?ticket={ticket}"), ..Offer::codec(Codec::Json) }
}

#[tokio::test]
async fn wrong_tokens_and_tickets_of_an_address_are_limited_and_valid_ones_are_taken() {
    let node = node().await;
    let (guesser, other) = ("198.51.100.1", "198.51.100.2");
    assert_eq!(refused(&node, guesser, forged()).await, 401);
    assert_eq!(refused(&node, guesser, with_ticket(&"A".repeat(43))).await, 401);
    // the third in a first message, the fourth of it
    let mut late = Client::open(&node.url(), Codec::Json, &from(guesser, Offer::codec(Codec::Json))).await.unwrap();
    late.send(&control("@@hub/auth", json!({ "token": "x.y.z" }))).await;
    assert_eq!(late.closed().await, 4401);
    let mut late = Client::open(&node.url(), Codec::Json, &from(guesser, Offer::codec(Codec::Json))).await.unwrap();
    late.send(&control("@@hub/auth", json!({ "token": "x.y.z" }))).await;
    let error = late.next_of("@@hub/error").await;
    assert_eq!(error.code(), "rate_limited");
    assert!(error.payload()["retry_after_ms"].as_u64().is_some_and(|wait| (1..=60_000).contains(&wait)), "{error:?}");
    assert_eq!(late.closed().await, 4100);
    for offer in [forged(), with_ticket(&"A".repeat(43))] {
        assert_eq!(refused(&node, guesser, offer).await, 429);
    }
    // a page reads the close code
    let page = Offer { origin: Some(settings::ALLOWED_ORIGIN.into()), ..forged() };
    let mut page = Client::open(&node.url(), Codec::Json, &from(guesser, page)).await.unwrap();
    assert_eq!(page.next_of("@@hub/error").await.code(), "rate_limited");
    assert_eq!(page.closed().await, 4100);

    let expired = Offer::login(Codec::Json, &Login::member("ada").expired());
    assert_eq!(refused(&node, guesser, expired).await, 401, "it was valid once, so it is no guess");
    let ticket = node.api().ticket(&Login::member("eve"));
    for offer in [Offer::login(Codec::Json, &Login::member("ada")), with_ticket(&ticket)] {
        let mut valid = Client::open(&node.url(), Codec::Json, &from(guesser, offer)).await.unwrap();
        valid.welcomed().await;
    }
    assert_eq!(refused(&node, other, forged()).await, 401);

    let api = node.api();
    let metrics = api.text("/metrics").1;
    for answer in ["refused", "rate_limited"] {
        let line = format!("hubwire_wrong_credentials_total{{answer=\"{answer}\"}} 4");
        assert!(metrics.contains(&line), "{line}");
    }
    let listed = api.ok(api.get("/v1/audit?event=handshake_refused"))["events"].as_array().unwrap().clone();
    let of_guesser = listed.iter().filter(|it| it["address"] == guesser && it["reason"] != "the token has expired");
    let beyond = of_guesser.filter(|it| it["reason"].as_str().unwrap().contains("only counted")).count();
    assert_eq!(beyond, 1, "one line for all of them: {listed:#?}");
}

#[tokio::test]
async fn a_network_of_ipv6_counts_as_one_address() {
    let node = node().await;
    for host in 1..=3 {
        assert_eq!(refused(&node, &format!("2001:db8::{host}"), forged()).await, 401);
    }
    assert_eq!(refused(&node, "2001:db8::4", forged()).await, 429);
    assert_eq!(refused(&node, "2001:db8:0:1::4", forged()).await, 401);
}
