//! Channels with all members on one node, and the transition when members join on others.

use super::super::eventually;
use super::super::fixture::*;
use bytes::Bytes;
use hubwire_actors::backend::{BackendEvent, JoinOutcome};
use std::time::Duration;

const CHANNEL: &str = "ch:acme/lone";
const ALONE: JoinOutcome = JoinOutcome { first: true, company: false };
const COMPANY: JoinOutcome = JoinOutcome { first: true, company: true };

async fn enter(node: &Node, of: &str) -> JoinOutcome {
    let session = node.session();
    node.join(joining(CHANNEL, member(of, session), &[node.incarnation], false)).await.unwrap()
}

async fn say(node: &Node, text: &'static str) {
    node.publish_topic(address(CHANNEL), Bytes::from_static(text.as_bytes())).await.unwrap();
}

fn kept(text: &'static str) -> BackendEvent {
    BackendEvent::Kept { payload: Bytes::from_static(text.as_bytes()) }
}

pub async fn a_lone_node_keeps_what_it_says_and_others_tell_it_directly(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    assert_eq!(enter(&a, "u1").await, ALONE);
    assert_eq!(enter(&a, "u2").await, ALONE, "one node is one place");
    say(&a, "own").await;
    assert_eq!(a.next().await, kept("own"));
    let stored = a.append(append(CHANNEL, "body")).await.unwrap();
    let notice = format!("P {CHANNEL} {} {}\nbody", stored.pos, stored.prev);
    assert_eq!(a.next().await, BackendEvent::Kept { payload: notice.into() });
    a.tell_joined(address(CHANNEL), user("u1")).await.unwrap();
    assert_eq!(a.next_text().await, format!("J {CHANNEL} u1\n"));
    say(&b, "of a node without members").await;
    assert_eq!(a.next().await, message("of a node without members"));
    assert_eq!((a.drained().await, b.drained().await), (vec![], vec![]));
}

pub async fn what_a_node_kept_comes_in_the_order_of_its_calls(broker: &dyn Broker) {
    let a = node(broker).await;
    enter(&a, "u0").await;
    for _ in 0..20 {
        let session = a.session();
        a.join(joining(CHANNEL, member("u1", session), &[a.incarnation], false)).await.unwrap();
        let joined = a.tell_joined(address(CHANNEL), user("u1"));
        a.depart(address(CHANNEL), member("u1", session), vec![a.incarnation], Duration::ZERO).await.unwrap();
        joined.await.unwrap();
        let heard = [a.next_text().await, a.next_text().await];
        assert_eq!(heard, [format!("J {CHANNEL} u1\n"), format!("L {CHANNEL} u1\n")]);
    }
}

pub async fn while_nodes_go_over_to_the_topic_each_hears_everything_once(broker: &dyn Broker) {
    let (a, b, c) = (node(broker).await, node(broker).await, node(broker).await);
    assert_eq!(enter(&a, "u1").await, ALONE);
    assert_eq!(enter(&b, "u2").await, COMPANY);
    let steps: [&[&Node]; 4] = [&[], &[&b], &[&a], &[&a, &b]];
    let texts = ["neither follows", "the second does", "both do", "again"];
    for (follow, text) in steps.into_iter().zip(texts) {
        for node in follow {
            node.subscribe(address(CHANNEL)).await.unwrap();
        }
        for speaker in [&a, &b, &c] {
            say(speaker, text).await;
            let stored = speaker.append(append(CHANNEL, text)).await.unwrap();
            let notice = format!("P {CHANNEL} {} {}\n{text}", stored.pos, stored.prev);
            for node in [&a, &b] {
                let mut heard = [node.next_text().await, node.next_text().await];
                heard.sort_unstable();
                assert_eq!(heard, {
                    let mut expected = [text.to_owned(), notice.clone()];
                    expected.sort_unstable();
                    expected
                });
            }
        }
    }
    for node in [&a, &b, &c] {
        assert_eq!(node.drained().await, [""; 0]);
    }
}

pub async fn a_node_that_is_not_alone_any_more_is_told_so_until_it_follows(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    enter(&a, "u1").await;
    enter(&b, "u2").await;
    let word = format!("M {CHANNEL}\n");
    let is_word = |event: &BackendEvent| *event == BackendEvent::Message { payload: word.clone().into() };
    assert!(is_word(&a.next_raw().await), "when the other comes");
    say(&b, "x").await;
    let heard = [a.next_raw().await, a.next_raw().await];
    assert!(heard.contains(&message("x")) && heard.iter().any(is_word), "with what is said: {heard:?}");
    a.subscribe(address(CHANNEL)).await.unwrap();
    say(&b, "y").await;
    assert_eq!(a.next_raw().await, message("y"));
}

pub async fn a_node_that_is_left_alone_keeps_what_it_says_though_it_follows(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let session = a.session();
    a.join(joining(CHANNEL, member("u1", session), &[a.incarnation], false)).await.unwrap();
    enter(&b, "u2").await;
    for node in [&a, &b] {
        node.subscribe(address(CHANNEL)).await.unwrap();
    }
    say(&b, "both").await;
    assert_eq!((a.next().await, b.next().await), (message("both"), message("both")));
    a.depart(address(CHANNEL), member("u1", session), vec![a.incarnation], Duration::ZERO).await.unwrap();
    a.unsubscribe(address(CHANNEL)).await.unwrap();
    eventually("nobody else follows", || async {
        say(&b, "alone").await;
        (b.next().await == kept("alone")).then_some(())
    })
    .await;
}

pub async fn a_dead_node_has_members_until_it_is_reaped(broker: &dyn Broker) {
    let (a, dead) = (node(broker).await, node(broker).await);
    enter(&dead, "u1").await;
    assert_eq!(enter(&a, "u2").await, COMPANY);
    dead.release_lease().await.unwrap();
    say(&a, "to both").await;
    assert_eq!(a.next().await, message("to both"));
    while !a.reap(dead.incarnation, vec![a.incarnation], 10, Duration::ZERO).await.unwrap().done {}
    a.drained().await;
    say(&a, "to itself").await;
    assert_eq!(a.next().await, kept("to itself"));
    assert_eq!(enter(&a, "u3").await, ALONE);
}

pub async fn a_node_that_is_entered_again_is_told_directly_whatever_was_known_of_it(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let session = a.session();
    a.join(joining(CHANNEL, member("u1", session), &[a.incarnation], false)).await.unwrap();
    enter(&b, "u2").await;
    a.subscribe(address(CHANNEL)).await.unwrap();
    a.unsubscribe(address(CHANNEL)).await.unwrap();
    let again = a.join(joining(CHANNEL, member("u1", session), &[a.incarnation], true)).await.unwrap();
    assert_eq!(again, JoinOutcome { first: false, company: true });
    a.drained().await;
    say(&b, "heard").await;
    assert_eq!(a.next().await, message("heard"));
    assert_eq!(a.drained().await, [""; 0]);
}
