//! One-time tickets: the holder gets in once, on any node.

use crate::support::action::control;
use crate::support::{settings, Client, Cluster, Codec, Login, Offer, Stack};
use serde_json::json;

on_every_stack!(
    a_ticket_opens_one_session_on_any_node,
    of_two_who_come_with_the_same_ticket_at_once_one_gets_in,
    a_ticket_may_be_the_first_message,
    the_device_of_a_ticket_is_not_the_clients_to_choose,
    a_ticket_for_pages_of_one_origin_is_for_nobody_else,
);

fn offer(codec: Codec, ticket: &str) -> Offer {
    Offer { query: format!("?ticket={ticket}"), ..Offer::codec(codec) }
}

async fn a_ticket_opens_one_session_on_any_node(cluster: &Cluster, codec: Codec) {
    let ticket = cluster.api(0).ticket(&Login::member("ada"));
    let mut client = Client::open(&cluster.url(1), codec, &offer(codec, &ticket)).await.unwrap();
    client.welcomed().await;
    assert_eq!(client.welcome()["user"], "ada");
    client.join("ch:acme/order/1").await; // the memberships came along

    for node in [0, 1, 2] {
        let again = Client::open(&cluster.url(node), codec, &offer(codec, &ticket)).await;
        assert_eq!(again.err(), Some(401));
    }
    let forged = Client::open(&cluster.url(0), codec, &offer(codec, "A".repeat(43).as_str())).await;
    assert_eq!(forged.err(), Some(401));
}

async fn of_two_who_come_with_the_same_ticket_at_once_one_gets_in(cluster: &Cluster, codec: Codec) {
    for _ in 0..5 {
        let ticket = offer(codec, &cluster.api(0).ticket(&Login::user("ada")));
        let (one, two) = (cluster.url(1), cluster.url(2));
        let (one, two) = tokio::join!(Client::open(&one, codec, &ticket), Client::open(&two, codec, &ticket));
        let refused: Vec<_> = [one.err(), two.err()].into_iter().flatten().collect();
        assert_eq!(refused, [401]);
    }
}

async fn a_ticket_may_be_the_first_message(cluster: &Cluster, codec: Codec) {
    let ticket = cluster.api(0).ticket(&Login::user("ada"));
    for (node, accepted) in [(1, true), (2, false)] {
        let mut client = Client::open(&cluster.url(node), codec, &Offer::codec(codec)).await.unwrap();
        client.send(&control("@@hub/auth", json!({ "ticket": ticket }))).await;
        if accepted {
            client.welcomed().await;
        } else {
            assert_eq!(client.closed().await, 4401);
        }
    }
}

/// A thief who finds a ticket in a log or a referrer cannot use it from a page of that origin.
async fn a_ticket_for_pages_of_one_origin_is_for_nobody_else(cluster: &Cluster, codec: Codec) {
    let ticket = || {
        let body = json!({ "user": "ada", "origin": settings::ALLOWED_ORIGIN });
        cluster.api(0).ok(cluster.api(0).post("/v1/tickets", body))["ticket"].as_str().unwrap().to_owned()
    };
    let on = |origin: Option<&str>, ticket: &str| Offer { origin: origin.map(str::to_owned), ..offer(codec, ticket) };
    let mut page = Client::open(&cluster.url(1), codec, &on(Some(settings::ALLOWED_ORIGIN), &ticket())).await.unwrap();
    page.welcomed().await;
    // no browser, and then not even the right page: it is used up
    let stolen = ticket();
    assert_eq!(Client::open(&cluster.url(1), codec, &on(None, &stolen)).await.err(), Some(401));
    let mut late = Client::open(&cluster.url(2), codec, &on(Some(settings::ALLOWED_ORIGIN), &stolen)).await.unwrap();
    assert_eq!(late.closed().await, 4401);
    // a message does not say from which page it is: neither the first nor a later one takes such a ticket
    let here = Offer { origin: Some(settings::ALLOWED_ORIGIN.into()), ..Offer::codec(codec) };
    let mut first = Client::open(&cluster.url(0), codec, &here).await.unwrap();
    first.send(&control("@@hub/auth", json!({ "ticket": ticket() }))).await;
    assert_eq!(first.closed().await, 4401);
    let refused = page.ask(control("@@hub/refresh", json!({ "ticket": ticket() }))).await;
    assert_eq!(refused.code(), "bad_credentials", "{refused:?}");
}

/// 1,000 handshakes with one ticket, at once and on two nodes.
#[tokio::test]
async fn of_a_thousand_who_come_with_the_same_ticket_one_gets_in() {
    // all come from one address, and 999 of the tickets are wrong
    let unlimited = [("HUBWIRE_LIMITS_WRONG_CREDENTIALS_PER_MINUTE", "0")];
    let cluster = Cluster::start_with(Stack::Redis, &unlimited).await;
    let ticket = offer(Codec::Json, &cluster.api(0).ticket(&Login::user("ada")));
    let urls = [cluster.url(1), cluster.url(2)];
    let handshakes = (0..1000).map(|n| Client::open(&urls[n % 2], Codec::Json, &ticket));
    let opened = futures_util::future::join_all(handshakes).await;
    let let_in = opened.iter().filter(|opened| opened.is_ok()).count();
    let refused = opened.iter().filter(|opened| opened.as_ref().err() == Some(&401)).count();
    assert_eq!((let_in, refused), (1, 999));
}

async fn the_device_of_a_ticket_is_not_the_clients_to_choose(cluster: &Cluster, codec: Codec) {
    let ticket = || {
        let body = json!({ "user": "ada", "device": "phone" });
        cluster.api(0).ok(cluster.api(0).post("/v1/tickets", body))["ticket"].as_str().unwrap().to_owned()
    };
    let by_url = Offer { query: format!("?ticket={}&device=laptop", ticket()), ..Offer::codec(codec) };
    let mut first = Client::open(&cluster.url(0), codec, &by_url).await.unwrap();
    first.welcomed().await;
    let mut second = Client::open(&cluster.url(0), codec, &Offer::codec(codec)).await.unwrap();
    second.send(&control("@@hub/auth", json!({ "ticket": ticket(), "device": "laptop" }))).await;
    second.welcomed().await;
    let sessions = cluster.api(0).ok(cluster.api(0).get("/v1/users/ada/sessions"))["sessions"].clone();
    let devices: Vec<&str> = sessions.as_array().unwrap().iter().map(|it| it["device"].as_str().unwrap()).collect();
    assert_eq!(devices, ["phone", "phone"]);
}
