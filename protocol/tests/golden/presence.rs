//! Presence, as the node sends it.

use crate::server::{assert_said, control, pos, publication, TO, TS};
use hubwire_protocol::cluster::{Envelope, CONTACT, READ};
use hubwire_protocol::event::*;
use hubwire_protocol::people::ContactState;
use hubwire_protocol::{Address, MemberState, Profile, UserId};

/// The members of a channel, in the reply to a join and in announcements.
#[test]
fn who_is_in_a_channel_is_written_as_the_vectors_say() {
    let [u7, u8]: [UserId; 2] = ["u_7".parse().unwrap(), "u_8".parse().unwrap()];
    let members = || Some([&u7, &u8].map(|user| PresentMember { user, state: None, profile: None }).into());
    let (at, top, count, version) = (Some(pos("58123-4182736655")), Some(pos("58140-9")), Some(2), Some(TS));
    let joined = Joined { pos: at, top, members: members(), count, version, ..Joined::default() };
    let crowded = Joined { pos: at, top, count: Some(18_000), version, ..Joined::default() };
    let resumed = Resumed { recovered: true, pos: at, top, members: members(), count, version, ..Resumed::default() };
    let pushed = Joined { users: vec![&u8], count, version, ..Joined::default() };
    let left = Left { users: vec![&u8], count: Some(1), version, ..Left::default() };
    let changed = |members, count| Event::Changed(Changed { members, count, version: TS });
    let page = Presence {
        users: vec![PresentUser {
            user: &u7,
            online: None,
            sessions: 2,
            ids: &[],
            states: &[],
            state: None,
            profile: None,
            last_seen: None,
        }],
        count,
        more: true,
    };
    let counted = Presence { count: Some(18_000), ..Presence::default() };
    assert_said(vec![
        control("joined_answer_with_members", Event::Joined(joined), Some(TO), Some("j6")),
        control("joined_answer_of_a_crowd", Event::Joined(crowded), Some(TO), Some("j7")),
        control("resumed_with_members", Event::Resumed(resumed), Some(TO), Some("s2")),
        control("others_joined_with_count", Event::Joined(pushed), Some(TO), None),
        control("others_left_with_count", Event::Left(left), Some(TO), None),
        control("changed_count", changed(None, 18_001), Some(TO), None),
        control("changed_to_names", changed(members(), 2), Some(TO), None),
        control("presence_page", Event::Presence(page), Some(TO), Some("p4")),
        control("presence_count", Event::Presence(counted), Some(TO), Some("p5")),
    ]);
}

