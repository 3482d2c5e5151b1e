//! Members of one channel join and leave on three nodes and publish at random. An acknowledged action, stored or not,
//! reaches every member that was in the channel throughout, once and in order; while all members are on one node,
//! nothing is sent between nodes.

use super::guest::Guest;
use super::{eventually, in_a_house, House, Settings, REST, SOON};
use crate::chance::chance;
use crate::link::Manners;
use rand::rngs::StdRng;
use rand::Rng;
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{sleep, Instant};

const ROOM: &str = "ch:acme/room";
const SAY: &str = "test/say";
const NODES: usize = 3;
const TURNS: usize = 80;
/// Two devices of one user: the arrival of the second is not announced.
const DEVICES: [&str; 5] = ["ada/1", "ada/2", "bob/1", "cyd/1", "dan/1"];

/// What was said, when, by whom, and whether it is stored.
struct Said {
    sent: Instant,
    by: usize,
    id: String,
    is_stored: bool,
}

/// A client that is in at times.
struct Visitor {
    guest: Guest,
    device: &'static str,
    node: usize,
    /// Whether it is in, and what was asked last: the answer to a join or leave is awaited before the next.
    asked: Option<(String, bool)>,
    is_in: Option<Instant>,
    /// When it was in, until it asked to leave.
    stays: Vec<(Instant, Instant)>,
}

impl Visitor {
    fn new(house: &House, draw: &mut StdRng, device: &'static str) -> Visitor {
        let node = draw.random_range(0..NODES);
        let node = (0..NODES).map(|more| (node + more) % NODES).find(|at| house.nodes.process(*at).is_some());
        let node = node.expect("a node runs");
        let guest = Guest::connect(house, node, device);
        Visitor { guest, device, node, asked: None, is_in: None, stays: Vec::new() }
    }

    /// Looks whether the last join or leave was answered.
    fn look(&mut self) {
        let Some((id, join)) = &self.asked else { return };
        let Some(answer) = self.guest.answers(id).first().map(|answer| super::kind(answer).to_owned()) else { return };
        if *join && answer == "@@hub/joined" {
            self.is_in = Some(Instant::now());
        }
        self.asked = None;
    }

    fn turn(&mut self, draw: &mut StdRng, at: usize, said: &mut Vec<Said>) {
        self.look();
        match draw.random_range(0..6) {
            0 if self.asked.is_none() => {
                let join = self.is_in.is_none();
                self.ends();
                let kind = if join { "@@hub/join" } else { "@@hub/leave" };
                let ids = self.guest.send(&[(kind, Some(ROOM))]);
                self.asked = ids.into_iter().next().map(|id| (id, join));
            }
            _ => {
                let is_stored = draw.random_range(0..2) == 0;
                let (id, mut action) = self.guest.action(SAY, Some(ROOM), json!({ "at": said.len() }));
                if !is_stored {
                    action["meta"]["hub"]["ephemeral"] = true.into();
                }
                self.guest.wire.send(action.to_string());
                said.push(Said { sent: Instant::now(), by: at, id, is_stored });
            }
        }
    }

    /// From now on nothing is owed to it.
    fn ends(&mut self) {
        self.stays.extend(self.is_in.take().map(|since| (since, Instant::now())));
    }

    /// What it got: the number of each, in order.
    fn got(&self) -> Vec<(usize, Option<String>)> {
        let heard = self.guest.heard().into_iter();
        let said = heard.filter(|action| super::kind(action) == SAY && action["meta"]["hub"]["re"].is_null());
        let number = |action: &Value| action["payload"]["at"].as_u64().expect("it is numbered") as usize;
        said.map(|action| (number(&action), action["meta"]["hub"]["pos"].as_str().map(String::from))).collect()
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// Calls and notes take their time, and overtake each other.
    Slow,
    /// Answers are lost, nodes die, and stop for longer than their lease.
    Faulty,
}

impl Trouble {
    /// How long after its acknowledgement something may come: a note may be late, or lost and missed by the sweep only.
    fn patience(self) -> Duration {
        match self {
            Trouble::Slow => Duration::from_secs(1),
            Trouble::Faulty => Duration::from_secs(70),
        }
    }
}

/// All that were there, with what they got.
#[derive(Default)]
struct Book {
    said: Vec<Said>,
    visitors: Vec<Visitor>,
    here: BTreeMap<&'static str, usize>,
}

impl Book {
    fn enter(&mut self, house: &House, draw: &mut StdRng, device: &'static str) {
        self.here.insert(device, self.visitors.len());
        self.visitors.push(Visitor::new(house, draw, device));
    }

    /// The clients of a node lose their sockets.
    fn lose(&mut self, house: &House, draw: &mut StdRng, node: usize) {
        for device in DEVICES {
            let at = self.here[device];
            if self.visitors[at].node == node {
                self.visitors[at].ends();
                self.visitors[at].guest.go();
                self.enter(house, draw, device);
            }
        }
    }

