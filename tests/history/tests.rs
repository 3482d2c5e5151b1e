//! The judge is judged: each planted fault must be seen, and a faultless history must not be blamed.

use super::{check, Entry, Event, Journal, Record, Verdict, Violation};
use std::collections::BTreeMap;

const CHANNEL: &str = "ch:acme/x";

/// A history under construction.
#[derive(Default)]
struct History(Vec<Record>, u64);

impl History {
    fn at(mut self, device: &str, event: Event) -> History {
        self.0.push(Record { at_ms: self.0.len() as u64 + self.1, device: device.into(), event });
        self
    }

    fn follows(self, device: &str, stream: &str) -> History {
        self.at(device, Event::Attach { node: "n1".into() })
            .at(device, Event::Resumed { stream: stream.into(), pos: "10-1".into() })
    }

    fn got(self, device: &str, stream: &str, pos: &str, id: &str) -> History {
        self.at(device, Event::Recv { stream: stream.into(), pos: pos.into(), id: id.into() })
    }

    fn sent(self, id: &str, to: &str) -> History {
        let device = id.split_once('#').unwrap().0.to_string();
        self.at(&device, Event::Send { id: id.into(), to: to.into() })
    }

    fn acked(self, id: &str, pos: &str) -> History {
        let device = id.split_once('#').unwrap().0.to_string();
        self.at(&device, Event::Ok { id: id.into(), pos: pos.into() })
    }

    fn reset(self, device: &str, pos: &str) -> History {
        self.at(device, Event::Reset { stream: CHANNEL.into(), pos: pos.into() })
    }

    fn said(self, address: &str, user: &str, sessions: u64) -> History {
        let users = BTreeMap::from([(user.to_string(), sessions)]);
        self.at("runner", Event::Presence { address: address.into(), users })
    }

    /// What comes next happens so much later.
    fn later(mut self, ms: u64) -> History {
        self.1 += ms;
        self
    }

    /// The log of the channel at the end.
    fn log(self, places: &[(&str, &str)]) -> History {
        let first = ("10-1", "c/1#0");
        let after = std::iter::once(&first).chain(places);
        let before = std::iter::once("9-1").chain(after.clone().map(|(pos, _)| *pos));
        let entry = |((pos, id), prev): (&(&str, &str), &str)| Entry {
            pos: (*pos).into(),
            prev: prev.into(),
            id: (*id).into(),
        };
        let entries = after.zip(before).map(entry).collect();
        self.at("runner", Event::Log { stream: CHANNEL.into(), entries })
    }

    fn rolled_back(self, since_ms: u64, acked: bool) -> History {
        self.at("runner", Event::Rollback { since_ms, acked })
    }

    fn verdict(&self) -> Verdict {
        check(&self.0)
    }

    fn violations(&self) -> Vec<Violation> {
        check(&self.0).violations
    }

    /// The names of what was found.
    fn names(&self) -> Vec<String> {
        let name = |violation: &Violation| format!("{violation:?}").split(' ').next().unwrap().to_string();
        self.violations().iter().map(name).collect()
    }
}

const KEPT: [(&str, &str); 3] = [("11-5", "a/1#1"), ("12-6", "a/1#2"), ("13-7", "b/1#1")];

/// Two devices of a channel, and three publications that both got.
fn faultless() -> History {
    let mut history = History::default().follows("a/1", CHANNEL).follows("b/1", CHANNEL);
    for (pos, id) in KEPT {
        history = history.sent(id, CHANNEL).acked(id, pos).got("a/1", CHANNEL, pos, id).got("b/1", CHANNEL, pos, id);
    }
    history
}

#[test]
fn a_faultless_history_is_not_blamed() {
    let verdict = check(&faultless().0);
    assert_eq!((verdict.sent, verdict.acked, verdict.delivered, verdict.violations), (3, 3, 6, vec![]));
}

#[test]
fn a_loss_is_seen_when_the_sender_was_told_it_is_stored() {
    let history = faultless().sent("a/1#3", CHANNEL).acked("a/1#3", "14-8").got("a/1", CHANNEL, "14-8", "a/1#3");
    let lost = Violation::Lost { device: "b/1".into(), stream: CHANNEL.into(), pos: "14-8".into(), id: "a/1#3".into() };
    assert_eq!(history.violations(), [lost]);
}

#[test]
fn a_loss_is_seen_when_only_another_device_got_it() {
    let history = faultless().sent("a/1#3", CHANNEL).got("a/1", CHANNEL, "14-8", "a/1#3");
    assert_eq!(history.names(), ["Lost"]);
}

