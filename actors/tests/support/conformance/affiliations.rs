//! Which organisations users are in, and that a direct message stays within them.

use super::super::fixture::*;
use hubwire_actors::access::within::Within;
use hubwire_actors::backend::{AppendDirect, BackendError};
use hubwire_protocol::OrgId;
use std::time::Duration;

const KEEP_NOTES: Duration = Duration::from_secs(3600);

fn orgs(names: &[&str]) -> Vec<OrgId> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

pub async fn the_latest_organisations_of_a_user_count_and_nobody_else_has_any(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let shares = |user_id: &'static str, names: &[&str]| b.reaches(user(user_id), Within::orgs(orgs(names)));
    assert_eq!(shares("u1", &["acme"]).await, Ok(false));
    a.note_orgs(user("u1"), orgs(&["acme", "globex"]), KEEP_NOTES).await.unwrap();
    a.note_orgs(user("u2"), orgs(&[]), KEEP_NOTES).await.unwrap();
    assert_eq!(shares("u1", &["globex"]).await, Ok(true));
    assert_eq!(shares("u1", &["initech", "acme"]).await, Ok(true));
    assert_eq!(shares("u1", &["glob", "globexx", "me"]).await, Ok(false), "whole names count");
    assert_eq!(shares("u1", &[]).await, Ok(false));
    assert_eq!(shares("u2", &["acme"]).await, Ok(false));
    a.note_orgs(user("u1"), orgs(&["initech"]), KEEP_NOTES).await.unwrap();
    assert_eq!((shares("u1", &["acme"]).await, shares("u1", &["initech"]).await), (Ok(false), Ok(true)));
}

pub async fn a_direct_message_out_of_reach_is_stored_with_nobody(broker: &dyn Broker) {
    let node = node(broker).await;
    node.note_orgs(user("u2"), orgs(&["acme"]), KEEP_NOTES).await.unwrap();
    let send = |to: &str, text: &str, within: &[&str]| {
        let append = AppendDirect { within: Some(Within::orgs(orgs(within))), ..direct(Some("u1"), to, text) };
        node.append_direct(append, true)
    };
    for (to, within) in [("u2", "globex"), ("unknown", "acme")] {
        assert_eq!(send(to, "x", &[within]).await, Err(BackendError::OutOfReach), "{to}");
    }
    for of in ["user:u1", "user:u2", "user:unknown"] {
        assert_eq!(node.history(address(of), None, 9, usize::MAX).await, Ok(vec![]), "{of}");
    }
    // in call order, whatever of it has to be looked up first
    let calls: Vec<_> = (0..20).map(|n| send("u2", &n.to_string(), &["globex", "acme"])).collect();
    for call in calls {
        assert!(call.await.unwrap().copy.is_some());
    }
    for of in ["user:u1", "user:u2"] {
        let mut stored = node.history(address(of), None, 99, usize::MAX).await.unwrap();
        stored.sort_by_key(|entry| entry.pos.seq);
        let texts: Vec<_> = stored.iter().map(|entry| String::from_utf8_lossy(&entry.envelope).into_owned()).collect();
        assert_eq!(texts, (0..20).map(|n| n.to_string()).collect::<Vec<_>>(), "{of}");
    }
}
