//! A departure from a channel is announced once, and not at all if the user comes back in time.

use super::super::eventually;
use super::super::fixture::*;
use hubwire_actors::backend::{Members, Roster, Shown};
use hubwire_protocol::Incarnation;
use std::time::Duration;

const CHANNEL: &str = "ch:acme/a";
/// Longer than any test.
const LONG: Duration = Duration::from_secs(3600);
const SHORT: Duration = Duration::from_millis(50);

/// The events of the node until `left` was announced for a number of users; the node looks for due marks itself.
pub async fn told(node: &Node, count: usize) -> Vec<String> {
    let heard = tokio::sync::Mutex::new(Vec::new());
    eventually("it is told who left", || async {
        node.tell_left(vec![node.incarnation], 100).await.unwrap();
        let mut heard = heard.lock().await;
        heard.extend(node.drained().await);
        (heard.len() >= count).then_some(())
    })
    .await;
    heard.into_inner()
}

async fn nodes(broker: &dyn Broker) -> (Node, Node, Vec<Incarnation>) {
    let (a, b) = (node(broker).await, node(broker).await);
    a.subscribe(address(CHANNEL)).await.unwrap();
    let live = vec![a.incarnation, b.incarnation];
    (a, b, live)
}

pub async fn who_comes_back_in_time_has_not_left(broker: &dyn Broker) {
    let (a, b, live) = nodes(broker).await;
    let (one, two) = (b.session(), a.session());
    b.enter(joining(CHANNEL, member("u1", one), &live, true)).await.unwrap();
    b.depart(address(CHANNEL), member("u1", one), live.clone(), LONG).await.unwrap();
    let away = Members { leaving: vec![user("u1")], ..Members::default() };
    assert_eq!(a.members(address(CHANNEL)).await, Ok(away));
    assert_eq!(a.enter(joining(CHANNEL, member("u1", two), &live, false)).await, Ok(false), "nobody was told it went");
    let back = Members { sessions: vec![member("u1", two)], ..Members::default() };
    assert_eq!(a.members(address(CHANNEL)).await, Ok(back));
    // the same with a grace that ends meanwhile
    a.depart(address(CHANNEL), member("u1", two), live.clone(), SHORT).await.unwrap();
    assert_eq!(a.enter(joining(CHANNEL, member("u1", two), &live, false)).await, Ok(false));
    eventually("the grace is over", || async { (a.tell_left(live.clone(), 9).await == Ok(1)).then_some(()) }).await;
    assert_eq!(a.drained().await, Vec::<String>::new());
}

pub async fn a_left_that_is_due_is_told_once_by_whoever_looks_first(broker: &dyn Broker) {
    let (a, b, live) = nodes(broker).await;
    for of in ["u1", "u2", "u3"] {
        let session = b.session();
        b.enter(joining(CHANNEL, member(of, session), &live, true)).await.unwrap();
        let grace = if of == "u3" { LONG } else { SHORT };
        b.depart(address(CHANNEL), member(of, session), live.clone(), grace).await.unwrap();
    }
    let mut heard = Vec::new();
    while heard.len() < 2 {
        let (one, two) = tokio::join!(a.tell_left(live.clone(), 1), b.tell_left(live.clone(), 1));
        assert!(one.unwrap() <= 1 && two.unwrap() <= 1, "as many as it was asked for");
        heard.extend(a.drained().await);
    }
    heard.sort();
    assert_eq!(heard, ["L ch:acme/a u1\n", "L ch:acme/a u2\n"]);
    eventually("nothing is due", || async { (a.tell_left(live.clone(), 9).await == Ok(0)).then_some(()) }).await;
    assert_eq!(a.drained().await, Vec::<String>::new());
    assert_eq!(a.members(address(CHANNEL)).await.unwrap().leaving, [user("u3")]);
    let session = a.session();
    assert_eq!(
        a.enter(joining(CHANNEL, member("u1", session), &live, false)).await,
        Ok(true),
        "it is told to have come"
    );
}

