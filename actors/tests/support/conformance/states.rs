//! Presence states of users in a channel: the newest state of their sessions there, announced when it changes.

use super::super::fixture::*;
use super::leaving::told;
use hubwire_actors::backend::{Joining, Member, Roster};
use hubwire_protocol::{Incarnation, MemberState};
use std::time::Duration;

const CHANNEL: &str = "ch:acme/a";
/// Longer than any test.
const LONG: Duration = Duration::from_secs(3600);

fn state(text: &str) -> Option<MemberState> {
    Some(MemberState::from_text(text.to_owned()).unwrap())
}

fn showing(member: Member, live: &[Incarnation], text: &str) -> Joining {
    Joining { state: Some(state(text)), ..joining(CHANNEL, member, live, false) }
}

/// The state of a user in the roster and the list of members.
async fn shown(node: &Node, of: &str) -> Option<MemberState> {
    let Roster { users, .. } = node.roster(address(CHANNEL), 9).await.unwrap();
    let listed = users.unwrap().into_iter().find(|(user, _)| user.as_str() == of).and_then(|(_, shown)| shown.state);
    let members = node.members(address(CHANNEL)).await.unwrap().shown;
    let member = members.into_iter().find(|(user, _)| user.as_str() == of);
    assert_eq!(member.and_then(|(_, shown)| shown.state), listed);
    listed
}

async fn nodes(broker: &dyn Broker) -> (Node, Node, Vec<Incarnation>) {
    let (a, b) = (node(broker).await, node(broker).await);
    a.subscribe(address(CHANNEL)).await.unwrap();
    let live = vec![a.incarnation, b.incarnation];
    (a, b, live)
}

pub async fn a_state_is_told_with_its_users_coming_and_when_it_changes(broker: &dyn Broker) {
    let (a, b, live) = nodes(broker).await;
    let one = b.session();
    assert_eq!(b.enter(showing(member("u1", one), &live, r#"{"a": "~:\u00e9"}"#)).await, Ok(true));
    b.tell_joined(address(CHANNEL), user("u1")).await.unwrap();
    assert_eq!(told(&a, 2).await, ["J ch:acme/a u1\n", "S ch:acme/a u1\n{\"a\": \"~:\\u00e9\"}"]);
    // what is the same already is no change
    for text in [r#"{"n":2}"#, r#"{"n":2}"#] {
        assert_eq!(b.set_state(address(CHANNEL), member("u1", one), state(text)).await, Ok(true));
    }
    assert_eq!(shown(&a, "u1").await, state(r#"{"n":2}"#));
    assert_eq!(b.set_state(address(CHANNEL), member("u1", one), None).await, Ok(true));
    assert_eq!(told(&a, 2).await, ["S ch:acme/a u1\n{\"n\":2}", "S ch:acme/a u1\n"]);
    assert_eq!(shown(&a, "u1").await, None);
    // a user who is not in the channel has no state
    assert_eq!(b.set_state(address(CHANNEL), member("u1", b.session()), state("{}")).await, Ok(false));
    assert_eq!(b.set_state(address(CHANNEL), member("u2", one), state("{}")).await, Ok(false));
    assert_eq!(a.drained().await, Vec::<String>::new());
}

pub async fn of_several_sessions_the_newest_state_is_shown_while_its_session_is_there(broker: &dyn Broker) {
    let (a, b, live) = nodes(broker).await;
    let (one, two) = (a.session(), b.session());
    a.enter(showing(member("u1", one), &live, r#"{"n":1}"#)).await.unwrap();
    a.tell_joined(address(CHANNEL), user("u1")).await.unwrap();
    assert_eq!(b.enter(showing(member("u1", two), &live, r#"{"n":2}"#)).await, Ok(false));
    assert_eq!(shown(&a, "u1").await, state(r#"{"n":2}"#));
    // the newest is what was set last
    a.set_state(address(CHANNEL), member("u1", one), state(r#"{"n":3}"#)).await.unwrap();
    b.depart(address(CHANNEL), member("u1", two), live.clone(), Duration::ZERO).await.unwrap();
    b.enter(showing(member("u1", two), &live, r#"{"n":4}"#)).await.unwrap();
    b.depart(address(CHANNEL), member("u1", two), live.clone(), LONG).await.unwrap();
    let said = [r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":3}"#, r#"{"n":4}"#, r#"{"n":3}"#];
    let said = said.map(|text| format!("S ch:acme/a u1\n{text}"));
    assert_eq!(told(&a, 6).await, [&["J ch:acme/a u1\n".to_string()][..], &said].concat());
}

/// A user that comes back in time shows what it showed, whatever node it comes back to; one that left does not.
pub async fn a_state_stays_with_a_user_that_is_back_in_time(broker: &dyn Broker) {
    let (a, b, live) = nodes(broker).await;
    let (one, two, three) = (a.session(), b.session(), a.session());
    a.enter(showing(member("u1", one), &live, r#"{"n":1}"#)).await.unwrap();
    a.tell_joined(address(CHANNEL), user("u1")).await.unwrap();
    a.drained().await;
    a.depart(address(CHANNEL), member("u1", one), live.clone(), LONG).await.unwrap();
    assert_eq!(shown(&b, "u1").await, state(r#"{"n":1}"#), "it may be back");
    assert_eq!(b.enter(joining(CHANNEL, member("u1", two), &live, false)).await, Ok(false));
    assert_eq!(a.drained().await, Vec::<String>::new());
    // it is its own now: it goes with it
    a.enter(joining(CHANNEL, member("u1", three), &live, false)).await.unwrap();
    b.depart(address(CHANNEL), member("u1", two), live.clone(), Duration::ZERO).await.unwrap();
    assert_eq!(told(&a, 1).await, ["S ch:acme/a u1\n"]);
    a.set_state(address(CHANNEL), member("u1", three), state("{}")).await.unwrap();
    a.depart(address(CHANNEL), member("u1", three), live.clone(), Duration::ZERO).await.unwrap();
    assert_eq!(told(&a, 2).await, ["S ch:acme/a u1\n{}", "L ch:acme/a u1\n"]);
    assert_eq!(a.enter(joining(CHANNEL, member("u1", one), &live, false)).await, Ok(true));
    a.tell_joined(address(CHANNEL), user("u1")).await.unwrap();
    assert_eq!(told(&a, 1).await, ["J ch:acme/a u1\n"]);
}

/// The node died, its user is back on another one before anybody removed what it left.
pub async fn a_state_survives_the_node_of_its_session(broker: &dyn Broker) {
    let (a, dead, both) = nodes(broker).await;
    let (ghost, one) = (dead.session(), a.session());
    dead.enter(showing(member("u1", ghost), &both, r#"{"n":1}"#)).await.unwrap();
    dead.tell_joined(address(CHANNEL), user("u1")).await.unwrap();
    dead.release_lease().await.unwrap();
    let live = vec![a.incarnation];
    a.enter(joining(CHANNEL, member("u1", one), &live, false)).await.unwrap();
    a.tell_joined(address(CHANNEL), user("u1")).await.unwrap();
    a.drained().await;
    assert!(a.reap(dead.incarnation, live.clone(), 9, LONG).await.unwrap().done);
    assert_eq!(shown(&a, "u1").await, state(r#"{"n":1}"#));
    assert_eq!(a.drained().await, Vec::<String>::new());
    a.depart(address(CHANNEL), member("u1", one), live, Duration::ZERO).await.unwrap();
    assert_eq!(told(&a, 1).await, ["L ch:acme/a u1\n"]);
}