/// The presence state of a user is JSON text of the client: in MessagePack it is a map.
#[test]
fn what_users_show_is_written_as_the_vectors_say() {
    let [u7, u8]: [UserId; 2] = ["u_7".parse().unwrap(), "u_8".parse().unwrap()];
    let state = |text: &str| MemberState::from_text(text.to_string()).unwrap();
    let (before, now) = (state(r#"{"line":3,"scale":1.5}"#), state(r#"{"line":4}"#));
    let nothing = PresentMember { user: &u8, state: None, profile: None };
    let members = Some(vec![PresentMember { user: &u7, state: Some(&before), profile: None }, nothing]);
    let (at, top, version) = (Some(pos("58123-4182736655")), Some(pos("58140-9")), Some(TS));
    let joined = Joined { pos: at, top, members, count: Some(2), version, ..Joined::default() };
    let members = Some(vec![PresentMember { user: &u7, state: Some(&now), profile: None }, nothing]);
    let changed = Changed { members, count: 5, version: TS };
    let users = vec![PresentUser {
        user: &u7,
        online: None,
        sessions: 2,
        ids: &[],
        states: &[],
        state: Some(&now),
        profile: None,
        last_seen: None,
    }];
    let presence = Presence { users, count: Some(1), more: false };
    assert_said(vec![
        control("joined_answer_with_states", Event::Joined(joined), Some(TO), Some("j8")),
        control("changed_states", Event::Changed(changed), Some(TO), None),
        control("presence_with_states", Event::Presence(presence), Some(TO), Some("p6")),
    ]);
}

/// Profiles are included wherever members are listed.
#[test]
fn profiles_are_written_as_the_vectors_say() {
    let [u7, u8]: [UserId; 2] = ["u_7".parse().unwrap(), "u_8".parse().unwrap()];
    let state = MemberState::from_text(r#"{"line":4}"#.to_string()).unwrap();
    let profile = |text: &str| serde_json::from_str::<Profile>(text).unwrap();
    let (whole, named) =
        (profile(r#"{"name":"Ada L.","meta":{"avatar":"a.png","since":1.5}}"#), profile(r#"{"name":"Ada L."}"#));
    let nobody = PresentMember { user: &u8, state: None, profile: None };
    let members = Some(vec![PresentMember { user: &u7, state: Some(&state), profile: Some(&whole) }, nobody]);
    let (at, top, version) = (Some(pos("58123-4182736655")), Some(pos("58140-9")), Some(TS));
    let joined = Joined { pos: at, top, members, count: Some(2), version, ..Joined::default() };
    let members = Some(vec![PresentMember { user: &u7, state: None, profile: Some(&named) }, nobody]);
    let changed = Changed { members, count: 5, version: TS };
    let users = vec![PresentUser {
        user: &u7,
        online: None,
        sessions: 2,
        ids: &[],
        states: &[],
        state: None,
        profile: Some(&whole),
        last_seen: None,
    }];
    let presence = Presence { users, count: Some(1), more: false };
    assert_said(vec![
        control("joined_answer_with_profiles", Event::Joined(joined), Some(TO), Some("j9")),
        control("changed_profiles", Event::Changed(changed), Some(TO), None),
        control("presence_with_profiles", Event::Presence(presence), Some(TO), Some("p8")),
    ]);
}

/// Users asked for or watched, whatever channel they are in.
#[test]
fn who_is_online_is_written_as_the_vectors_say() {
    let [u7, u8]: [UserId; 2] = ["u_7".parse().unwrap(), "u_8".parse().unwrap()];
    let online = |user, sessions| PresentUser {
        user,
        online: Some(sessions > 0),
        sessions,
        ids: &[],
        states: &[],
        state: None,
        profile: None,
        last_seen: None,
    };
    let asked = Presence { users: vec![online(&u7, 2), online(&u8, 0)], ..Presence::default() };
    let gone = PresentUser { last_seen: Some(TS), ..online(&u8, 0) };
    let away = Presence { users: vec![online(&u7, 2), gone], ..Presence::default() };
    let told = Presence { users: vec![online(&u8, 1)], ..Presence::default() };
    let profile = |text: &str| serde_json::from_str::<Profile>(text).unwrap();
    let (whole, short) =
        (profile(r#"{"name":"Ada L.","meta":{"avatar":"a.png","since":1.5}}"#), profile(r#"{"name":"Bo"}"#));
    let named = || PresentUser { profile: Some(&whole), ..online(&u7, 2) };
    let gone = PresentUser { profile: Some(&short), last_seen: Some(TS), ..online(&u8, 0) };
    let called = Presence { users: vec![named(), gone], ..Presence::default() };
    let renamed = Presence { users: vec![named()], ..Presence::default() };
    assert_said(vec![
        control("presence_of_users", Event::Presence(asked), None, Some("p7")),
        control("presence_last_seen", Event::Presence(away), None, Some("p9")),
        control("watched_users", Event::Presence(told), None, None),
        control("presence_of_users_with_profiles", Event::Presence(called), None, Some("p10")),
        control("watched_profile", Event::Presence(renamed), None, None),
    ]);
}

/// The channels of an organisation that have members.
#[test]
fn the_channels_of_an_organisation_are_written_as_the_vectors_say() {
    let channels = ["ch:acme/order/1842", "ch:acme/stock"].map(|name| name.parse::<Address>().unwrap());
    let listed = channels.iter().zip([2, 18_000]).map(|(to, count)| LiveChannel { to, count }).collect();
    let page = ChannelList { channels: listed, more: true };
    let none = ChannelList { channels: vec![], more: false };
    assert_said(vec![
        control("channels_page", Event::Channels(page), Some("org:acme"), Some("o2")),
        control("channels_none", Event::Channels(none), Some("org:acme"), Some("o1")),
    ]);
}

/// The people of a user.
#[test]
fn the_people_of_a_user_are_written_as_the_vectors_say() {
    let [u7, u8]: [UserId; 2] = ["u_7".parse().unwrap(), "u_8".parse().unwrap()];
    let people = [(&u7, ContactState::Contact), (&u8, ContactState::Blocked)];
    let people = people.map(|(user, state)| Person { user, state, profile: None }).into();
    let ada = Profile::new(Some("Ada L."), None).unwrap();
    let named = Person { user: &u7, state: ContactState::Contact, profile: Some(&ada) };
    let nobody = People { people: vec![], more: false };
    let contact = Envelope {
        to: "user:u_42",
        from: None,
        session: None,
        id: None,
        ts: TS,
        kind: CONTACT,
        payload: Some(r#"{"user":"u_7","state":"invited"}"#),
        error: None,
        meta: None,
        narrowed: None,
    };
    assert_said(vec![
        control("people_page", Event::People(People { people, more: true }), None, Some("l2")),
        control("people_named", Event::People(People { people: vec![named], more: false }), None, Some("l3")),
        control("people_nobody", Event::People(nobody), None, Some("l1")),
        publication("contact", contact, None),
    ]);
}

/// The conversations of a user, and how far it has read.
#[test]
fn the_conversations_of_a_user_are_written_as_the_vectors_say() {
    let u7: UserId = "u_7".parse().unwrap();
    let hub = r#"{"to":"user:u_42","pos":"58123-4182736655","from":"u_7","ts":1795239502123}"#;
    let last = format!(r#"{{"type":"chat/whisper","payload":{{"text":"hi"}},"meta":{{"hub":{hub}}}}}"#);
    let conversations = vec![Conversation { user: &u7, unread: 2, last: Json::parse(&last).unwrap() }];
    let none = Conversations { conversations: vec![], more: false };
    let read = Envelope {
        to: "user:u_42",
        from: None,
        session: None,
        id: None,
        ts: TS,
        kind: READ,
        payload: Some(r#"{"user":"u_7","pos":"58123-4182736655"}"#),
        error: None,
        meta: None,
        narrowed: None,
    };
    let page = Conversations { conversations, more: true };
    assert_said(vec![
        control("conversations_page", Event::Conversations(page), None, Some("v2")),
        control("conversations_none", Event::Conversations(none), None, Some("v1")),
        publication("read", read, None),
    ]);
}
