//! Sockets above the accept rate wait for their turn; those that would wait too long are told when to retry.

use crate::support::{Client, Codec, Login, Node, Offer};
use crate::turn;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Error;

#[tokio::test]
async fn a_socket_above_the_rate_is_refused_with_the_time_to_come_back() {
    let _turn = turn().await;
    let mut node = Node::spawn_set(
        "n1",
        None,
        &[("HUBWIRE_ACCEPT_PER_SECOND", "1"), ("HUBWIRE_ACCEPT_BURST", "2"), ("HUBWIRE_ACCEPT_WAIT_MS", "0")],
    );
    node.ready().await;
    let mut let_in = Vec::new();
    let refused = loop {
        assert!(let_in.len() < 100, "nobody is refused");
        match connect_async(node.url()).await {
            Ok((socket, _)) => let_in.push(socket),
            Err(Error::Http(response)) => break response,
            Err(error) => panic!("{error}"),
        }
    };
    assert!(let_in.len() >= 2, "the burst is let in");
    assert_eq!(refused.status().as_u16(), 503);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait}");
    assert!(node.api().metric("hubwire_accept_refused_total") >= 1.0);
    assert_eq!(node.api().try_status("/readyz"), Some(200), "it is well");
}

/// Found by attack: a client that floods a node with bad credentials, or with sockets that show none, must not lock
/// out clients with good ones.
#[tokio::test]
async fn who_brings_bad_credentials_or_none_takes_no_turn_from_others() {
    let _turn = turn().await;
    let settings = [("HUBWIRE_ACCEPT_PER_SECOND", "1"), ("HUBWIRE_ACCEPT_BURST", "1"), ("HUBWIRE_ACCEPT_WAIT_MS", "0")];
    let mut node = Node::spawn_set("n1", None, &settings);
    node.ready().await;
    let (forged, good) = (Login::user("eve").forged(), Login::user("ada"));
    for _ in 0..50 {
        let refused = Client::open(&node.url(), Codec::Json, &Offer::login(Codec::Json, &forged)).await;
        assert_eq!(refused.err(), Some(401), "refused for its token, not for the rate");
    }
    let bring = |ticket: &str| Offer { query: format!("?ticket={ticket}"), ..Offer::codec(Codec::Json) };
    for n in 0..50 {
        let refused = Client::open(&node.url(), Codec::Json, &bring(&format!("made-up-{n}"))).await;
        // 429 once the address had too many wrong ones
        assert!(matches!(refused.err(), Some(401 | 429)), "refused for its ticket, not for the rate");
    }
    let mut silent = Vec::new();
    while let Ok(socket) = Client::open(&node.url(), Codec::Json, &Offer::codec(Codec::Json)).await {
        silent.push(socket);
        assert!(silent.len() < 100, "sockets without credentials have no rate");
    }
    let mut ada = Client::open(&node.url(), Codec::Json, &bring(&node.api().ticket(&good))).await.unwrap();
    ada.welcomed().await;
    assert_eq!(ada.fence().await.len(), 0);
    let second = Client::open(&node.url(), Codec::Json, &Offer::login(Codec::Json, &good)).await;
    assert_eq!(second.err(), Some(503), "who is let in takes its turn");
}

#[tokio::test]
async fn sockets_above_the_rate_wait_for_their_turn() {
    let _turn = turn().await;
    let settings = [("HUBWIRE_ACCEPT_PER_SECOND", "20"), ("HUBWIRE_ACCEPT_BURST", "1")];
    let mut node = Node::spawn_set("n1", None, &settings);
    node.ready().await;
    let (url, login) = (node.url(), Login::user("u1"));
    let come = (0..20).map(|_| Client::connect(&url, Codec::Json, &login));
    let here = futures_util::future::join_all(come).await;
    assert_eq!(node.api().session_count("u1"), here.len());
    assert!(node.api().metric("hubwire_accept_waited_total") >= 1.0);
    assert_eq!(node.api().metric("hubwire_accept_refused_total"), 0.0);
}
