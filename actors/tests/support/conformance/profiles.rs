//! Profiles of users: announced with a join and on each change, in every channel, on every server.

use super::super::fixture::*;
use super::leaving::told;
use hubwire_actors::backend::{Joining, Member, Roster, Shown};
use hubwire_protocol::{Incarnation, Profile};
use std::time::Duration;

const ONE: &str = "ch:acme/a";
/// In a cluster on another server, mostly.
const OTHER: &str = "ch:globex/b";
/// Longer than any test.
const LONG: Duration = Duration::from_secs(3600);

fn named(name: &str) -> Profile {
    Profile::new(Some(name), None).unwrap()
}

fn with_profile(channel: &str, member: Member, live: &[Incarnation], kept: Duration) -> Joining {
    Joining { profiles_kept: Some(kept), ..joining(channel, member, live, false) }
}

/// The profile that the user has; of another one, asked for beside it, there is none.
async fn profile(node: &Node, of: &str) -> Profile {
    let found = node.profiles(vec![user("nobody"), user(of)]).await.unwrap();
    assert_eq!((found.len(), &found[0]), (2, &Profile::default()));
    found.into_iter().next_back().unwrap()
}

/// Puts a user into a channel, as a node does.
async fn enter(node: &Node, joining: Joining) {
    let (channel, user) = (joining.channel.clone(), joining.member.user.clone());
    if node.enter(joining).await.unwrap() {
        node.tell_joined(channel, user).await.unwrap();
    }
}

/// The profile in the roster and the list of members. The list omits users without a profile.
async fn shown(node: &Node, channel: &str, of: &str) -> Profile {
    let Roster { users, .. } = node.roster(address(channel), 9).await.unwrap();
    let listed = users.unwrap().into_iter().find(|(user, _)| user.as_str() == of);
    let listed = listed.map(|(_, shown)| shown.profile).unwrap_or_default();
    let members = node.members(address(channel)).await.unwrap().shown;
    assert!(members.iter().all(|(_, shown)| *shown != Shown::default()), "{members:?}");
    let member = members.into_iter().find(|(user, _)| user.as_str() == of);
    assert_eq!(member.map(|(_, shown)| shown.profile).unwrap_or_default(), listed);
    listed
}

async fn nodes(broker: &dyn Broker) -> (Node, Node, Vec<Incarnation>) {
    let (a, b) = (node(broker).await, node(broker).await);
    for channel in [ONE, OTHER] {
        a.subscribe(address(channel)).await.unwrap();
    }
    let live = vec![a.incarnation, b.incarnation];
    (a, b, live)
}

async fn attached(node: &Node, of: &str) -> Member {
    let session = node.session();
    node.attach(attach(of, session, 0, true, &[node.incarnation])).await.unwrap();
    member(of, session)
}

pub async fn a_profile_is_told_in_every_channel_the_user_is_in(broker: &dyn Broker) {
    let (a, b, live) = nodes(broker).await;
    // two sessions of one user on two nodes, in two channels, and another user
    enter(&b, with_profile(ONE, attached(&b, "u1").await, &live, LONG)).await;
    enter(&a, with_profile(OTHER, attached(&a, "u1").await, &live, LONG)).await;
    enter(&a, with_profile(ONE, attached(&a, "u2").await, &live, LONG)).await;
    assert_eq!(told(&a, 3).await.len(), 3);
    b.set_profile(user("u1"), named("Ada"), LONG).await.unwrap();
    let mut said = told(&a, 2).await;
    said.sort();
    assert_eq!(said, ["F ch:acme/a u1\n{\"name\":\"Ada\"}", "F ch:globex/b u1\n{\"name\":\"Ada\"}"]);
    for channel in [ONE, OTHER] {
        assert_eq!(shown(&a, channel, "u1").await, named("Ada"), "{channel}");
    }
    assert_eq!(shown(&a, ONE, "u2").await, Profile::default());
    assert_eq!(profile(&b, "u1").await, named("Ada"));
    // the same profile again is not announced; its removal is
    b.set_profile(user("u1"), named("Ada"), LONG).await.unwrap();
    b.set_profile(user("u1"), Profile::default(), LONG).await.unwrap();
    let mut said = told(&a, 2).await;
    said.sort();
    assert_eq!(said, ["F ch:acme/a u1\n", "F ch:globex/b u1\n"]);
    assert_eq!((shown(&a, ONE, "u1").await, profile(&b, "u1").await), (Profile::default(), Profile::default()));
    assert_eq!(a.drained().await, Vec::<String>::new());
}

