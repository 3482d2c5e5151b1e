//! Who is blocked and what is revoked, and how nodes hear of it.

use super::super::eventually;
use super::super::fixture::*;
use hubwire_actors::backend::{Denial, DenialSubject, IfKnown, DENIALS_MAX};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn block(name: &str, left: Duration) -> Denial {
    Denial { subject: DenialSubject::User(user(name)), issued_before: 0, reason: String::new(), left }
}

/// All denials by their subject, with what they hold beside the time.
async fn known(node: &Node) -> Vec<(DenialSubject, u64, String)> {
    let mut denials = node.denials().await.unwrap().denials;
    denials.sort_by(|a, b| a.subject.cmp(&b.subject));
    denials.into_iter().map(|it| (it.subject, it.issued_before, it.reason)).collect()
}

pub async fn a_denial_is_known_by_every_node_until_it_ends(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    assert_eq!(b.live().await.unwrap().denylist, 0);
    assert_eq!(a.deny(block("u1", HOUR), IfKnown::Replace).await, Ok(true));
    let version = b.live().await.unwrap().denylist;
    assert!(version > 0);
    let found = b.denials().await.unwrap();
    assert_eq!((found.version, found.denials.len()), (version, 1));
    let left = found.denials[0].left;
    assert!(left <= HOUR && left > HOUR - Duration::from_secs(60), "{left:?}");
    // another time takes the place of the first
    assert_eq!(b.deny(block("u1", Duration::from_millis(300)), IfKnown::Replace).await, Ok(true));
    assert!(a.live().await.unwrap().denylist > version);
    eventually("the denial ends", || async { known(&a).await.is_empty().then_some(()) }).await;
    assert_eq!(a.allow(DenialSubject::User(user("u1"))).await, Ok(false), "it had ended");
}

pub async fn a_denial_ends_before_its_time_once(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    a.deny(block("u1", HOUR), IfKnown::Replace).await.unwrap();
    let tokens = Denial { subject: DenialSubject::TokensOf(user("u1")), issued_before: 7, ..block("u1", HOUR) };
    a.deny(tokens, IfKnown::Replace).await.unwrap();
    let network = || DenialSubject::Address("2001:db8::/32".parse().unwrap());
    a.deny(Denial { subject: network(), ..block("u1", HOUR) }, IfKnown::Replace).await.unwrap();
    assert!(known(&b).await.iter().any(|(subject, ..)| *subject == network()));
    assert_eq!(b.allow(network()).await, Ok(true));
    let version = a.live().await.unwrap().denylist;
    assert_eq!(b.allow(DenialSubject::User(user("u1"))).await, Ok(true));
    assert_eq!(b.allow(DenialSubject::User(user("u1"))).await, Ok(false));
    assert!(a.live().await.unwrap().denylist > version);
    assert_eq!(
        known(&a).await,
        [(DenialSubject::TokensOf(user("u1")), 7, String::new())],
        "what else was denied stays so"
    );
}

pub async fn a_denial_of_older_tokens_only_grows(broker: &dyn Broker) {
    let node = node(broker).await;
    let tokens = |issued_before, left| Denial {
        subject: DenialSubject::TokensOf(user("u1")),
        issued_before,
        ..block("u1", left)
    };
    let deny = |issued_before, left| node.deny(tokens(issued_before, left), IfKnown::Replace);
    let left = || async { node.denials().await.unwrap().denials[0].left };
    deny(100, HOUR).await.unwrap();
    deny(50, 10 * HOUR).await.unwrap();
    assert_eq!(known(&node).await, [(DenialSubject::TokensOf(user("u1")), 100, String::new())]);
    assert!(left().await > 9 * HOUR);
    deny(200, HOUR).await.unwrap();
    assert_eq!(known(&node).await, [(DenialSubject::TokensOf(user("u1")), 200, String::new())]);
    assert!(left().await > 9 * HOUR, "the older ones stay revoked");
    // one that was ended begins anew
    node.allow(DenialSubject::TokensOf(user("u1"))).await.unwrap();
    deny(70, HOUR).await.unwrap();
    assert_eq!(known(&node).await, [(DenialSubject::TokensOf(user("u1")), 70, String::new())]);
    assert!(left().await <= HOUR);
}

pub async fn a_denial_that_was_ended_is_not_given_back(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    a.deny(block("u1", HOUR), IfKnown::Replace).await.unwrap();
    a.allow(DenialSubject::User(user("u1"))).await.unwrap();
    let version = a.live().await.unwrap().denylist;
    let found = b.denials().await.unwrap();
    assert_eq!((found.denials, found.ended), (vec![], vec![DenialSubject::User(user("u1"))]));
    // by a node that has not heard of that yet
    assert_eq!(b.deny(block("u1", HOUR), IfKnown::Keep).await, Ok(true));
    assert_eq!(a.live().await.unwrap().denylist, version, "nothing changed");
    assert_eq!(known(&a).await, []);
    b.deny(block("u1", HOUR), IfKnown::Replace).await.unwrap();
    assert_eq!(known(&a).await.len(), 1);
}

pub async fn what_a_node_gives_back_replaces_nothing(broker: &dyn Broker) {
    let node = node(broker).await;
    let because = |reason: &str| Denial { reason: reason.into(), ..block("u1", HOUR) };
    node.deny(because("first"), IfKnown::Keep).await.unwrap();
    let version = node.live().await.unwrap().denylist;
    assert_eq!(node.deny(because("second"), IfKnown::Keep).await, Ok(true));
    assert_eq!(node.live().await.unwrap().denylist, version, "nothing changed");
    assert_eq!(known(&node).await, [(DenialSubject::User(user("u1")), 0, "first".to_owned())]);
    node.deny(because("second"), IfKnown::Replace).await.unwrap();
    assert_eq!(known(&node).await, [(DenialSubject::User(user("u1")), 0, "second".to_owned())]);
}

pub async fn the_denylist_is_bounded_and_a_known_subject_always_fits(broker: &dyn Broker) {
    let node = node(broker).await;
    let short = Duration::from_millis(500);
    for first in (0..DENIALS_MAX).step_by(500) {
        let denied = (first..first + 500).map(|n| node.deny(block(&format!("u{n}"), HOUR), IfKnown::Replace));
        assert!(futures_util::future::join_all(denied).await.into_iter().all(|taken| taken == Ok(true)));
    }
    assert_eq!(node.deny(block("one-more", HOUR), IfKnown::Replace).await, Ok(false));
    assert_eq!(node.deny(block("u0", short), IfKnown::Replace).await, Ok(true), "it is known");
    assert_eq!(node.denials().await.unwrap().denials.len(), DENIALS_MAX);
    // what has ended makes room
    let taken = || async { (node.deny(block("one-more", HOUR), IfKnown::Replace).await == Ok(true)).then_some(()) };
    eventually("there is room", taken).await;
}

pub async fn reasons_and_ids_of_any_text_survive(broker: &dyn Broker) {
    let node = node(broker).await;
    for (token, reason) in [("t 1", "spam, again"), ("{}:\u{0}é", " leading space\nand line"), ("t", "")] {
        let subject = DenialSubject::Token(token.to_owned());
        let denial = Denial { subject: subject.clone(), reason: reason.into(), ..block("u1", HOUR) };
        node.deny(denial, IfKnown::Replace).await.unwrap();
        assert_eq!(known(&node).await, [(subject.clone(), 0, reason.to_owned())]);
        assert_eq!(node.allow(subject).await, Ok(true));
    }
}
