//! What waits in a user's stream is erased neither by one sender nor by one organisation.

use super::super::fixture::*;
use hubwire_actors::backend::{AppendDirect, Backend, BackendError, CursorLimits, Retention, Share};
use hubwire_actors::retention::Shares;
use std::time::Duration;

const FEW: Retention = Retention { count: 100, age: Duration::from_secs(3600), bytes: 1 << 20 };
const SHARES: Shares = Shares { sender: 25, org: 50 };

fn message(from: &str, org: Option<&str>, to: &str, text: &str) -> AppendDirect {
    let share = Some(Share { org: org.map(|org| org.parse().unwrap()), of: SHARES });
    AppendDirect { share, retention: FEW, ..direct(Some(from), to, text) }
}

/// Writes until it is refused; how many were stored.
async fn flood(node: &dyn Backend, from: &str, org: Option<&str>, to: &str, text: &str) -> usize {
    for stored in 0..400 {
        match node.append_direct(message(from, org, to, text), true).await {
            Ok(_) => {}
            Err(BackendError::ShareTaken) => return stored,
            Err(error) => panic!("{error}"),
        }
    }
    400
}

async fn holds(node: &dyn Backend, of: &str, text: &str) -> bool {
    let entries = node.history(address(of), None, 1000, usize::MAX).await.unwrap();
    entries.iter().any(|entry| entry.envelope == text)
}

pub async fn a_sender_with_its_share_erases_nothing_that_waits_and_others_still_write(broker: &dyn Broker) {
    let node = node(broker).await;
    node.append_direct(message("ada", Some("acme"), "u2", "waits"), true).await.unwrap();
    let stored = flood(&*node, "eve", Some("globex"), "u2", "x").await;
    assert!((25..=100).contains(&stored), "{stored}");
    assert!(holds(&*node, "user:u2", "waits").await);
    // what was refused is nowhere, and counts for nothing elsewhere
    let own = node.length(address("user:eve")).await.unwrap();
    assert_eq!(own, stored);
    assert!(node.append_direct(message("eve", Some("globex"), "u3", "x"), true).await.is_ok());
    // another one still writes, and so does the user's own hand
    assert!(node.append_direct(message("bob", Some("acme"), "u2", "more"), true).await.is_ok());
    assert!(node.append_direct(message("u2", Some("acme"), "ada", "own"), true).await.is_ok());
}

pub async fn an_organisation_with_its_share_erases_nothing_of_others_that_waits(broker: &dyn Broker) {
    let node = node(broker).await;
    node.append_direct(message("ada", Some("acme"), "u2", "waits"), true).await.unwrap();
    let mut refused = 0;
    for n in 0..400 {
        let sent = message(&format!("eve{}", n % 100), Some("globex"), "u2", "x");
        refused += usize::from(node.append_direct(sent, true).await == Err(BackendError::ShareTaken));
    }
    assert!(refused >= 290, "{refused}");
    assert!(holds(&*node, "user:u2", "waits").await);
}

pub async fn large_messages_take_the_share_by_their_bytes(broker: &dyn Broker) {
    let node = node(broker).await;
    node.append_direct(message("ada", Some("acme"), "u2", "waits"), true).await.unwrap();
    let stored = flood(&*node, "eve", None, "u2", &"x".repeat(1 << 16)).await;
    assert!((4..=16).contains(&stored), "{stored}");
    assert!(holds(&*node, "user:u2", "waits").await);
}

pub async fn who_has_read_is_written_to_whatever_the_share(broker: &dyn Broker) {
    let node = node(broker).await;
    node.append_direct(message("ada", None, "u2", "was read"), true).await.unwrap();
    flood(&*node, "eve", None, "u2", "x").await;
    let limits = CursorLimits::default();
    let top = node.tops(vec![address("user:u2")]).await.unwrap()[0];
    // a device that is behind does not count, where another one has read
    let begin = node.history(address("user:u2"), None, 1000, usize::MAX).await.unwrap().last().unwrap().pos;
    for (device, pos) in [("phone", begin), ("desk", top)] {
        let positions = vec![(address("user:u2"), pos)];
        node.put_cursors(user("u2"), device.parse().unwrap(), positions, limits).await.unwrap();
    }
    assert!(node.append_direct(message("eve", None, "u2", "x"), true).await.is_ok());
    assert_eq!(flood(&*node, "eve", None, "u2", "x").await, 400, "nobody else waits there");
}

pub async fn a_repeated_message_of_a_sender_with_its_share_is_a_duplicate(broker: &dyn Broker) {
    let node = node(broker).await;
    node.append_direct(message("ada", None, "u2", "waits"), true).await.unwrap();
    let first = || AppendDirect { idempotency: keyed("eve|d|1"), ..message("eve", None, "u2", "x") };
    let stored = node.append_direct(first(), true).await.unwrap();
    flood(&*node, "eve", None, "u2", "x").await;
    let again = node.append_direct(first(), true).await.unwrap();
    assert!(again.receiver.appended.duplicate);
    assert_eq!(again.receiver.appended.pos, stored.receiver.appended.pos);
}
