//! A client that disconnects ends its session, whatever the session is waiting for.

use super::guest::Guest;
use super::{eventually, in_a_house, House, Settings, REST};
use serde_json::json;
use std::time::Duration;
use tokio::time::{sleep, Instant};

/// How soon a session ends after its client is gone: before any call to the broker times out.
const AT_ONCE: Duration = Duration::from_secs(1);

async fn is_over(house: &House) {
    eventually(AT_ONCE, || house.left()[0], |sessions| *sessions == 0).await;
}

/// No call to the broker is answered for a while.
fn silence(house: &House) {
    let until = Instant::now() + Duration::from_secs(30);
    house.nodes.running().iter().for_each(|process| process.link.stall(until));
}

#[test]
fn a_session_ends_with_its_socket_while_it_enters() {
    in_a_house(1, 1, Settings::default(), async |house| {
        silence(&house);
        let guest = Guest::connect(&house, 0, "ada/1");
        sleep(Duration::from_millis(100)).await;
        guest.go();
        is_over(&house).await;
        house.is_left_by_all(REST).await;
    });
}

#[test]
fn a_session_ends_with_its_socket_while_its_ticket_is_taken() {
    in_a_house(1, 1, Settings::default(), async |house| {
        silence(&house);
        let guest = Guest::stranger(&house, 0, "ada/1");
        guest.wire.send(json!({ "type": "@@hub/auth", "payload": { "ticket": "t" } }).to_string());
        sleep(Duration::from_millis(100)).await;
        guest.go();
        is_over(&house).await;
    });
}

#[test]
fn a_session_ends_with_its_socket_while_it_is_closed_for_waiting_too_long_for_its_ticket() {
    let settings = Settings { auth_timeout: Duration::from_millis(200), ..Settings::default() };
    in_a_house(1, 1, settings, async |house| {
        silence(&house);
        let guest = Guest::stranger(&house, 0, "ada/1");
        guest.wire.send(json!({ "type": "@@hub/auth", "payload": { "ticket": "t" } }).to_string());
        eventually(AT_ONCE, || guest.closed(), |code| *code == Some(4408)).await;
        is_over(&house).await;
    });
}

#[test]
fn a_session_ends_with_its_socket_while_it_has_as_many_actions_in_flight_as_it_may() {
    let settings = Settings { in_flight_max: 2, ..Settings::default() };
    in_a_house(1, 1, settings, async |house| {
        let guest = Guest::connect(&house, 0, "ada/1");
        guest.is_welcome().await;
        silence(&house);
        for number in 0..5 {
            guest.send(&[("@@hub/join", Some(&format!("ch:acme/{number}")))]);
        }
        sleep(Duration::from_millis(100)).await;
        guest.go();
        is_over(&house).await;
        house.is_left_by_all(REST).await;
    });
}

#[test]
fn a_session_ends_with_its_socket_while_it_waits_for_cursors() {
    in_a_house(1, 1, Settings::default(), async |house| {
        let guest = Guest::connect(&house, 0, "ada/1");
        guest.is_welcome().await;
        silence(&house);
        let positions = json!({ "positions": { "user:ada": null, "ch:acme/room": null } });
        let (_, resume) = guest.action("@@hub/resume", None, positions);
        guest.wire.send(resume.to_string());
        sleep(Duration::from_millis(100)).await;
        guest.go();
        is_over(&house).await;
        house.is_left_by_all(REST).await;
    });
}

#[test]
fn a_session_ends_with_its_socket_while_joins_and_leaves_wait_for_one_another() {
    in_a_house(1, 1, Settings::default(), async |house| {
        let guest = Guest::connect(&house, 0, "ada/1");
        guest.is_welcome().await;
        silence(&house);
        let room = Some("ch:acme/room");
        guest.send(&[("@@hub/join", room), ("@@hub/leave", room), ("@@hub/join", room), ("test/held", room)]);
        sleep(Duration::from_millis(100)).await;
        guest.go();
        is_over(&house).await;
        house.is_left_by_all(REST).await;
    });
}

#[test]
fn a_client_that_vanished_ends_its_session_while_nothing_is_read_from_it() {
    let settings = Settings { in_flight_max: 1, ..Settings::default() };
    in_a_house(1, 1, settings, async |house| {
        let guest = Guest::connect(&house, 0, "ada/1");
        guest.is_welcome().await;
        house.nodes.running().iter().for_each(|process| process.link.stall(Instant::now() + 20 * REST));
        guest.send(&[("@@hub/join", Some("ch:acme/room"))]);
        sleep(Duration::from_millis(100)).await;
        guest.wire.vanish();
        // the next ping but one is not answered
        eventually(Duration::from_secs(50), || house.left()[0], |sessions| *sessions == 0).await;
    });
}

#[test]
fn a_user_whose_only_session_waits_is_not_locked_out_when_its_client_goes() {
    let session_policy = hubwire_actors::backend::SessionPolicy { max_sessions: 1, close_oldest: false };
    let settings = Settings { session_policy, in_flight_max: 1, ..Settings::default() };
    in_a_house(1, 1, settings, async |house| {
        house.slow(5);
        let guest = Guest::connect(&house, 0, "ada/1");
        for number in 0..5 {
            guest.send(&[("@@hub/view", Some(&format!("ch:acme/{number}")))]);
        }
        sleep(Duration::from_millis(50)).await;
        guest.go();
        sleep(AT_ONCE).await;
        Guest::connect(&house, 0, "ada/2").is_welcome().await;
    });
}
