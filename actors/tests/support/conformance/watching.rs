//! Watched users: the watching nodes are notified when a session comes or goes, and no other node is.

use super::super::fixture::*;
use super::leaving::told;
use hubwire_protocol::Profile;
use std::time::Duration;

pub async fn sessions_of_a_watched_user_stir_the_nodes_that_watch(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let live = vec![a.incarnation, b.incarnation];
    let (one, two) = (b.session(), b.session());
    b.attach(attach("u1", one, 0, true, &live)).await.unwrap();
    a.watch(vec![user("u1"), user("u2")]).await.unwrap();
    a.watch(vec![user("u1")]).await.unwrap();
    for (of, session) in [("u1", two), ("u2", one), ("u3", one)] {
        b.attach(attach(of, session, 0, true, &live)).await.unwrap();
        // a repetition is not announced
        if of == "u1" {
            b.attach(attach(of, session, 0, true, &live)).await.unwrap();
        }
    }
    b.detach(user("u1"), two).await.unwrap();
    b.detach(user("u3"), one).await.unwrap();
    assert_eq!(told(&a, 3).await, ["W u1\n", "W u2\n", "W u1\n"]);
    assert_eq!(b.drained().await, Vec::<String>::new(), "it watches nobody");
    a.unwatch(vec![user("u1")]).await.unwrap();
    b.detach(user("u1"), one).await.unwrap();
    b.detach(user("u2"), one).await.unwrap();
    assert_eq!(told(&a, 1).await, ["W u2\n"]);
}

pub async fn a_watched_user_on_a_node_that_died_is_stirred_when_that_is_reaped(broker: &dyn Broker) {
    let (a, dead) = (node(broker).await, node(broker).await);
    let live = vec![a.incarnation, dead.incarnation];
    dead.attach(attach("u1", dead.session(), 0, true, &live)).await.unwrap();
    a.watch(vec![user("u1")]).await.unwrap();
    dead.release_lease().await.unwrap();
    assert!(a.reap(dead.incarnation, vec![a.incarnation], 9, Duration::ZERO).await.unwrap().done);
    assert_eq!(told(&a, 1).await, ["W u1\n"]);
}

pub async fn another_profile_of_a_watched_user_stirs_the_nodes_that_watch(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let keep = Duration::from_secs(3600);
    let named = |name: &str| Profile::new(Some(name), None).unwrap();
    b.set_profile(user("u1"), named("Ada"), keep).await.unwrap();
    a.watch(vec![user("u1")]).await.unwrap();
    // neither a repetition nor the state of another user is announced; its end is
    for (of, profile) in [("u1", named("Ada")), ("u2", named("Bob")), ("u1", named("A.")), ("u1", Profile::default())] {
        b.set_profile(user(of), profile, keep).await.unwrap();
    }
    assert_eq!(told(&a, 2).await, ["W u1\n", "W u1\n"]);
    assert_eq!(a.drained().await, Vec::<String>::new());
}