#[test]
fn a_gap_that_was_announced_is_excused_and_nothing_beside_it() {
    let history = faultless().sent("a/1#3", CHANNEL).acked("a/1#3", "14-8").got("a/1", CHANNEL, "14-8", "a/1#3");
    assert_eq!(history.reset("b/1", "14-8").names(), [""; 0]);
    let history = faultless().reset("b/1", "13-7").sent("a/1#3", CHANNEL).acked("a/1#3", "14-8");
    assert_eq!(history.got("a/1", CHANNEL, "14-8", "a/1#3").names(), ["Lost"]);
}

#[test]
fn a_new_history_after_lost_data_is_followed_and_its_losses_are_seen() {
    let anew = |history: History, device: &str| history.reset(device, "0-0").got(device, CHANNEL, "900-1", "a/1#3");
    let history = faultless().sent("a/1#3", CHANNEL).acked("a/1#3", "900-1");
    let history = anew(anew(history, "a/1"), "b/1");
    assert_eq!(history.names(), [""; 0]);
    let history = history.sent("a/1#4", CHANNEL).acked("a/1#4", "901-1").got("b/1", CHANNEL, "901-1", "a/1#4");
    assert_eq!(history.names(), ["Lost"]);
}

/// One more publication that its sender was told is stored, and that both devices got.
fn then_lost(history: History) -> History {
    let history = history.sent("a/1#3", CHANNEL).acked("a/1#3", "14-8");
    history.got("a/1", CHANNEL, "14-8", "a/1#3")
}

#[test]
fn what_only_the_log_knows_is_to_be_delivered_too() {
    assert_eq!(faultless().log(&KEPT).names(), [""; 0]);
    let history = faultless().log(&[KEPT[0], KEPT[1], KEPT[2], ("14-8", "c/1#1")]);
    assert_eq!(history.names(), ["Lost", "Lost"]);
}

#[test]
fn a_log_that_is_no_chain_is_seen() {
    let link = |pos: &str, prev: &str| Entry { pos: pos.into(), prev: prev.into(), id: format!("c/1#{pos}") };
    let entries = vec![link("11-5", "10-1"), link("12-6", "11-4")];
    let history = History::default().at("runner", Event::Log { stream: CHANNEL.into(), entries });
    let broken = Violation::BrokenLink { stream: CHANNEL.into(), pos: "12-6".into(), prev: "11-4".into() };
    assert_eq!(history.violations(), [broken]);
}

#[test]
fn another_action_at_the_place_of_a_delivered_one_is_seen() {
    assert_eq!(faultless().log(&[KEPT[0], KEPT[1], ("13-7", "c/1#1")]).names(), ["Fork"]);
}

#[test]
fn what_is_gone_from_the_log_is_seen_unless_the_broker_may_have_lost_it() {
    let lost = || then_lost(faultless()).got("b/1", CHANNEL, "14-8", "a/1#3");
    assert_eq!(lost().log(&KEPT).names(), ["Vanished"]);
    assert_eq!(lost().rolled_back(0, true).log(&KEPT).names(), [""; 0]);
    assert_eq!(lost().rolled_back(0, false).log(&KEPT).names(), ["Vanished"], "it was acknowledged");
    let late = || faultless().rolled_back(0, true);
    assert_eq!(then_lost(late()).got("b/1", CHANNEL, "14-8", "a/1#3").log(&KEPT).names(), ["Vanished"], "after it");
}

#[test]
fn who_saw_what_was_lost_must_be_told_before_it_goes_on() {
    let log = [KEPT[0], KEPT[1], KEPT[2], ("14-9", "b/1#2"), ("15-2", "b/1#3")];
    let lost = || then_lost(faultless()).rolled_back(0, true);
    let new = |history: History, device: &str| {
        history.got(device, CHANNEL, "14-9", "b/1#2").got(device, CHANNEL, "15-2", "b/1#3")
    };
    let told = new(new(lost().reset("a/1", "13-7"), "a/1"), "b/1").log(&log);
    assert_eq!(told.names(), [""; 0]);
    assert_eq!((told.verdict().forgotten, told.verdict().untold), (1, 1), "b/1 had nothing of what was lost");
    let silent = new(lost(), "b/1").got("a/1", CHANNEL, "15-2", "b/1#3").log(&log);
    assert_eq!(silent.names(), ["Crossed", "Lost"]);
    let skipped = new(lost().reset("a/1", "13-7"), "b/1").got("a/1", CHANNEL, "15-2", "b/1#3").log(&log);
    assert_eq!(skipped.names(), ["Lost"], "told of another gap");
}

