//! Requests that are sent without waiting for the answer to the previous one.

use super::guest::Guest;
use super::{in_a_house, Settings, REST, SOON};
use std::time::Duration;
use tokio::time::sleep;

const ROOM: &str = "ch:acme/room";
const JOIN: &str = "@@hub/join";
const LEAVE: &str = "@@hub/leave";
const VIEW: &str = "@@hub/view";
/// How long the broker takes in each direction, at most: none is the broker in memory.
const LINKS: [u64; 3] = [0, 5, 50];

#[test]
fn a_view_that_is_left_before_it_was_answered_is_answered_and_leaves_no_ghost() {
    for delay_ms in LINKS {
        in_a_house(1, 1, Settings::default(), async |house| {
            house.slow(delay_ms);
            let guest = Guest::connect(&house, 0, "ada/1");
            let ids = guest.send(&[(VIEW, Some("ch:acme/a")), (VIEW, Some("ch:acme/b"))]);
            guest.is_answered(&ids, SOON).await;
            assert_eq!(guest.kinds(&ids), ["@@hub/joined", "@@hub/joined"]);
            sleep(SOON).await;
            assert!(house.members("ch:acme/a").await.is_empty());
            assert_eq!(house.members("ch:acme/b").await, [("ada".to_string(), 1)].into());
            for channel in ["ch:acme/a", "ch:acme/b"] {
                house.publish(channel, "test/mark").await;
            }
            sleep(SOON).await;
            assert_eq!((guest.got("test/mark", "ch:acme/a"), guest.got("test/mark", "ch:acme/b")), (0, 1));
        });
    }
}

#[test]
fn who_joins_and_leaves_twice_in_one_frame_is_out() {
    for delay_ms in LINKS {
        in_a_house(1, 1, Settings::default(), async |house| {
            house.slow(delay_ms);
            let guest = Guest::connect(&house, 0, "ada/1");
            let stays = Guest::connect(&house, 0, "bob/1");
            stays.is_answered(&stays.send(&[(JOIN, Some(ROOM))]), SOON).await;
            let room = Some(ROOM);
            let ids = guest.send(&[(JOIN, room), (LEAVE, room), (JOIN, room), (LEAVE, room)]);
            guest.is_answered(&ids, SOON).await;
            assert_eq!(guest.kinds(&ids), ["@@hub/joined", "@@hub/left", "@@hub/joined", "@@hub/left"]);
            sleep(SOON).await;
            assert_eq!(house.members(ROOM).await, [("bob".to_string(), 1)].into());
            house.publish(ROOM, "test/mark").await;
            sleep(SOON).await;
            assert_eq!((guest.got("test/mark", ROOM), stays.got("test/mark", ROOM)), (0, 1));
            // and knows it
            let again = guest.send(&[(LEAVE, room)]);
            guest.is_answered(&again, SOON).await;
            assert_eq!(guest.answers(&again[0])[0]["payload"]["code"], "not_joined");
        });
    }
}

#[test]
fn a_join_with_a_position_that_is_left_at_once_is_answered() {
    in_a_house(1, 1, Settings::default(), async |house| {
        house.slow(5);
        let guest = Guest::connect(&house, 0, "ada/1");
        house.publish(ROOM, "test/old").await;
        let (first, join) = guest.action(JOIN, Some(ROOM), serde_json::json!({ "pos": "0-0" }));
        let (second, leave) = guest.action(LEAVE, Some(ROOM), serde_json::json!({}));
        guest.wire.send(serde_json::json!([join, leave]).to_string());
        guest.is_answered(&[first, second], SOON).await;
    });
}

#[test]
fn ten_views_in_a_second_end_in_the_last_one() {
    for delay_ms in [0, 5, 300] {
        in_a_house(1, 2, Settings::default(), async |house| {
            house.slow(delay_ms);
            let guest = Guest::connect(&house, 0, "ada/1");
            let page = |number: usize| format!("ch:acme/page/{}", number % 4);
            let mut ids = Vec::new();
            for number in 0..10 {
                ids.extend(guest.send(&[(VIEW, Some(&page(number)))]));
                sleep(Duration::from_millis(100)).await;
            }
            guest.is_answered(&ids, SOON).await;
            sleep(SOON).await;
            for number in 0..4 {
                let expected = if page(number) == page(9) { 1 } else { 0 };
                assert_eq!(house.members(&page(number)).await.len(), expected, "{delay_ms} ms, page {number}");
                house.publish(&page(number), "test/mark").await;
                sleep(SOON).await;
                assert_eq!(guest.got("test/mark", &page(number)), expected, "{delay_ms} ms, page {number}");
            }
        });
    }
}

#[test]
fn places_in_flight_come_back_however_many_views_were_left_before_they_were_answered() {
    let settings = Settings { in_flight_max: 3, ..Settings::default() };
    in_a_house(1, 1, settings, async |house| {
        house.slow(5);
        let guest = Guest::connect(&house, 0, "ada/1");
        let mut ids = Vec::new();
        for number in 0..40 {
            ids.extend(guest.send(&[(VIEW, Some(&format!("ch:acme/page/{number}")))]));
        }
        ids.extend(guest.send(&[("@@hub/ping", None)]));
        guest.is_answered(&ids, REST).await;
    });
}

#[test]
fn what_is_published_between_a_join_and_a_leave_comes_back_to_who_was_in() {
    in_a_house(1, 1, Settings::default(), async |house| {
        house.slow(5);
        let guest = Guest::connect(&house, 0, "ada/1");
        let room = Some(ROOM);
        let ids = guest.send(&[(JOIN, room), ("test/in", room), (LEAVE, room), (JOIN, room), ("test/again", room)]);
        guest.is_answered(&ids, SOON).await;
        sleep(SOON).await;
        assert_eq!(guest.got("test/again", ROOM), 1);
    });
}

#[test]
fn the_channels_of_sixty_sessions_that_are_over_are_over_too() {
    in_a_house(1, 1, Settings::default(), async |house| {
        house.slow(5);
        let guests: Vec<Guest> = (0..60).map(|user| Guest::connect(&house, 0, &format!("u{user}/1"))).collect();
        for guest in &guests {
            guest.is_welcome().await;
            for number in 0..50 {
                let room = format!("ch:acme/{}/{number}", guest.user);
                let room = Some(room.as_str());
                guest.send(&[(JOIN, room), (LEAVE, room), (JOIN, room), (LEAVE, room)]);
            }
        }
        sleep(Duration::from_millis(30)).await;
        guests.iter().for_each(Guest::go);
        house.is_left_by_all(REST).await;
    });
}