pub async fn who_leaves_without_a_grace_has_left_at_once_and_only_once(broker: &dyn Broker) {
    let (a, dead, both) = nodes(broker).await;
    let (one, ghost) = (a.session(), dead.session());
    a.enter(joining(CHANNEL, member("u1", one), &both, true)).await.unwrap();
    dead.enter(joining(CHANNEL, member("u1", ghost), &both, true)).await.unwrap();
    a.depart(address(CHANNEL), member("u1", one), both.clone(), Duration::ZERO).await.unwrap();
    assert_eq!(a.drained().await, Vec::<String>::new(), "it is there with another session");
    a.enter(joining(CHANNEL, member("u1", one), &both, true)).await.unwrap();
    // the node of the other one died
    dead.release_lease().await.unwrap();
    let live = vec![a.incarnation];
    a.depart(address(CHANNEL), member("u1", one), live.clone(), Duration::ZERO).await.unwrap();
    assert_eq!(told(&a, 1).await, ["L ch:acme/a u1\n"]);
    assert!(a.reap(dead.incarnation, live.clone(), 9, Duration::ZERO).await.unwrap().done);
    eventually("nothing is due", || async { (a.tell_left(live.clone(), 9).await == Ok(0)).then_some(()) }).await;
    assert_eq!(a.drained().await, Vec::<String>::new());
    assert_eq!(a.members(address(CHANNEL)).await, Ok(Members::default()));
}

pub async fn a_left_waits_for_a_session_on_a_node_that_was_not_known(broker: &dyn Broker) {
    let (a, new, both) = nodes(broker).await;
    let (one, two) = (a.session(), new.session());
    a.enter(joining(CHANNEL, member("u1", one), &[a.incarnation], true)).await.unwrap();
    new.enter(joining(CHANNEL, member("u1", two), &both, true)).await.unwrap();
    // `a` has not heard of the new node yet
    for grace in [SHORT, Duration::ZERO] {
        a.depart(address(CHANNEL), member("u1", one), vec![a.incarnation], grace).await.unwrap();
        // another user, who leaves just after, is gone
        let other = a.session();
        a.enter(joining(CHANNEL, member("u2", other), &[a.incarnation], true)).await.unwrap();
        a.depart(address(CHANNEL), member("u2", other), vec![a.incarnation], grace).await.unwrap();
        assert_eq!(told(&a, 1).await, ["L ch:acme/a u2\n"]);
        let there = Members { sessions: vec![member("u1", two)], ..Members::default() };
        assert_eq!(a.members(address(CHANNEL)).await, Ok(there));
        a.enter(joining(CHANNEL, member("u1", one), &[a.incarnation], true)).await.unwrap();
    }
}

/// Within its first second a node knows no other node, and no other node knows it.
pub async fn who_is_there_on_a_node_that_was_not_known_does_not_come_again(broker: &dyn Broker) {
    let (a, new, _) = nodes(broker).await;
    let third = node(broker).await;
    let join =
        |node: &Node, of: &str, session| node.enter(joining(CHANNEL, member(of, session), &[node.incarnation], false));
    let (one, two, three) = (new.session(), a.session(), third.session());
    assert_eq!(join(&new, "u1", one).await, Ok(true));
    a.tell_joined(address(CHANNEL), user("u1")).await.unwrap();
    assert_eq!(join(&a, "u1", two).await, Ok(false));
    a.depart(address(CHANNEL), member("u1", two), vec![a.incarnation], Duration::ZERO).await.unwrap();
    assert_eq!(told(&a, 1).await, ["J ch:acme/a u1\n"], "it is there all the time");
    // where all the others are dead indeed, it comes
    new.release_lease().await.unwrap();
    assert_eq!(join(&third, "u1", three).await, Ok(true));
}

pub async fn joined_comes_before_left(broker: &dyn Broker) {
    let (a, b, live) = nodes(broker).await;
    // a node that receives both through the topic, because direct notifications come with the replies to its own calls
    b.subscribe(address(CHANNEL)).await.unwrap();
    for _ in 0..20 {
        let session = a.session();
        a.enter(joining(CHANNEL, member("u1", session), &live, false)).await.unwrap();
        let joined = a.tell_joined(address(CHANNEL), user("u1"));
        a.depart(address(CHANNEL), member("u1", session), live.clone(), Duration::ZERO).await.unwrap();
        joined.await.unwrap();
        assert_eq!(told(&b, 2).await, ["J ch:acme/a u1\n", "L ch:acme/a u1\n"]);
    }
}

