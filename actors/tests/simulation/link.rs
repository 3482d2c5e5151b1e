//! The link of one node to the broker. Here things go wrong: calls and answers take their time or are lost,
//! notifications are lost, come late or twice, and now and then nothing gets through at all.
//!
//! What is true of a real connection is kept: calls of one lane take effect in the order in which they were made, and a
//! call without an answer fails after a while, whether it took effect or not.

use crate::network::Network;
use crate::trace::Trace;
use futures_util::future::{ready, FutureExt};
use hubwire_actors::backend::memory::MemoryCluster;
use hubwire_actors::backend::{Backend, BackendError, BackendEvent, Events, Reply};
use hubwire_protocol::Incarnation;
use rand::rngs::StdRng;
use rand::Rng;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// How long an answer is awaited.
const PATIENCE: Duration = Duration::from_secs(2);
/// Events that may wait for the bridge: few, so that the queue is full at times.
const EVENTS_MAX: usize = 256;

/// How the links of a run behave: probabilities in parts of a thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Manners {
    /// A call, an answer or a notification takes up to this long.
    pub delay_ms: u64,
    /// Calls that take up to this much longer, and how many of them do.
    pub hiccup_ms: u64,
    pub hiccups: u32,
    pub lost_calls: u32,
    pub lost_answers: u32,
    pub lost_notes: u32,
    pub late_notes: u32,
    pub doubled_notes: u32,
}

/// The two connections of a node: appends, and everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    Append,
    Query,
}

/// When a lane's last call takes effect and when its last answer arrives.
#[derive(Clone, Copy)]
struct Busy {
    effect: Instant,
    answer: Instant,
}

/// See the module.
pub struct Link {
    name: String,
    network: Rc<Network>,
    trace: Rc<Trace>,
    chance: RefCell<StdRng>,
    manners: Rc<Cell<Manners>>,
    /// `None` once the node has crashed.
    backend: RefCell<Option<Rc<dyn Backend>>>,
    events: Events,
    lanes: Cell<[Busy; 2]>,
    notes: Cell<Instant>,
    /// How often the connection was cut; what was under way then is lost.
    cuts: Cell<u64>,
    /// Calls that were made, whatever became of them.
    asked: Cell<u64>,
    is_cut: Cell<bool>,
    is_deaf: Cell<bool>,
    stalled_until: Cell<Instant>,
}

/// What a link is made of.
pub struct Cable {
    pub name: String,
    pub network: Rc<Network>,
    pub trace: Rc<Trace>,
    pub chance: StdRng,
    pub manners: Rc<Cell<Manners>>,
}

impl Link {
    /// Connects a node. What the broker tells it comes out of the receiver.
    pub fn connect(
        cable: Cable,
        cluster: &MemoryCluster,
        incarnation: Incarnation,
    ) -> (Rc<Link>, mpsc::Receiver<BackendEvent>) {
        let Cable { name, network, trace, chance, manners } = cable;
        let (sender, from_broker) = mpsc::channel(64 * 1024);
        let (to_node, events) = mpsc::channel(EVENTS_MAX);
        let now = Instant::now();
        let link = Rc::new(Link {
            name,
            network,
            trace,
            chance: RefCell::new(chance),
            manners,
            backend: RefCell::new(Some(cluster.node(incarnation, sender))),
            events: Events::new(to_node),
            lanes: Cell::new([Busy { effect: now, answer: now }; 2]),
            notes: Cell::new(now),
            cuts: Cell::new(0),
            asked: Cell::new(0),
            is_cut: Cell::new(false),
            is_deaf: Cell::new(false),
            stalled_until: Cell::new(now),
        });
        tokio::task::spawn_local(link.clone().listen(from_broker));
        (link, events)
    }

    // -- faults ---------------------------------------------------------------------------------------------------

    /// Nothing gets through.
    pub fn cut(&self) {
        self.is_cut.set(true);
        self.cuts.set(self.cuts.get() + 1);
    }

    /// Connected anew.
    pub fn mend(&self) {
        if self.is_cut.replace(false) {
            self.events.lossy();
        }
    }

    /// The connection of the subscriptions is gone.
    pub fn deafen(&self) {
        self.is_deaf.set(true);
    }

    /// The subscriptions are there again.
    pub fn hear(&self) {
        if self.is_deaf.replace(false) {
            self.events.lossy();
        }
    }

    /// Calls wait until then.
    pub fn stall(&self, until: Instant) {
        self.stalled_until.set(until.max(self.stalled_until.get()));
    }

    /// The node is gone: nothing that it still does has any effect. What it sent before arrives.
    pub fn sever(&self) {
        self.backend.take();
    }

    /// How many calls were made, whatever became of them.
    pub fn asked(&self) -> u64 {
        self.asked.get()
    }

    // -- calls ----------------------------------------------------------------------------------------------------

