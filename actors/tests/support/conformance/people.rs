//! Relations of users: each side changes separately, in one step, and limits who can reach whom.

use super::super::eventually;
use super::super::fixture::*;
use hubwire_actors::access::within::{Peer, Within};
use hubwire_actors::backend::{AppendDirect, Backend, BackendError, ChangeRelation, RelationChanged};
use hubwire_actors::words::relation::{Relation, Transitions};
use hubwire_protocol::conversations::ReadUpTo;
use hubwire_protocol::people::ContactAct::{self, *};
use hubwire_protocol::Position;
use std::time::Duration;

const MAX: usize = 3;

async fn step(node: &dyn Backend, of: &str, to: &str, transitions: Transitions) -> RelationChanged {
    let change = ChangeRelation { user: user(of), other: user(to), transitions, people_max: MAX };
    node.change_relation(change).await.unwrap()
}

async fn own(node: &dyn Backend, of: &str, to: &str, act: ContactAct) -> RelationChanged {
    step(node, of, to, Transitions::own(act)).await
}

/// What the act of somebody else does to `of`.
async fn done_to(node: &dyn Backend, of: &str, by: &str, act: ContactAct) -> RelationChanged {
    step(node, of, by, Transitions::other(act).unwrap()).await
}

fn relation(number: u8) -> Relation {
    Relation::of(number).unwrap()
}

pub async fn a_relation_changes_in_one_step_is_listed_and_ends(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let changed = |from, to| RelationChanged::Changed(relation(from), relation(to));
    assert_eq!(own(&*a, "u1", "u2", Accept).await, RelationChanged::Refused(relation(0)));
    assert_eq!(own(&*a, "u1", "u2", Invite).await, changed(0, 1));
    assert_eq!(own(&*b, "u1", "u2", Invite).await, changed(1, 1));
    assert_eq!(done_to(&*b, "u1", "u2", Invite).await, changed(1, 3));
    assert_eq!(own(&*a, "u1", "u3", Block).await, changed(0, 4));
    assert_eq!(done_to(&*a, "u1", "u3", Invite).await, changed(4, 4));
    let mut people = b.people(user("u1")).await.unwrap();
    people.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(people, [(user("u2"), relation(3)), (user("u3"), relation(4))]);
    assert_eq!(b.people(user("u2")).await, Ok(vec![]), "the other side is another step");
    assert_eq!(own(&*b, "u1", "u2", Remove).await, changed(3, 0));
    assert_eq!(own(&*b, "u1", "u3", Unblock).await, changed(4, 0));
    assert_eq!(own(&*b, "u1", "u3", Unblock).await, changed(0, 0));
    assert_eq!(a.people(user("u1")).await, Ok(vec![]));
}

pub async fn a_user_has_so_many_people_and_goes_on_with_those(broker: &dyn Broker) {
    let node = node(broker).await;
    for other in ["u2", "u3", "u4"] {
        assert!(matches!(own(&*node, "u1", other, Invite).await, RelationChanged::Changed(..)));
    }
    assert_eq!(own(&*node, "u1", "u5", Invite).await, RelationChanged::Full);
    assert_eq!(own(&*node, "u1", "u5", Remove).await, RelationChanged::Changed(relation(0), relation(0)));
    assert_eq!(own(&*node, "u1", "u4", Block).await, RelationChanged::Changed(relation(1), relation(4)));
    own(&*node, "u1", "u4", Unblock).await;
    assert_eq!(own(&*node, "u1", "u5", Invite).await, RelationChanged::Changed(relation(0), relation(1)));
}

pub async fn a_read_mark_never_goes_back_and_the_farthest_back_makes_room(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let keep = Duration::from_secs(60);
    let read = |other: &str, seq| ReadUpTo { user: user(other), pos: Position { seq, nonce: 7 } };
    for (other, seq, moves) in
        [("u2", 1_795_239_502_123, true), ("u2", 1_795_239_502_122, false), ("u2", 1_795_239_502_123, false)]
    {
        assert_eq!(a.mark_read(user("u1"), read(other, seq), MAX, keep).await, Ok(moves), "{seq}");
    }
    for (other, seq) in [("u3", 99), ("u4", 1_795_239_502_999), ("u5", 100), ("u2", 1_795_239_502_124)] {
        assert_eq!(b.mark_read(user("u1"), read(other, seq), MAX, keep).await, Ok(true), "{other}");
    }
    let mut marks = a.read_marks(user("u1")).await.unwrap();
    marks.sort();
    let kept = [("u2", 1_795_239_502_124), ("u4", 1_795_239_502_999), ("u5", 100)];
    assert_eq!(marks, kept.map(|(other, seq)| (user(other), read(other, seq).pos)), "u3 made room");
    assert_eq!(a.read_marks(user("u2")).await, Ok(vec![]));
    assert_eq!(a.erase(user("u1")).await.unwrap().others, 1);
    assert_eq!(b.read_marks(user("u1")).await, Ok(vec![]));
    b.mark_read(user("u1"), read("u2", 1), MAX, Duration::from_millis(30)).await.unwrap();
    let marks = || async { a.read_marks(user("u1")).await.unwrap().is_empty().then_some(()) };
    eventually("the marks are forgotten", marks).await;
}

pub async fn a_message_to_who_blocks_the_sender_or_is_no_contact_is_stored_with_nobody(broker: &dyn Broker) {
    let node = node(broker).await;
    node.note_orgs(user("u2"), vec!["acme".parse().unwrap()], std::time::Duration::from_secs(60)).await.unwrap();
    let bounds = |orgs: Option<&str>, as_contact| Within {
        orgs: orgs.map(|org| vec![org.parse().unwrap()]),
        // an id that stands for nobody where no people are asked about
        people: Some(Peer { user: user("-"), as_contact }),
    };
    // the relation of u2 to the sender, its organisation asked for, whether contacts only
    for (number, orgs, as_contact, expected) in [
        (0, None, false, true),
        (0, None, true, false),
        (1, None, true, false),
        (2, None, true, false),
        (3, None, true, true),
        (4, None, false, false),
        (0, Some("acme"), false, true),
        (0, Some("globex"), false, false),
        (3, Some("globex"), true, false),
        (4, Some("acme"), false, false),
    ] {
        own(&*node, "u2", "-", Unblock).await;
        own(&*node, "u2", "-", Remove).await;
        if number & 1 != 0 {
            own(&*node, "u2", "-", Invite).await;
        }
        if number & 2 != 0 {
            done_to(&*node, "u2", "-", Invite).await;
        }
        if number & 4 != 0 {
            own(&*node, "u2", "-", Block).await;
        }
        let within = bounds(orgs, as_contact);
        let case = format!("{number} {within:?}");
        assert_eq!(node.reaches(user("u2"), within.clone()).await, Ok(expected), "{case}");
        let append = AppendDirect { within: Some(within), ..direct(Some("-"), "u2", "x") };
        match node.append_direct(append, true).await {
            Ok(_) => assert!(expected, "{case}"),
            error => assert_eq!((error, expected), (Err(BackendError::OutOfReach), false), "{case}"),
        }
    }
    let stored = node.history(address("user:u2"), None, 99, usize::MAX).await.unwrap();
    assert_eq!(stored.len(), 3);
    assert_eq!(node.reaches(user("unknown"), bounds(None, true)).await, Ok(false));
}