pub async fn a_profile_is_told_with_its_users_coming_and_ends_with_its_leaving(broker: &dyn Broker) {
    let (a, b, live) = nodes(broker).await;
    b.set_profile(user("u1"), named("Ada"), LONG).await.unwrap();
    let one = attached(&b, "u1").await;
    enter(&b, with_profile(ONE, one.clone(), &live, LONG)).await;
    assert_eq!(told(&a, 2).await, ["J ch:acme/a u1\n", "F ch:acme/a u1\n{\"name\":\"Ada\"}"]);
    // a change between the join and its announcement is announced with it, once
    assert_eq!(b.enter(with_profile(OTHER, one.clone(), &live, LONG)).await, Ok(true));
    b.set_profile(user("u1"), named("Ada L."), LONG).await.unwrap();
    assert_eq!(told(&a, 1).await, ["F ch:acme/a u1\n{\"name\":\"Ada L.\"}"]);
    b.tell_joined(address(OTHER), user("u1")).await.unwrap();
    assert_eq!(told(&a, 2).await, ["J ch:globex/b u1\n", "F ch:globex/b u1\n{\"name\":\"Ada L.\"}"]);
    // while `left` is delayed the profile stays; then it goes, and comes back in its state at that time
    b.depart(address(ONE), one.clone(), live.clone(), LONG).await.unwrap();
    assert_eq!(shown(&a, ONE, "u1").await, named("Ada L."));
    enter(&b, with_profile(ONE, one.clone(), &live, LONG)).await;
    b.depart(address(ONE), one.clone(), live.clone(), Duration::ZERO).await.unwrap();
    assert_eq!(told(&a, 1).await, ["L ch:acme/a u1\n"]);
    assert_eq!(shown(&a, ONE, "u1").await, Profile::default());
    b.set_profile(user("u1"), named("A."), LONG).await.unwrap();
    assert_eq!(told(&a, 1).await, ["F ch:globex/b u1\n{\"name\":\"A.\"}"]);
    enter(&b, with_profile(ONE, one, &live, LONG)).await;
    assert_eq!(told(&a, 2).await, ["J ch:acme/a u1\n", "F ch:acme/a u1\n{\"name\":\"A.\"}"]);
    assert_eq!(a.drained().await, Vec::<String>::new());
}

pub async fn the_last_profile_counts_and_what_is_not_used_is_forgotten(broker: &dyn Broker) {
    let (a, b, live) = nodes(broker).await;
    enter(&a, with_profile(ONE, attached(&a, "u1").await, &live, LONG)).await;
    // on two nodes at once: whichever is the last one, the channel shows what the user has
    for round in 0..8 {
        let (one, other) = (named(&format!("a{round}")), named(&format!("b{round}")));
        let both =
            futures_util::future::join(a.set_profile(user("u1"), one, LONG), b.set_profile(user("u1"), other, LONG));
        let (one, other) = both.await;
        one.unwrap();
        other.unwrap();
        assert_eq!(shown(&a, ONE, "u1").await, profile(&a, "u1").await, "round {round}");
    }
    let short = Duration::from_millis(1);
    b.set_profile(user("u2"), named("Bob"), short).await.unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while profile(&b, "u2").await != Profile::default() {
        assert!(tokio::time::Instant::now() < deadline, "it is never forgotten");
        tokio::time::sleep(short).await;
    }
}
