//! Conversations, names of contacts and the channels of an organisation.

use crate::hosting::{event, node, user};
use crate::options;
use crate::support::Login;
use hubwire_client::protocol::{Codec, Position, UserId};
use hubwire_client::{ContactAct, ContactState, Event, Hub, Profile, ReadMark};
use serde_json::json;

async fn device(url: &str, codec: Codec, name: &str, device: &str) -> Hub {
    let hub = Hub::new(options(url, &Login::member(name)).codec(codec).device(device.parse().unwrap()));
    hub.connect().await.unwrap();
    hub
}

async fn unread(hub: &Hub) -> Vec<(String, u64)> {
    let found = hub.conversations(None).await.unwrap();
    found.conversations.into_iter().map(|it| (it.user.to_string(), it.unread)).collect()
}

fn mark(event: Event) -> Option<ReadMark> {
    match event {
        Event::Read(mark) => Some(mark),
        _ => None,
    }
}

fn message(event: Event) -> Option<Position> {
    match event {
        Event::Action(publication) => publication.pos,
        _ => None,
    }
}

#[tokio::test]
async fn what_is_read_on_one_device_is_read_on_the_other_in_both_codecs() {
    let node = node().await;
    for (codec, tag) in [(Codec::Json, "j"), (Codec::MsgPack, "m")] {
        let [a, b, c] = ["ada", "bob", "carol"].map(|name| format!("{name}-{tag}"));
        let (phone, desk) =
            (device(&node.url(), codec, &a, "phone").await, device(&node.url(), codec, &a, "desk").await);
        let (bob, carol) = (device(&node.url(), codec, &b, "one").await, device(&node.url(), codec, &c, "one").await);
        let (mut inbox, mut on_phone, mut on_desk) = (phone.inbox(), phone.events(), desk.events());
        let to_ada = format!("user:{a}");
        carol.send(&*to_ada, "chat/whisper", &0).unwrap().await.unwrap();
        for n in 1..=3 {
            bob.send(&*to_ada, "chat/whisper", &n).unwrap().await.unwrap();
        }
        let newest = desk.conversations(Some(1)).await.unwrap();
        let last = &newest.conversations[0].last;
        assert_eq!((newest.conversations.len(), newest.more), (1, true));
        assert_eq!((last.payload::<u64>().unwrap(), last.from.as_ref().map(UserId::as_str)), (3, Some(&*b)));
        assert_eq!(unread(&desk).await, [(b.clone(), 3), (c.clone(), 1)]);

        let mut positions = Vec::new();
        while positions.len() < 4 {
            positions.push(event(&mut inbox, message).await);
        }
        phone.mark_read(&user(&b), Some(positions[2])).await.unwrap();
        for heard in [event(&mut on_phone, mark).await, event(&mut on_desk, mark).await] {
            assert_eq!((heard.user, heard.pos), (user(&b), positions[2]));
        }
        assert_eq!(unread(&desk).await, [(b.clone(), 1), (c.clone(), 1)]);
        // up to what was delivered; of that conversation alone
        phone.mark_read(&user(&b), None).await.unwrap();
        assert_eq!(event(&mut on_desk, mark).await.pos, positions[3]);
        assert_eq!(unread(&desk).await, [(b.clone(), 0), (c.clone(), 1)]);
        // the other user is told nothing, and what it did not read is its own
        assert_eq!(unread(&bob).await, [(a.clone(), 0)]);
        let ahead = format!("{}-1", (1_u64 << 53) - 1).parse().unwrap();
        assert_eq!(phone.mark_read(&user(&b), Some(ahead)).await.unwrap_err().code.as_str(), "bad_payload");
    }
}

#[tokio::test]
async fn contacts_are_found_by_name_and_channels_are_listed_in_pages() {
    let node = node().await;
    let ada = device(&node.url(), Codec::Json, "ada", "one").await;
    let bob = device(&node.url(), Codec::MsgPack, "bob", "one").await;
    let named =
        Profile { name: Some("Bob Builder".into()), meta: Some(json!({ "n": 1 }).as_object().unwrap().clone()) };
    bob.set_profile(&named).await.unwrap();
    ada.set_contact(&user("bob"), ContactAct::Invite).await.unwrap();
    assert!(ada.people().name("build").next().await.unwrap().is_none(), "not a contact yet");
    bob.set_contact(&user("ada"), ContactAct::Accept).await.unwrap();
    let found = ada.people().name("build").next().await.unwrap().unwrap();
    assert_eq!((found[0].state, &found[0].profile), (ContactState::Contact, &Some(named)));
    assert!(ada.people().name("uild").next().await.unwrap().is_none());

    let rooms = ["a", "b", "c"].map(|name| format!("ch:acme/open/{name}"));
    let mut held = Vec::new();
    for (hub, room) in rooms.iter().map(|room| (&ada, room)).chain([(&bob, &rooms[1])]) {
        held.push(hub.channel(&**room).unwrap());
        held.last().unwrap().joined().await.unwrap();
    }
    let mut pages = ada.live_channels(&"acme".parse().unwrap()).limit(2);
    let mut listed = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        listed.push(page.into_iter().map(|it| (it.address.to_string(), it.count)).collect::<Vec<_>>());
    }
    let [a, b, c] = rooms;
    assert_eq!(listed, [vec![(a, 1), (b, 2)], vec![(c, 1)]]);
    let none = ada.live_channels(&"acme".parse().unwrap()).prefix("shut").next().await.unwrap();
    assert!(none.is_none());
    let refused = ada.live_channels(&"elsewhere".parse().unwrap()).next().await.unwrap_err();
    assert_eq!(refused.code.as_str(), "forbidden");
}