    /// Has a call take effect later, and answers later still.
    pub fn call<T: 'static>(
        self: &Rc<Self>,
        lane: Lane,
        what: &'static str,
        act: impl FnOnce(&dyn Backend) -> Reply<T> + 'static,
    ) -> Reply<T> {
        self.asked.set(self.asked.get() + 1);
        let backend = self.backend.borrow().clone();
        let Some(backend) = backend.filter(|_| !self.is_cut.get()) else {
            return ready(Err(unavailable("not connected"))).boxed_local();
        };
        let manners = self.manners.get();
        let (asked, cuts) = (Instant::now(), self.cuts.get());
        let lost_call = self.draw(manners.lost_calls);
        let lost_answer = self.draw(manners.lost_answers);
        let survives_cut = self.draw(500);
        let busy = self.book(lane, manners);
        let (answer, outcome) = oneshot::channel();
        let link = self.clone();
        self.network.at(busy.effect, move || {
            let is_cut = link.cuts.get() != cuts;
            if lost_call || (is_cut && !survives_cut) {
                link.trace.note(format_args!("{} {what} is lost", link.name));
                return link.give_up(answer, asked);
            }
            let result = act(&*backend).now_or_never().expect("the broker in memory answers at once");
            let outcome = if result.is_ok() { "ok" } else { "refused" };
            link.trace.note(format_args!("{} {what} {outcome}", link.name));
            if lost_answer || is_cut || busy.answer > asked + PATIENCE {
                return link.give_up(answer, asked);
            }
            let network = link.network.clone();
            network.at(busy.answer, move || {
                let result = if link.cuts.get() == cuts { result } else { Err(unavailable("connection cut")) };
                drop(answer.send(result)); // a node that crashed wants none
            });
        });
        outcome.map(|outcome| outcome.unwrap_or_else(|_| Err(unavailable("the node is gone")))).boxed_local()
    }

    /// A call has no answer: what would have come with it is in doubt.
    fn doubt(&self, asked: Instant) {
        let events = self.events.clone();
        self.network.at(asked + PATIENCE, move || events.unanswered());
    }

    fn give_up<T: 'static>(&self, answer: oneshot::Sender<Result<T, BackendError>>, asked: Instant) {
        self.doubt(asked);
        self.network.at(asked + PATIENCE, move || drop(answer.send(Err(unavailable("no answer in time")))));
    }

    /// A place on a lane.
    fn book(&self, lane: Lane, manners: Manners) -> Busy {
        let mut lanes = self.lanes.get();
        let busy = &mut lanes[lane as usize];
        let there = Instant::now() + self.delay(manners);
        busy.effect = there.max(busy.effect).max(self.stalled_until.get());
        busy.answer = (busy.effect + self.delay(manners)).max(busy.answer);
        let booked = *busy;
        self.lanes.set(lanes);
        booked
    }

    fn delay(&self, manners: Manners) -> Duration {
        let mut chance = self.chance.borrow_mut();
        let hiccup = chance.random_ratio(manners.hiccups, 1000);
        let most = manners.delay_ms + if hiccup { manners.hiccup_ms } else { 0 };
        Duration::from_millis(chance.random_range(0..=most))
    }

    fn draw(&self, of_a_thousand: u32) -> bool {
        self.chance.borrow_mut().random_ratio(of_a_thousand, 1000)
    }

    // -- notifications --------------------------------------------------------------------------------------------

    async fn listen(self: Rc<Self>, mut from_broker: mpsc::Receiver<BackendEvent>) {
        while let Some(event) = from_broker.recv().await {
            let manners = self.manners.get();
            let is_kept = match event {
                BackendEvent::Message { .. } => false,
                BackendEvent::Kept { .. } => true,
                BackendEvent::Stored { kept, .. } => kept,
                _ => continue,
            };
            // comes with the answer, and is lost with it
            if is_kept && self.draw(manners.lost_answers) {
                self.trace.note(format_args!("{} misses what it kept", self.name));
                self.doubt(Instant::now());
                continue;
            }
            if self.is_cut.get() || self.is_deaf.get() || self.draw(manners.lost_notes) {
                self.trace.note(format_args!("{} misses a notification", self.name));
                continue;
            }
            let copies = if self.draw(manners.doubled_notes) { 2 } else { 1 };
            for _ in 0..copies {
                let delay = self.delay(manners);
                let due = match self.draw(manners.late_notes) {
                    // another connection: it overtakes, or is overtaken
                    true => Instant::now() + delay * 20,
                    false => {
                        self.notes.set((Instant::now() + delay).max(self.notes.get()));
                        self.notes.get()
                    }
                };
                let (link, event, cuts) = (self.clone(), event.clone(), self.cuts.get());
                self.network.at(due, move || {
                    if link.cuts.get() == cuts && !link.is_deaf.get() {
                        link.events.pass(event); // a full queue says so by itself
                    }
                });
            }
        }
    }
}

fn unavailable(reason: &str) -> BackendError {
    BackendError::Unavailable { reason: reason.into() }
}
