//! What all devices of a run share, and what the runner sees of each.

use crate::history::{Event, Record};
use crate::network::Network;
use crate::nodes::Nodes;
use crate::trace::Trace;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

/// The channel every device is in for as long as it is connected.
pub const CHANNEL: &str = "ch:acme/board";
/// Channels that devices join and leave.
pub const ROOMS: [&str; 2] = ["ch:acme/room/0", "ch:acme/room/1"];
/// Channels that devices view, one at a time.
pub const VIEWS: [&str; 3] = ["ch:acme/view/0", "ch:acme/view/1", "ch:acme/view/2"];
/// The organisation every device is in, and its team.
pub const ORG: &str = "org:acme";
pub const TEAM: &str = "team:acme/ops";
/// The name of the runner in the history.
pub const RUNNER: &str = "runner";

/// How busy devices are.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between two actions of a device, at most.
    pub send: Duration,
    /// Between two changes of what it looks at, at most.
    pub turn: Duration,
}

/// See the module.
pub struct Stage {
    pub network: Rc<Network>,
    pub trace: Rc<Trace>,
    pub nodes: Rc<Nodes>,
    pub users: Vec<String>,
    pub pace: Pace,
    pub outbox_bytes: usize,
    /// Whether new actions are sent.
    pub sending: Cell<bool>,
    /// Whether devices misbehave: stall, lose answers, break their sockets, vanish.
    pub mischief: Cell<bool>,
    /// Whether devices stay where they are, in every channel they ever saw.
    pub resting: Cell<bool>,
    records: RefCell<Vec<Record>>,
}

impl Stage {
    pub fn new(nodes: Rc<Nodes>, users: Vec<String>, pace: Pace, outbox_bytes: usize) -> Rc<Stage> {
        Rc::new(Stage {
            network: nodes.network.clone(),
            trace: nodes.trace.clone(),
            nodes,
            users,
            pace,
            outbox_bytes,
            sending: Cell::new(true),
            mischief: Cell::new(true),
            resting: Cell::new(false),
            records: RefCell::default(),
        })
    }

    /// Writes an event into the history, and into the trace.
    pub fn write(&self, device: &str, event: Event) {
        self.trace.note(format_args!("{device} {event:?}"));
        self.records.borrow_mut().push(Record { at_ms: self.trace.at_ms(), device: device.into(), event });
    }

    /// The history.
    pub fn take_records(&self) -> Vec<Record> {
        self.records.take()
    }
}

/// What the runner sees of a device.
#[derive(Default)]
pub struct Progress {
    /// Actions without an answer.
    pub unanswered: Cell<usize>,
    /// Whether it is connected and everything is resumed.
    pub settled: Cell<bool>,
    /// Where it is in each stream it follows.
    pub latest: RefCell<BTreeMap<String, String>>,
    /// The most bytes that ever waited in an outbox of its.
    pub most_queued: Cell<usize>,
}
