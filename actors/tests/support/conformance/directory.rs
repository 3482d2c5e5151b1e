//! Sessions of users and members of channels.

use super::super::fixture::*;
use futures_util::future::join_all;
use hubwire_actors::backend::{AttachOutcome, Members, Placement};
use hubwire_actors::environment::Environment;
use hubwire_protocol::{Incarnation, Position, SessionId};
use std::time::Duration;

async fn session_ids(node: &Node, of: &str) -> Vec<SessionId> {
    let mut ids: Vec<SessionId> = node.sessions(user(of)).await.unwrap().iter().map(|entry| entry.session).collect();
    ids.sort();
    ids
}

fn entered(top: Position) -> AttachOutcome {
    AttachOutcome::Entered { top, replaced: vec![] }
}

pub async fn sessions_enter_and_leave(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let live = vec![a.incarnation, b.incarnation];
    let (one, two) = (a.session(), b.session());
    assert_eq!(a.attach(attach("u1", one, 0, true, &live)).await, Ok(entered(Position::START)));
    let top = a.append_direct(direct(None, "u1", "x"), false).await.unwrap().receiver.appended.pos;
    assert_eq!(b.attach(attach("u1", two, 0, true, &live)).await, Ok(entered(top)));
    let sessions = a.sessions(user("u1")).await.unwrap();
    assert_eq!(sessions.len(), 2);
    for entry in sessions {
        assert_eq!(entry.device, Some("phone".parse().unwrap()));
        assert!(entry.since_ms.abs_diff(Environment::real().unix_ms()) < 60_000);
    }
    assert_eq!(a.enter(joining("ch:acme/a", member("u1", one), &live, false)).await, Ok(true));
    let mut placed = a.placed().await.unwrap();
    placed.sort_by_key(|placed| placed.channel.is_some());
    let at = |channel: Option<&str>| Placement { channel: channel.map(address), member: member("u1", one) };
    assert_eq!(placed, [at(None), at(Some("ch:acme/a"))], "only what is its own");
    a.depart(address("ch:acme/a"), member("u1", one), live.clone(), Duration::ZERO).await.unwrap();
    assert_eq!(a.detach(user("u1"), one).await, Ok(()));
    assert_eq!(a.placed().await, Ok(vec![]));
    assert_eq!(a.detach(user("u1"), one).await, Ok(()), "again: nothing changes");
    assert_eq!(session_ids(&a, "u1").await, [two]);
    assert_eq!(b.detach(user("u1"), two).await, Ok(()));
    assert_eq!(session_ids(&a, "u1").await, []);
}

pub async fn the_oldest_session_is_replaced(broker: &dyn Broker) {
    let node = node(broker).await;
    let live = [node.incarnation];
    let sessions = [node.session(), node.session(), node.session()];
    for session in &sessions[..2] {
        node.attach(attach("u1", *session, 2, true, &live)).await.unwrap();
        // so that no two are of the same millisecond
        let entered_at = Environment::real().unix_ms();
        super::super::eventually("the clock goes on", || async {
            (Environment::real().unix_ms() > entered_at + 1).then_some(())
        })
        .await;
    }
    let third = node.attach(attach("u1", sessions[2], 2, true, &live)).await.unwrap();
    assert_eq!(third, AttachOutcome::Entered { top: Position::START, replaced: vec![sessions[0]] });
    assert_eq!(session_ids(&node, "u1").await, sessions[1..]);
}

pub async fn the_new_session_is_refused(broker: &dyn Broker) {
    let node = node(broker).await;
    let live = [node.incarnation];
    let (one, two) = (node.session(), node.session());
    node.attach(attach("u1", one, 1, false, &live)).await.unwrap();
    assert_eq!(node.attach(attach("u1", two, 1, false, &live)).await, Ok(AttachOutcome::Refused));
    assert_eq!(session_ids(&node, "u1").await, [one]);
    assert_eq!(node.detach(user("u1"), one).await, Ok(()));
    assert_eq!(node.attach(attach("u1", two, 1, false, &live)).await, Ok(entered(Position::START)));
}

pub async fn the_policy_holds_under_concurrency(broker: &dyn Broker) {
    let nodes = [node(broker).await, node(broker).await];
    let live: Vec<Incarnation> = nodes.iter().map(|node| node.incarnation).collect();
    for (of, close_oldest) in [("u1", true), ("u2", false)] {
        let calls: Vec<_> =
            (0..40).map(|n| nodes[n % 2].attach(attach(of, nodes[n % 2].session(), 3, close_oldest, &live))).collect();
        let outcomes: Vec<AttachOutcome> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(session_ids(&nodes[0], of).await.len(), 3);
        let replaced: usize = outcomes
            .iter()
            .map(|outcome| match outcome {
                AttachOutcome::Entered { replaced, .. } => replaced.len(),
                AttachOutcome::Refused => 0,
            })
            .sum();
        let refused = outcomes.iter().filter(|outcome| **outcome == AttachOutcome::Refused).count();
        assert_eq!((replaced, refused), if close_oldest { (37, 0) } else { (0, 37) });
    }
}

