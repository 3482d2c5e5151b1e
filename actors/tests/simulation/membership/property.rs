//! Random requests over a link that delays, loses and cuts: the broker's members, the members announced to clients and
//! the receivers of publications must agree, whatever the order.

use super::guest::Guest;
use super::{in_a_house, House, Settings, REST};
use crate::chance::chance;
use crate::link::Manners;
use hubwire_protocol::Limits;
use rand::rngs::StdRng;
use rand::Rng;
use serde_json::{json, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::sleep;

const CHANNELS: [&str; 3] = ["ch:acme/a", "ch:acme/b", "ch:acme/c"];
/// Two devices of one user, and two users: only the arrival of a user's first session and the departure of its last
/// are announced.
const DEVICES: [&str; 4] = ["ada/1", "ada/2", "bob/1", "eve/1"];
const WATCHER: &str = "watcher";
/// Frames that are sent in a run, by all.
const TURNS: usize = 60;
/// Actions in a frame, at most.
const ACTIONS_MAX: usize = 6;

/// What a client wishes.
#[derive(Debug, Clone, Copy)]
enum Wish {
    Join(&'static str),
    /// Joins and reads the log from its beginning.
    JoinFromStart(&'static str),
    Leave(&'static str),
    View(Option<&'static str>),
    Publish(&'static str),
}

/// A client with all its requests, in order.
struct Wisher {
    guest: Guest,
    wishes: Vec<(String, Wish)>,
}

impl Wisher {
    fn new(house: &House, draw: &mut StdRng, device: &str) -> Self {
        Wisher { guest: Guest::connect(house, draw.random_range(0..house.nodes.count()), device), wishes: Vec::new() }
    }

    fn wish(&mut self, draw: &mut StdRng) {
        let mut frame = Vec::new();
        for _ in 0..draw.random_range(1..=ACTIONS_MAX) {
            let channel = CHANNELS[draw.random_range(0..CHANNELS.len())];
            let wish = match draw.random_range(0..12) {
                0..3 => Wish::Join(channel),
                3 => Wish::JoinFromStart(channel),
                4..7 => Wish::Leave(channel),
                7..10 => Wish::View(Some(channel)),
                10 => Wish::View(None),
                _ => Wish::Publish(channel),
            };
            let (id, action) = self.guest.action(wish.kind(), wish.to(), wish.payload());
            self.wishes.push((id, wish));
            frame.push(action);
        }
        self.guest.wire.send(Value::Array(frame).to_string());
    }

    fn ids(&self) -> Vec<String> {
        self.wishes.iter().map(|(id, _)| id.clone()).collect()
    }

    /// Its channel according to the replies: its requests in order, each with its reply.
    fn places(&self) -> BTreeSet<&'static str> {
        let (mut places, mut view) = (BTreeSet::new(), None);
        for (id, wish) in &self.wishes {
            let answers = self.guest.answers(id);
            let kind = answers.first().map(super::kind).unwrap_or_default();
            if answers.iter().any(|answer| answer["payload"]["code"] == "overloaded") {
                continue; // nothing was done
            }
            match wish {
                Wish::Join(channel) | Wish::JoinFromStart(channel) => {
                    be(&mut places, channel, kind == "@@hub/joined");
                }
                Wish::Leave(channel) => {
                    be(&mut places, channel, false);
                    view.take_if(|view| *view == *channel);
                }
                Wish::View(channel) => {
                    if let Some(old) = view.take().filter(|old| Some(*old) != *channel) {
                        be(&mut places, old, false);
                    }
                    if let Some(channel) = channel {
                        be(&mut places, channel, kind == "@@hub/joined");
                        view = Some(*channel); // also when it failed: the next one leaves it if it is joined meanwhile
                    }
                }
                Wish::Publish(_) => {}
            }
        }
        places
    }
}

fn be(places: &mut BTreeSet<&'static str>, channel: &'static str, there: bool) {
    match there {
        true => places.insert(channel),
        false => places.remove(channel),
    };
}

impl Wish {
    fn kind(self) -> &'static str {
        match self {
            Wish::Join(_) | Wish::JoinFromStart(_) => "@@hub/join",
            Wish::Leave(_) => "@@hub/leave",
            Wish::View(_) => "@@hub/view",
            Wish::Publish(_) => "test/say",
        }
    }

    fn to(self) -> Option<&'static str> {
        match self {
            Wish::Join(to) | Wish::JoinFromStart(to) | Wish::Leave(to) | Wish::Publish(to) => Some(to),
            Wish::View(to) => to,
        }
    }

    fn payload(self) -> Value {
        match self {
            Wish::JoinFromStart(_) => json!({ "pos": "0-0" }),
            _ => json!({}),
        }
    }
}

/// The members of a channel as announced to a watcher.
fn told(watcher: &Guest, channel: &str) -> BTreeSet<String> {
    let mut there = BTreeSet::new();
    for action in watcher.heard() {
        let of_channel = action["meta"]["hub"]["to"] == channel && action["meta"]["hub"]["re"].is_null();
        let users = action["payload"]["users"].as_array().filter(|_| of_channel);
        let users = users.into_iter().flatten().filter_map(Value::as_str).map(str::to_string);
        match super::kind(&action) {
            "@@hub/joined" => there.extend(users),
            "@@hub/left" => {
                users.for_each(|user| {
                    there.remove(&user);
                });
            }
            _ => {}
        }
    }
    there
}

/// How a run behaves. No notification is lost: that is what those who want to be sure ask `@@hub/presence` for.
fn manners(draw: &mut StdRng) -> Manners {
    let pick = |draw: &mut StdRng, of: &[u32]| of[draw.random_range(0..of.len())];
    Manners {
        delay_ms: pick(draw, &[0, 2, 5, 40]).into(),
        hiccup_ms: 2500,
        hiccups: pick(draw, &[0, 0, 20]),
        lost_calls: pick(draw, &[0, 0, 0, 50]),
        lost_answers: pick(draw, &[0, 0, 50, 150]),
        ..Manners::default()
    }
}

async fn run(house: Rc<House>, seed: u64, manners: Manners) {
    let draw = &mut chance(seed, "wishes");
    let watcher = Guest::connect(&house, 1, &format!("{WATCHER}/1"));
    let joins = CHANNELS.map(|channel| ("@@hub/join", Some(channel)));
    watcher.is_answered(&watcher.send(&joins), REST).await;
    house.nodes.manners.set(manners);
    let mut wishers: Vec<Wisher> = DEVICES.iter().map(|device| Wisher::new(&house, draw, device)).collect();
    for _ in 0..TURNS {
        let at = draw.random_range(0..wishers.len());
        match draw.random_range(0..30) {
            _ if wishers[at].guest.closed().is_some() => wishers[at] = Wisher::new(&house, draw, DEVICES[at]),
            0 => {
                wishers[at].guest.go();
                wishers[at] = Wisher::new(&house, draw, DEVICES[at]);
            }
            1 => {
                wishers[at].guest.wire.vanish();
                wishers[at] = Wisher::new(&house, draw, DEVICES[at]);
            }
            _ => wishers[at].wish(draw),
        }
        sleep(Duration::from_millis([0, 1, 10, 100][draw.random_range(0..4)])).await;
    }
    house.nodes.manners.set(Manners::default());
    sleep(REST).await;
    wishers.retain(|wisher| wisher.guest.closed().is_none());
    for wisher in &wishers {
        wisher.guest.is_answered(&wisher.ids(), Duration::ZERO).await;
    }
    for channel in CHANNELS {
        agree_on(&house, channel, &wishers, &watcher).await;
    }
    wishers.iter().for_each(|wisher| wisher.guest.go());
    watcher.go();
    house.is_left_by_all(REST).await;
}

/// The broker, the clients, the watcher and the publications say the same of a channel.
async fn agree_on(house: &House, channel: &'static str, wishers: &[Wisher], watcher: &Guest) {
    let mut expected = BTreeMap::from([(WATCHER.to_string(), 1)]);
    for wisher in wishers.iter().filter(|wisher| wisher.places().contains(channel)) {
        *expected.entry(wisher.guest.user.clone()).or_default() += 1;
    }
    assert_eq!(house.members(channel).await, expected, "{channel}: the broker");
    house.publish(channel, "test/mark").await;
    sleep(Duration::from_secs(5)).await;
    for wisher in wishers {
        let receives = usize::from(wisher.places().contains(channel));
        let (guest, wishes) = (&wisher.guest, &wisher.wishes);
        assert_eq!(guest.got("test/mark", channel), receives, "{channel}: {} after {wishes:?}", guest.user);
    }
    expected.remove(WATCHER);
    assert_eq!(told(watcher, channel), expected.into_keys().collect(), "{channel}: who was told to be there");
}

#[test]
fn members_at_the_broker_members_told_and_members_that_receive_are_the_same() {
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse::<u64>().ok());
    let first = number("HUBWIRE_SIM_SEED").unwrap_or(1);
    let seeds = number("HUBWIRE_SIM_MEMBERSHIPS").unwrap_or(60);
    for seed in first..first + seeds {
        let draw = &mut chance(seed, "house");
        let manners = manners(draw);
        let in_flight_max = [1, 2, 8, 256][draw.random_range(0..4)];
        let limits = Limits { actions_max: ACTIONS_MAX, ..Limits::default() };
        let settings = Settings { in_flight_max, limits, ..Settings::default() };
        println!("seed {seed}: {manners:?}, {in_flight_max} in flight");
        in_a_house(seed, 2, settings, async |house| run(house, seed, manners).await);
    }
}