#[test]
fn who_enters_a_history_that_is_lost_later_is_told_of_what_it_began_with_and_of_nothing_else() {
    let [first, second, third] = [("12-9", "c/1#1"), ("13-9", "c/1#2"), ("14-9", "c/1#4")];
    let stored = |history: History, (pos, id): (&str, &str)| history.sent(id, CHANNEL).acked(id, pos);
    // another server took over that had nothing after 11-5, and lost all that it was given when the first one was back
    let entered = || {
        let history = [first, second, third].into_iter().fold(faultless(), stored).reset("a/1", "11-5");
        [first, second, third].iter().fold(history, |history, (pos, id)| history.got("a/1", CHANNEL, pos, id))
    };
    let back = |history: History| {
        let history = history.rolled_back(0, true).reset("a/1", "13-7").reset("b/1", "13-7").sent("c/1#3", CHANNEL);
        let history = history.acked("c/1#3", "14-2").got("a/1", CHANNEL, "14-2", "c/1#3");
        history.got("b/1", CHANNEL, "14-2", "c/1#3").log(&[KEPT[0], KEPT[1], KEPT[2], ("14-2", "c/1#3")])
    };
    let told = entered().reset("b/1", second.0).got("b/1", CHANNEL, third.0, third.1);
    assert_eq!(back(told).names(), [""; 0]);
    let skipped = entered().reset("b/1", first.0).got("b/1", CHANNEL, third.0, third.1);
    assert_eq!(back(skipped).names(), ["Lost"]);
}

#[test]
fn a_hole_in_what_was_lost_is_seen() {
    let history = then_lost(faultless()).got("b/1", CHANNEL, "15-3", "a/1#4").got("a/1", CHANNEL, "15-3", "a/1#4");
    let history = history.rolled_back(0, true).reset("b/1", "13-7").reset("a/1", "13-7").log(&KEPT);
    let lost = Violation::Lost { device: "b/1".into(), stream: CHANNEL.into(), pos: "14-8".into(), id: "a/1#3".into() };
    assert_eq!(history.violations(), [lost]);
}

#[test]
fn an_alarm_without_a_loss_is_seen() {
    assert_eq!(faultless().reset("a/1", "13-7").log(&KEPT).names(), ["NeedlessReset"]);
    assert_eq!(faultless().rolled_back(0, true).reset("a/1", "13-7").log(&KEPT).names(), [""; 0]);
}

#[test]
fn a_node_that_has_too_much_is_seen() {
    let gauge = |value| Event::Gauge { name: super::MEMORY.into(), value, bound: 100 };
    let history = History::default().at("n1", gauge(100));
    assert_eq!(history.names(), [""; 0]);
    let history = history.at("n1", gauge(101));
    assert_eq!((history.names(), history.verdict().memory_peak), (vec!["Unbounded".to_string()], 101));
}

#[test]
fn a_duplicate_is_seen() {
    assert_eq!(faultless().got("b/1", CHANNEL, "13-7", "b/1#1").names(), ["Duplicate"]);
}

#[test]
fn an_action_stored_twice_is_seen() {
    let history = faultless().got("a/1", CHANNEL, "14-8", "b/1#1").got("b/1", CHANNEL, "14-8", "b/1#1");
    assert_eq!(history.names(), ["Duplicate", "Duplicate", "StoredTwice"]);
}

#[test]
fn a_reorder_is_seen() {
    let history = History::default().follows("a/1", CHANNEL).got("a/1", CHANNEL, "12-6", "b/1#2");
    assert_eq!(history.got("a/1", CHANNEL, "11-5", "b/1#1").names(), ["Disorder"]);
}

#[test]
fn a_fork_is_seen() {
    let history = History::default().follows("a/1", CHANNEL).follows("b/1", CHANNEL);
    let history = history.got("a/1", CHANNEL, "11-5", "c/1#1").got("b/1", CHANNEL, "11-6", "c/1#2");
    assert_eq!(history.names(), ["Fork", "Lost", "Lost"]);
    let history = History::default().follows("a/1", CHANNEL).follows("b/1", CHANNEL);
    let history = history.got("a/1", CHANNEL, "11-5", "c/1#1").got("b/1", CHANNEL, "11-5", "c/1#2");
    assert!(history.names().contains(&"Fork".to_string()), "one place, two actions: {:?}", history.names());
}

#[test]
fn what_a_sender_sent_later_must_stand_later() {
    let history = History::default().sent("a/1#1", CHANNEL).sent("a/1#2", CHANNEL);
    let swapped = history.acked("a/1#1", "12-1").acked("a/1#2", "11-1");
    assert_eq!(swapped.names(), ["SenderOrder"]);
    // repeated: the second attempt of #1 may have come after #2, but what was acknowledged before stands before
    let history = History::default().sent("a/1#1", CHANNEL).sent("a/1#2", CHANNEL).sent("a/1#1", CHANNEL);
    assert_eq!(history.acked("a/1#2", "11-1").acked("a/1#1", "12-1").names(), [""; 0]);
    let history = History::default().sent("a/1#1", CHANNEL).acked("a/1#1", "12-1").sent("a/1#2", CHANNEL);
    assert_eq!(history.sent("a/1#2", CHANNEL).acked("a/1#2", "11-1").names(), ["SenderOrder"]);
}

