//! Leases and reaping.

use super::super::fixture::*;
use super::super::{eventually, PATIENCE};
use hubwire_actors::backend::{BackendError, Lease, Members, Reaped};
use hubwire_protocol::Incarnation;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(200);

async fn until_expired(node: &Node, dead: Incarnation) {
    eventually("the lease expires", || async {
        node.expired(Duration::ZERO).await.unwrap().contains(&dead).then_some(())
    })
    .await;
}

async fn reap_all(node: &Node, dead: Incarnation) {
    let reaped = node.reap(dead, vec![node.incarnation], 100, Duration::ZERO).await.unwrap();
    assert!(reaped.done && !reaped.locked, "{reaped:?}");
}

pub async fn a_lease_lives_until_it_expires_and_can_be_renewed_until_it_is_reaped(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    assert_eq!(b.renew_lease(SHORT).await, Ok(Lease::Extended));
    until_expired(&a, b.incarnation).await;
    assert_eq!(a.live().await.unwrap().nodes, vec![a.incarnation]);
    assert_eq!(a.expired(PATIENCE).await, Ok(vec![]), "not for that long");
    assert_eq!(b.renew_lease(PATIENCE).await, Ok(Lease::Extended), "nobody took it");
    let mut both = vec![a.incarnation, b.incarnation];
    both.sort();
    let mut live = a.live().await.unwrap().nodes;
    live.sort();
    assert_eq!(live, both);
    assert_eq!(b.renew_lease(SHORT).await, Ok(Lease::Extended));
    until_expired(&a, b.incarnation).await;
    reap_all(&a, b.incarnation).await;
    for _ in 0..2 {
        assert_eq!(b.renew_lease(PATIENCE).await, Ok(Lease::Reaped));
    }
    assert_eq!(a.expired(Duration::ZERO).await, Ok(vec![]));
    assert_eq!(a.live().await.unwrap().nodes, vec![a.incarnation]);
}

pub async fn a_released_lease_is_expired_at_once(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    b.release_lease().await.unwrap();
    assert_eq!(a.live().await.unwrap().nodes, vec![a.incarnation]);
    assert_eq!(a.expired(Duration::ZERO).await, Ok(vec![b.incarnation]));
    reap_all(&a, b.incarnation).await;
    assert_eq!(a.expired(Duration::ZERO).await, Ok(vec![]));
}

pub async fn a_live_incarnation_is_not_reaped(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let session = b.session();
    b.attach(attach("u1", session, 0, true, &[b.incarnation])).await.unwrap();
    let reaped = a.reap(b.incarnation, vec![a.incarnation], 100, Duration::ZERO).await.unwrap();
    assert_eq!(reaped, Reaped { locked: true, ..Reaped::default() });
    assert_eq!(a.sessions(user("u1")).await.unwrap().len(), 1);
    assert_eq!(b.renew_lease(PATIENCE).await, Ok(Lease::Extended));
}

pub async fn reaping_removes_routes_step_by_step_and_tells_who_left(broker: &dyn Broker) {
    let (a, dead) = (node(broker).await, node(broker).await);
    let live = vec![a.incarnation];
    let both = vec![a.incarnation, dead.incarnation];
    // u0 is also on the node that lives on, the others are not
    let kept = a.session();
    a.attach(attach("u0", kept, 0, true, &both)).await.unwrap();
    a.enter(joining("ch:acme/a", member("u0", kept), &both, true)).await.unwrap();
    for n in 0..20 {
        let of = format!("u{n}");
        let session = dead.session();
        dead.attach(attach(&of, session, 0, true, &both)).await.unwrap();
        dead.enter(joining("ch:acme/a", member(&of, session), &both, true)).await.unwrap();
    }
    let gone = dead.session();
    dead.attach(attach("u1", gone, 0, true, &both)).await.unwrap();
    dead.detach(user("u1"), gone).await.unwrap();
    dead.release_lease().await.unwrap();

    a.subscribe(address("ch:acme/a")).await.unwrap();
    let (mut steps, mut sessions) = (0, 0);
    loop {
        let step = a.reap(dead.incarnation, live.clone(), 7, Duration::ZERO).await.unwrap();
        assert!(!step.locked && step.sessions <= 7, "{step:?}");
        sessions += step.sessions;
        steps += 1;
        if step.done {
            break;
        }
        assert_eq!(a.expired(Duration::ZERO).await, Ok(vec![dead.incarnation]), "still to be reaped");
    }
    assert!(steps >= 6, "{steps}");
    assert_eq!(sessions, 20);
    let mut left = super::leaving::told(&a, 19).await;
    left.sort();
    let mut expected: Vec<_> = (1..20).map(|n| format!("L ch:acme/a u{n}\n")).collect();
    expected.sort();
    assert_eq!(left, expected);
    let members = Members { sessions: vec![member("u0", kept)], ..Members::default() };
    assert_eq!(a.members(address("ch:acme/a")).await, Ok(members));
    assert_eq!(a.sessions(user("u0")).await.unwrap().len(), 1);
    assert_eq!(a.sessions(user("u1")).await, Ok(vec![]));
    assert_eq!(a.expired(Duration::ZERO).await, Ok(vec![]));
    assert_eq!(
        a.reap(dead.incarnation, live, 7, Duration::ZERO).await,
        Ok(Reaped { done: true, ..Reaped::default() }),
        "again"
    );
}

pub async fn a_reaped_incarnation_writes_no_routes(broker: &dyn Broker) {
    let (a, dead) = (node(broker).await, node(broker).await);
    let live = vec![dead.incarnation];
    dead.release_lease().await.unwrap();
    reap_all(&a, dead.incarnation).await;
    let session = dead.session();
    let refused = |error| matches!(error, BackendError::Refused { .. });
    assert!(dead.attach(attach("u1", session, 0, true, &live)).await.is_err_and(refused));
    assert!(dead.enter(joining("ch:acme/a", member("u1", session), &live, false)).await.is_err_and(refused));
    assert_eq!(a.sessions(user("u1")).await, Ok(vec![]));
    assert_eq!(a.members(address("ch:acme/a")).await, Ok(Members::default()));
}

pub async fn a_lease_says_how_long_it_goes_on_and_an_expired_one_is_not_listed(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    a.renew_lease(Duration::from_secs(60)).await.unwrap();
    b.renew_lease(Duration::from_secs(30)).await.unwrap();
    let leases = a.leases().await.unwrap();
    let left = |of: &Node| leases.iter().find(|(incarnation, _)| *incarnation == of.incarnation).unwrap().1.as_secs();
    assert!((30..=60).contains(&left(&a)) && (1..=30).contains(&left(&b)), "{leases:?}");
    b.release_lease().await.unwrap();
    let alive: Vec<_> = a.leases().await.unwrap().into_iter().map(|(incarnation, _)| incarnation).collect();
    assert_eq!(alive, [a.incarnation]);
}

pub async fn a_label_is_known_until_its_node_is_reaped(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let labels = || a.labels(vec![b.incarnation, a.incarnation]);
    assert_eq!(labels().await, Ok(vec![None, None]));
    assert_eq!(a.labels(vec![]).await, Ok(vec![]));
    a.set_label("east".into()).await.unwrap();
    b.set_label("south".into()).await.unwrap();
    b.set_label("west".into()).await.unwrap();
    assert_eq!(labels().await, Ok(vec![Some("west".into()), Some("east".into())]));
    b.release_lease().await.unwrap();
    reap_all(&a, b.incarnation).await;
    assert_eq!(labels().await, Ok(vec![None, Some("east".into())]));
}