    /// Everybody got what was acknowledged and sent within its stay, once; and stored ones in the order of the log.
    fn judge(&self, trouble: Trouble) {
        for (at, visitor) in self.visitors.iter().enumerate() {
            let got = visitor.got();
            let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
            got.iter().for_each(|(number, _)| *counts.entry(*number).or_default() += 1);
            let device = visitor.device;
            assert!(counts.values().all(|count| *count == 1), "{device} got something twice: {got:?}");
            let seq = |pos: &String| pos.split('-').next().and_then(|seq| seq.parse::<u64>().ok());
            let stored: Vec<u64> = got.iter().filter_map(|(_, pos)| seq(pos.as_ref()?)).collect();
            assert!(stored.is_sorted(), "{device} got the log out of order: {got:?}");
            for (number, said) in self.said.iter().enumerate() {
                let acked = self.visitors[said.by].guest.acked(&said.id);
                let within = |(from, to): &(Instant, Instant)| {
                    *from < said.sent && acked.is_some_and(|at| at + trouble.patience() < *to)
                };
                // an action that is not stored is not guaranteed during faults, and its sender already has it
                let is_owed = said.is_stored || (trouble == Trouble::Slow && said.by != at);
                if is_owed && visitor.stays.iter().any(within) {
                    let (by, id) = (self.visitors[said.by].device, &said.id);
                    assert!(counts.contains_key(&number), "{device} lacks {number} of {by} ({id}): {got:?}");
                }
            }
        }
    }
}

async fn run(house: Rc<House>, seed: u64, trouble: Trouble) {
    let draw = &mut chance(seed, "lone");
    let delay_ms = [0, 2, 5, 40][draw.random_range(0..4)];
    let lost_answers = if trouble == Trouble::Faulty { 50 } else { 0 };
    house.nodes.manners.set(Manners { delay_ms, late_notes: 100, lost_answers, ..Manners::default() });
    let mut book = Book::default();
    DEVICES.iter().for_each(|device| book.enter(&house, draw, device));
    for _ in 0..TURNS {
        let at = book.here[DEVICES[draw.random_range(0..DEVICES.len())]];
        match draw.random_range(0..60) {
            0 if trouble == Trouble::Faulty => {
                let node = draw.random_range(0..NODES);
                house.nodes.kill(node);
                book.lose(&house, draw, node);
                house.nodes.start(node);
            }
            1 if trouble == Trouble::Faulty => {
                if let Some(process) = house.nodes.process(draw.random_range(0..NODES)) {
                    process.stop();
                    sleep(Duration::from_secs(draw.random_range(1..9))).await;
                    process.go_on();
                }
            }
            2 => {
                let device = book.visitors[at].device;
                book.visitors[at].ends();
                book.visitors[at].guest.go();
                book.enter(&house, draw, device);
            }
            _ if book.visitors[at].guest.closed().is_some() => {
                let device = book.visitors[at].device;
                book.visitors[at].ends();
                book.enter(&house, draw, device);
            }
            _ => {
                let Book { visitors, said, .. } = &mut book;
                visitors[at].turn(draw, at, said);
            }
        }
        sleep(Duration::from_millis([0, 1, 10, 100][draw.random_range(0..4)])).await;
    }
    sleep(SOON).await; // while it is as it was: an answer that is late still counts
    house.nodes.manners.set(Manners::default());
    sleep(2 * REST).await;
    for visitor in &mut book.visitors {
        visitor.look();
        if visitor.guest.closed().is_none() {
            visitor.ends();
        }
    }
    book.judge(trouble);
    book.visitors.iter().for_each(|visitor| visitor.guest.go());
    house.is_left_by_all(REST).await;
}

fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse::<u64>().ok());
    let first = number("HUBWIRE_SIM_SEED").unwrap_or(1);
    first..first + number("HUBWIRE_SIM_LONE").unwrap_or(12)
}

#[test]
fn whoever_is_in_gets_what_is_acknowledged_once_however_nodes_come_and_go() {
    for seed in seeds() {
        println!("seed {seed}");
        in_a_house(seed, NODES, Settings::default(), async |house| run(house, seed, Trouble::Slow).await);
    }
}

#[test]
fn what_is_stored_reaches_whoever_is_in_though_nodes_die_and_answers_are_lost() {
    for seed in seeds() {
        println!("seed {seed}");
        in_a_house(seed, NODES, Settings::default(), async |house| run(house, seed, Trouble::Faulty).await);
    }
}

#[test]
fn while_all_members_are_on_one_node_nothing_goes_from_node_to_node() {
    in_a_house(1, NODES, Settings::default(), async |house| {
        house.slow(5);
        let [ada, bob] = ["ada/1", "bob/1"].map(|device| Guest::connect(&house, 0, device));
        let before = (house.nodes.cluster.subscriptions(), house.nodes.cluster.shared());
        ada.is_welcome().await;
        bob.is_welcome().await;
        let entered = house.nodes.cluster.subscriptions();
        for guest in [&ada, &bob, &ada] {
            let ids = guest.send(&[("@@hub/join", Some(ROOM)), (SAY, Some(ROOM)), ("@@hub/leave", Some(ROOM))]);
            guest.is_answered(&ids, SOON).await;
        }
        let ids = [ada.send(&[("@@hub/join", Some(ROOM))]), bob.send(&[("@@hub/join", Some(ROOM))])];
        ada.is_answered(&ids[0], SOON).await;
        bob.is_answered(&ids[1], SOON).await;
        ada.is_answered(&ada.send(&[(SAY, Some(ROOM))]), SOON).await;
        eventually(SOON, || bob.got(SAY, ROOM), |got| *got == 1).await;
        let now = (house.nodes.cluster.subscriptions(), house.nodes.cluster.shared());
        assert_eq!(now, (entered, before.1), "no subscription, no message: {before:?}");
        // the first node is notified when the second arrives, and both receive what either publishes
        let cyd = Guest::connect(&house, 1, "cyd/1");
        cyd.is_welcome().await;
        cyd.is_answered(&cyd.send(&[("@@hub/join", Some(ROOM))]), SOON).await;
        ada.is_answered(&ada.send(&[(SAY, Some(ROOM))]), SOON).await;
        eventually(SOON, || [bob.got(SAY, ROOM), cyd.got(SAY, ROOM)], |got| *got == [2, 1]).await;
        let both = || house.nodes.cluster.subscriptions();
        eventually(SOON, both, |count| *count >= entered + 2).await;
        assert!(house.nodes.cluster.shared() > before.1);
    });
}