pub async fn a_user_who_came_is_told_of_once(broker: &dyn Broker) {
    let (a, _, live) = nodes(broker).await;
    let (one, two) = (a.session(), a.session());
    assert_eq!(a.enter(joining(CHANNEL, member("u1", one), &live, false)).await, Ok(true));
    // the reply was lost: another session of the user causes the announcement
    assert_eq!(a.enter(joining(CHANNEL, member("u1", two), &live, false)).await, Ok(true));
    a.tell_joined(address(CHANNEL), user("u1")).await.unwrap();
    a.tell_joined(address(CHANNEL), user("u1")).await.unwrap();
    a.depart(address(CHANNEL), member("u1", one), live.clone(), Duration::ZERO).await.unwrap();
    a.depart(address(CHANNEL), member("u1", two), live.clone(), Duration::ZERO).await.unwrap();
    assert_eq!(told(&a, 2).await, ["J ch:acme/a u1\n", "L ch:acme/a u1\n"]);
    // too late, and for a user that was never announced
    a.tell_joined(address(CHANNEL), user("u1")).await.unwrap();
    a.enter(joining(CHANNEL, member("u2", one), &live, false)).await.unwrap();
    a.depart(address(CHANNEL), member("u2", one), live.clone(), Duration::ZERO).await.unwrap();
    // entered again after a loss: known to all
    assert_eq!(a.enter(joining(CHANNEL, member("u3", one), &live, true)).await, Ok(false));
    a.tell_joined(address(CHANNEL), user("u3")).await.unwrap();
    a.depart(address(CHANNEL), member("u3", one), live, Duration::ZERO).await.unwrap();
    assert_eq!(told(&a, 1).await, ["L ch:acme/a u3\n"]);
}

/// A node that reads the roster once and then follows the announcements knows the members, whatever came before.
pub async fn the_roster_is_what_was_told_up_to_now(broker: &dyn Broker) {
    let (a, b, live) = nodes(broker).await;
    let sessions = [a.session(), b.session(), a.session(), b.session()];
    let named = |users: &[&str]| Roster {
        count: users.len(),
        users: Some(users.iter().map(|it| (user(it), Shown::default())).collect()),
    };
    let roster = |users_max| async move {
        let mut roster = node(broker).await.roster(address(CHANNEL), users_max).await.unwrap();
        roster.users.iter_mut().for_each(|users| users.sort_by(|(one, _), (other, _)| one.cmp(other)));
        roster
    };
    assert_eq!(roster(0).await, named(&[]));
    // u1 and u2 were announced, u3 not yet
    a.enter(joining(CHANNEL, member("u1", sessions[0]), &live, true)).await.unwrap();
    b.enter(joining(CHANNEL, member("u2", sessions[1]), &live, true)).await.unwrap();
    a.enter(joining(CHANNEL, member("u3", sessions[2]), &live, false)).await.unwrap();
    assert_eq!(roster(9).await, named(&["u1", "u2"]));
    a.tell_joined(address(CHANNEL), user("u3")).await.unwrap();
    assert_eq!(roster(3).await, named(&["u1", "u2", "u3"]));
    assert_eq!(roster(2).await, Roster { count: 3, users: None });
    // a user who may come back stays listed until `left` is announced
    b.depart(address(CHANNEL), member("u2", sessions[1]), live.clone(), LONG).await.unwrap();
    a.depart(address(CHANNEL), member("u1", sessions[0]), live.clone(), Duration::ZERO).await.unwrap();
    assert_eq!(told(&a, 2).await, ["J ch:acme/a u3\n", "L ch:acme/a u1\n"]);
    assert_eq!(roster(9).await, named(&["u2", "u3"]));
    // `left` was announced: only the session of a dead node remains
    b.enter(joining(CHANNEL, member("u4", sessions[3]), &live, true)).await.unwrap();
    a.enter(joining(CHANNEL, member("u4", sessions[0]), &live, true)).await.unwrap();
    b.release_lease().await.unwrap();
    a.depart(address(CHANNEL), member("u4", sessions[0]), vec![a.incarnation], Duration::ZERO).await.unwrap();
    assert_eq!(told(&a, 1).await, ["L ch:acme/a u4\n"]);
    assert_eq!(roster(9).await, named(&["u2", "u3"]));
}
