//! Checks that no two things share a name, whatever ids clients and applications choose: an id that could end a hash
//! tag or a part of a name would let one user read or fill another user's data.

use super::Keys;
use crate::backend::Holder;
use crate::words::action_class::ActionClass;
use hubwire_protocol::Address;
use std::collections::HashMap;
use std::str::FromStr;

/// Characters that names contain, and characters that end lines and texts.
const CHARACTERS: [char; 13] = ['a', 'b', ':', '|', '%', '.', '@', '{', '}', '/', '\0', '\n', ' '];

/// All valid ids of up to this many of these characters.
fn ids<T: FromStr>(length: usize) -> Vec<T> {
    let (mut all, mut longest) = (Vec::new(), vec![String::new()]);
    for _ in 0..length {
        longest = longest.iter().flat_map(|text| CHARACTERS.map(|character| format!("{text}{character}"))).collect();
        all.extend(longest.iter().cloned());
    }
    all.iter().filter_map(|text| text.parse().ok()).collect()
}

/// Every name, with the thing it belongs to.
fn names(keys: &Keys) -> Vec<(String, String)> {
    let mut names = Vec::new();
    let mut note = |name: String, of: String| names.push((name, of));
    let devices = ids(2);
    for user in ids(3) {
        let stream = Address::User(user);
        let Address::User(user) = &stream else { continue };
        note(keys.sessions(user), format!("sessions {user}"));
        note(keys.outbox(user), format!("outbox {user}"));
        note(keys.account(&Holder::User(user.clone())), format!("account {user}"));
        for class in ActionClass::ALL {
            note(keys.account(&Holder::UserActions(user.clone(), class)), format!("actions {user} {class}"));
        }
        for device in &devices {
            note(keys.cursors(user, device), format!("cursors {user} \n {device}"));
        }
        note(keys.log(&stream), format!("log {stream}"));
        note(keys.topic(&stream), format!("topic {stream}"));
    }
    let short = ids::<hubwire_protocol::OrgId>(2);
    let streams = short.iter().flat_map(|org| {
        let paths = ids(3).into_iter().map(|path| Address::Channel(org.clone(), path));
        let teams = ids(2).into_iter().map(|team| Address::Team(org.clone(), team));
        [Address::Org(org.clone())].into_iter().chain(teams).chain(paths).collect::<Vec<_>>()
    });
    for stream in streams {
        note(keys.log(&stream), format!("log {stream:?}"));
        note(keys.topic(&stream), format!("topic {stream:?}"));
        note(keys.members(&stream), format!("members {stream:?}"));
    }
    for network in ["192.0.2.7", "2001:db8::/64"] {
        let holder = Holder::AddressActions(network.parse().unwrap(), ActionClass::Join);
        note(keys.account(&holder), format!("actions from {network}"));
    }
    for org in short {
        note(keys.account(&Holder::Org(org.clone())), format!("account of org {org}"));
    }
    names
}

#[test]
fn no_two_ids_share_a_name_and_none_leaves_its_hash_tag() {
    let mut seen: HashMap<String, String> = HashMap::new();
    let names = names(&Keys::new("hubwire:", 0));
    assert!(names.len() > 20_000, "{}", names.len());
    for (name, of) in names {
        assert_eq!((name.matches('{').count(), name.matches('}').count()), (1, 1), "{name:?}");
        assert!(!name.contains(|character: char| character.is_control()), "{name:?}");
        if let Some(other) = seen.insert(name.clone(), of.clone()) {
            panic!("{name} is of {of} and of {other}");
        }
    }
}

#[test]
fn an_id_of_four_kibibytes_is_none() {
    let long = "a".repeat(4096);
    assert!(long.parse::<hubwire_protocol::UserId>().is_err() && format!("ch:acme/{long}").parse::<Address>().is_err());
}

#[test]
fn channels_of_another_database_have_other_names_and_keys_have_not() {
    let stream: Address = "ch:acme/a".parse().unwrap();
    let (zero, third) = (Keys::new("x:", 0), Keys::new("x:", 3));
    assert_eq!(zero.topic(&stream), "x:{ch:acme/a}:topic");
    assert_eq!(third.topic(&stream), "x:db3:{ch:acme/a}:topic");
    assert_eq!(zero.log(&stream), third.log(&stream));
}