pub async fn sessions_of_dead_incarnations_do_not_count(broker: &dyn Broker) {
    let (a, dead) = (node(broker).await, node(broker).await);
    let live = vec![a.incarnation];
    let (ghost, one, two) = (dead.session(), a.session(), a.session());
    dead.attach(attach("u1", ghost, 1, false, &[dead.incarnation])).await.unwrap();
    dead.enter(joining("ch:acme/a", member("u1", ghost), &[dead.incarnation], true)).await.unwrap();
    dead.release_lease().await.unwrap();
    assert_eq!(a.attach(attach("u1", one, 1, false, &live)).await, Ok(entered(Position::START)));
    assert_eq!(a.attach(attach("u1", two, 1, false, &live)).await, Ok(AttachOutcome::Refused));
    let mut expected = vec![ghost, one];
    expected.sort();
    assert_eq!(session_ids(&a, "u1").await, expected, "the ghost is still listed, for the reaper");
    assert_eq!(a.enter(joining("ch:acme/a", member("u1", one), &live, false)).await, Ok(true));
    a.depart(address("ch:acme/a"), member("u1", one), live.clone(), Duration::ZERO).await.unwrap();
    assert_eq!(a.detach(user("u1"), one).await, Ok(()));
}

/// Not in a Redis Cluster, where who lives is on another server than the sessions.
pub async fn a_session_on_a_node_that_was_not_known_counts(broker: &dyn Broker) {
    let (a, started_now) = (node(broker).await, node(broker).await);
    let other = started_now.session();
    started_now.attach(attach("u1", other, 1, false, &[started_now.incarnation])).await.unwrap();
    let known = [a.incarnation];
    assert_eq!(a.attach(attach("u1", a.session(), 1, false, &known)).await, Ok(AttachOutcome::Refused));
    let replacing = a.attach(attach("u1", a.session(), 1, true, &known)).await;
    assert_eq!(replacing, Ok(AttachOutcome::Entered { top: Position::START, replaced: vec![other] }));
}

pub async fn an_attach_that_is_repeated_changes_nothing(broker: &dyn Broker) {
    let node = node(broker).await;
    let live = [node.incarnation];
    let (one, two) = (node.session(), node.session());
    for _ in 0..2 {
        assert_eq!(node.attach(attach("u1", one, 2, true, &live)).await, Ok(entered(Position::START)));
    }
    node.attach(attach("u1", two, 2, true, &live)).await.unwrap();
    assert_eq!(node.attach(attach("u1", one, 1, false, &live)).await, Ok(entered(Position::START)));
    assert_eq!(session_ids(&node, "u1").await.len(), 2);
}

pub async fn a_user_joins_and_leaves_a_channel_once(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let live = vec![a.incarnation, b.incarnation];
    let channel = address("ch:acme/a");
    let (one, two, other) = (a.session(), b.session(), b.session());
    assert_eq!(a.enter(joining("ch:acme/a", member("u1", one), &live, false)).await, Ok(true));
    a.tell_joined(channel.clone(), user("u1")).await.unwrap();
    assert_eq!(b.enter(joining("ch:acme/a", member("u1", two), &live, false)).await, Ok(false));
    assert_eq!(b.enter(joining("ch:acme/a", member("u2", other), &live, false)).await, Ok(true));
    let mut members = a.members(channel.clone()).await.unwrap();
    members.sessions.sort_by_key(|member| member.session);
    let mut expected = vec![member("u1", one), member("u1", two), member("u2", other)];
    expected.sort_by_key(|member| member.session);
    assert_eq!(members, Members { sessions: expected, ..Members::default() });
    for (node, member) in [(&a, member("u1", one)), (&b, member("u1", two)), (&b, member("u2", other))] {
        for _ in 0..2 {
            node.depart(channel.clone(), member.clone(), live.clone(), Duration::ZERO).await.unwrap();
        }
    }
    assert_eq!(a.members(channel.clone()).await, Ok(Members::default()));
    // joins and leaves of one session take effect in call order, also when nobody waits in between
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let joined = a.enter(joining("ch:acme/a", member("u1", one), &live, false));
            (joined, a.depart(channel.clone(), member("u1", one), live.clone(), Duration::ZERO))
        })
        .collect();
    for (joined, left) in calls {
        assert_eq!((joined.await, left.await), (Ok(true), Ok(())));
    }
    assert_eq!(a.members(channel).await, Ok(Members::default()));
}

pub async fn a_user_is_in_so_many_channels_for_good_until_it_ends_or_is_erased(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let channel = |name: &str| address(&format!("ch:acme/{name}"));
    for (name, fits) in [("x", true), ("y", true), ("z", false), ("x", true)] {
        assert_eq!(a.keep_membership(user("u1"), channel(name), 2).await, Ok(fits), "{name}");
    }
    assert_eq!(a.keep_membership(user("u2"), channel("x"), 0).await, Ok(false));
    assert_eq!(b.kept_memberships(user("u2")).await, Ok(vec![]));
    let mut kept = b.kept_memberships(user("u1")).await.unwrap();
    kept.sort();
    assert_eq!(kept, [channel("x"), channel("y")]);
    assert_eq!(b.end_membership(user("u1"), channel("x")).await, Ok(true));
    assert_eq!(a.end_membership(user("u1"), channel("x")).await, Ok(false));
    assert_eq!(a.kept_memberships(user("u1")).await, Ok(vec![channel("y")]));
    assert_eq!(b.erase(user("u1")).await.unwrap().others, 1);
    assert_eq!(a.kept_memberships(user("u1")).await, Ok(vec![]));
}