#[test]
fn what_a_rollback_took_is_in_no_order_with_what_came_after_it() {
    let sent = History::default().sent("a/1#1", CHANNEL).acked("a/1#1", "14-8").rolled_back(0, true);
    let history = sent.sent("a/1#2", CHANNEL).acked("a/1#2", "13-2").sent("a/1#3", CHANNEL);
    let log = [("13-2", "a/1#2"), ("14-9", "a/1#3")];
    assert_eq!(history.acked("a/1#3", "14-9").log(&log).names(), [""; 0]);
    let history = History::default().sent("a/1#2", CHANNEL).acked("a/1#2", "14-9").rolled_back(0, true);
    let history = history.sent("a/1#3", CHANNEL).acked("a/1#3", "13-2");
    assert_eq!(history.log(&[("13-2", "a/1#3"), ("14-9", "a/1#2")]).names(), ["SenderOrder"; 2]);
}

#[test]
fn a_direct_message_on_one_side_only_is_seen() {
    let both = || History::default().follows("a/1", "user:a").follows("a/2", "user:a").follows("b/1", "user:b");
    let history = both().sent("a/1#1", "user:b").acked("a/1#1", "11-1").got("b/1", "user:b", "11-1", "a/1#1");
    assert_eq!(history.names(), ["CopyMissing"]);
    assert_eq!(history.got("a/2", "user:a", "11-2", "a/1#1").names(), [""; 0]);
    let history = both().sent("a/1#1", "user:b").got("a/2", "user:a", "11-2", "a/1#1");
    assert_eq!(history.names(), ["CopyMissing"], "the copy without the message");
}

#[test]
fn a_ghost_and_a_socket_nobody_knows_are_seen() {
    let open = || History::default().follows("a/1", CHANNEL).follows("a/2", CHANNEL);
    assert_eq!(open().said(CHANNEL, "a", 2).said("user:a", "a", 2).names(), [""; 0]);
    let ghost = open().at("a/2", Event::Close { code: 1006 }).said("user:a", "a", 2);
    let expected = Violation::Ghost { address: "user:a".into(), user: "a".into(), said: 2, open: 1 };
    assert_eq!(ghost.violations(), [expected]);
    assert_eq!(open().said(CHANNEL, "a", 1).names(), ["Ghost"]);
    assert_eq!(open().said(CHANNEL, "b", 1).names(), ["Ghost", "Ghost"], "one unknown, one not there");
}

#[test]
fn a_left_told_twice_is_seen() {
    let left = || Event::Change { channel: CHANNEL.into(), user: "b".into(), there: false };
    let history = History::default().follows("a/1", CHANNEL).at("a/1", left());
    assert_eq!(history.at("a/1", left()).names(), ["ToldTwice"]);
    let swallowed = fault(History::default().at("a/1", left())).at("a/1", left());
    assert_eq!(swallowed.names(), [""; 0], "a fault may have swallowed what came between");
    let again = History::default().at("a/1", left()).at("a/1", Event::Close { code: 1006 }).at("a/1", left());
    assert_eq!(again.names(), [""; 0], "it missed what came between");
}

fn fault(history: History) -> History {
    history.at("runner", Event::Fault { name: "x".into() })
}

fn heal(history: History) -> History {
    history.at("runner", Event::Heal { name: "x".into() })
}

#[test]
fn the_time_to_the_first_ok_after_a_heal_counts_what_was_sent_after_it() {
    let history = heal(fault(History::default()).sent("a/1#1", CHANNEL)).acked("a/1#1", "11-1");
    let history = history.sent("a/1#2", CHANNEL).acked("a/1#2", "12-1");
    assert_eq!(history.verdict().first_ok_after_heal_ms, 3);
}

#[test]
fn sending_that_stays_broken_is_seen_and_the_next_fault_hides_it_not() {
    let broken = || heal(fault(History::default())).later(10_000).sent("a/1#1", CHANNEL);
    assert_eq!(broken().acked("a/1#1", "11-1").names(), [""; 0]);
    let again = || heal(fault(broken()).later(60_000)).later(10_000);
    let slow = again().acked("a/1#1", "11-1");
    assert_eq!(slow.names(), ["SlowHeal"]);
    assert!(slow.verdict().first_ok_after_heal_ms < 30_000, "without the time of the fault");
    assert_eq!(again().sent("a/1#2", CHANNEL).names(), ["SlowHeal"], "never again");
}

#[test]
fn a_history_survives_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(&dir.path().join("history.jsonl")).unwrap();
    for record in faultless().0 {
        journal.write(&record.device, record.event);
    }
    let events = |records: Vec<Record>| records.into_iter().map(|it| (it.device, it.event)).collect::<Vec<_>>();
    assert_eq!(events(journal.records().unwrap()), events(faultless().0));
}
