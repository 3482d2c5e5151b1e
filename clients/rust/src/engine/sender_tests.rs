//! Outcomes of actions: order, retries, expiry, and notification of the caller.

use super::limits::Limits;
use super::sender::*;
use crate::ack::Ack;
use crate::error::{Code, HubError, Outcome};
use crate::options::Options;
use crate::options::Queue;
use std::collections::VecDeque;
use std::time::Duration;

const T0: Duration = Duration::from_secs(100);

fn sender(items: usize) -> Sender {
    let mut options = Options::new("ws://127.0.0.1".parse().unwrap());
    options.queue = Queue { items, ..Queue::default() };
    Sender::new(&options)
}

fn action(id: &str) -> Encoded {
    Encoded { id: id.into(), text: id.into(), to: "user:u".parse().unwrap(), deadline: None }
}

fn pumped(sender: &mut Sender, now: Duration) -> Vec<String> {
    let mut out = VecDeque::new();
    sender.pump(&mut out, now);
    out.into()
}

fn ack() -> Ack {
    Ack { pos: None, duplicate: false, sessions: None, nodes: None, attempts: 0, ts: None }
}

#[test]
fn a_full_queue_refuses_the_new_one_and_keeps_the_others() {
    let mut sender = sender(2);
    let kept: Vec<_> = ["a", "b"].map(|id| sender.send(action(id), T0).unwrap()).into();
    assert_eq!(sender.send(action("c"), T0).unwrap_err().code, Code::QueueFull);
    assert_eq!(sender.send(action("a"), T0).unwrap_err().code.as_str(), "id_conflict");
    sender.connected(Limits::default(), T0);
    assert_eq!(pumped(&mut sender, T0), ["a", "b"]);
    drop(kept);
}

#[test]
fn after_a_reconnect_the_unacknowledged_go_again_before_the_newer() {
    let mut sender = sender(10);
    let mut results: Vec<_> = ["a", "b"].map(|id| sender.send(action(id), T0).unwrap()).into();
    sender.connected(Limits::default(), T0);
    assert_eq!(pumped(&mut sender, T0), ["a", "b"]);
    sender.acked("a", ack());
    sender.disconnected();
    results.push(sender.send(action("c"), T0).unwrap());
    assert!(pumped(&mut sender, T0).is_empty());
    sender.connected(Limits::default(), T0);
    assert_eq!(pumped(&mut sender, T0), ["b", "c"]);
    sender.acked("b", ack());
    assert_eq!(results[1].try_recv().unwrap().unwrap().attempts, 2);
    assert_eq!(sender.in_flight(), 1);
}

#[test]
fn one_that_may_be_repeated_holds_up_the_later_ones() {
    let mut sender = sender(10);
    let _results: Vec<_> = ["a", "b"].map(|id| sender.send(action(id), T0).unwrap()).into();
    sender.connected(Limits { in_flight_max: 2, ..Limits::default() }, T0);
    assert_eq!(pumped(&mut sender, T0), ["a"]);
    let after = Some(Duration::from_secs(1));
    let error = HubError { retry: true, retry_after: after, ..HubError::new(Code::Timeout, "") };
    assert!(sender.refused("a", &error, 0.5, T0));
    assert!(pumped(&mut sender, T0 + Duration::from_millis(999)).is_empty());
    assert_eq!(pumped(&mut sender, T0 + Duration::from_secs(1)), ["a"]);
    assert!(!sender.refused("nobody's", &error, 0.5, T0));
}

#[test]
fn what_is_too_old_is_decided_by_its_echo_or_is_unknown() {
    let mut sender = sender(10);
    let mut results: Vec<_> = ["a", "b"].map(|id| sender.send(action(id), T0).unwrap()).into();
    sender.connected(Limits::default(), T0);
    pumped(&mut sender, T0);
    let later = T0 + Duration::from_secs(111);
    sender.tick(later);
    assert_eq!(sender.in_flight(), 0);
    sender.disconnected();
    sender.connected(Limits::default(), later);
    assert!(pumped(&mut sender, later).is_empty(), "too old to be repeated");
    sender.echoed("a", ack());
    sender.decide_stale();
    assert!(results[0].try_recv().unwrap().is_ok());
    let unknown = results[1].try_recv().unwrap().unwrap_err();
    assert_eq!((unknown.code, unknown.outcome), (Code::Timeout, Outcome::Unknown));
}

#[test]
fn what_never_left_is_not_done_and_what_nobody_hears_is_told() {
    let mut sender = sender(10);
    let mut expired = sender.send(action("a"), T0).unwrap();
    drop(sender.send(action("b"), T0).unwrap());
    assert!(sender.cancel("b") && !sender.cancel("b"));
    assert_eq!(sender.take_unheard()[0].code, Code::Cancelled);
    sender.tick(T0 + Duration::from_secs(60));
    let error = expired.try_recv().unwrap().unwrap_err();
    assert_eq!((error.code, error.outcome), (Code::Expired, Outcome::NotDone));
    assert!(sender.is_idle());
}
