//! The nodes of a cluster, and the one broker they share.

use crate::chance::{chance, environment, node_environment};
use crate::link::{Cable, Link, Manners};
use crate::network::Network;
use crate::process::{Boot, Process};
use crate::sabotage::Sabotage;
use crate::trace::Trace;
use crate::wire::Wire;
use hubwire_actors::backend::memory::MemoryCluster;
use hubwire_actors::identity::Identity;
use hubwire_actors::settings::Settings;
use rand::Rng;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, Instant};

/// How long a supervisor takes to start a node anew.
const RESTART: Duration = Duration::from_millis(300);

/// See the module.
pub struct Nodes {
    pub network: Rc<Network>,
    pub trace: Rc<Trace>,
    pub cluster: MemoryCluster,
    pub manners: Rc<Cell<Manners>>,
    seed: u64,
    settings: Settings,
    sabotage: Sabotage,
    began: Instant,
    places: Vec<Place>,
}

/// Where a node runs, when it runs.
#[derive(Default)]
struct Place {
    process: RefCell<Option<Rc<Process>>>,
    lives: Cell<u32>,
}

impl Nodes {
    pub fn new(seed: u64, count: usize, settings: Settings, trace: Rc<Trace>, sabotage: Sabotage) -> Rc<Nodes> {
        let nodes = Nodes {
            network: Rc::default(),
            trace,
            cluster: MemoryCluster::new(environment(seed, "broker")),
            manners: Rc::default(),
            seed,
            settings,
            sabotage,
            began: Instant::now(),
            places: (0..count).map(|_| Place::default()).collect(),
        };
        Rc::new(nodes)
    }

    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// The process of a node, if it runs.
    pub fn process(&self, node: usize) -> Option<Rc<Process>> {
        self.places[node].process.borrow().clone()
    }

    /// All that run.
    pub fn running(&self) -> Vec<Rc<Process>> {
        (0..self.count()).filter_map(|node| self.process(node)).collect()
    }

    /// Starts a node that does not run: a new incarnation.
    pub fn start(self: &Rc<Self>, node: usize) {
        let place = &self.places[node];
        if place.process.borrow().is_some() {
            return;
        }
        place.lives.set(place.lives.get() + 1);
        let name = format!("n{node}.{}", place.lives.get());
        let mut draw = chance(self.seed, &format!("{name} link"));
        let skew_ms = draw.random_range(0..2000);
        let environment = node_environment(self.seed, &name, self.began, skew_ms);
        let incarnation = environment.incarnation();
        self.trace.note(format_args!("{name} starts as {incarnation}"));
        let cable = Cable {
            name: name.clone(),
            network: self.network.clone(),
            trace: self.trace.clone(),
            chance: draw,
            manners: self.manners.clone(),
        };
        let (link, events) = Link::connect(cable, &self.cluster, incarnation);
        let settings = Arc::new(Settings { node: name, ..self.settings.clone() });
        let process =
            Process::start(Boot { settings, environment, incarnation, link, sabotage: self.sabotage, events });
        *place.process.borrow_mut() = Some(process.clone());
        tokio::task::spawn_local(self.clone().supervise(node, process));
    }

    /// Kills a node that runs.
    pub fn kill(&self, node: usize) {
        if let Some(process) = self.places[node].process.take() {
            process.kill();
        }
    }

    /// Kills a node the cluster removed, as it would end by itself, and starts it anew.
    async fn supervise(self: Rc<Self>, node: usize, process: Rc<Process>) {
        let incarnation = process.node.incarnation();
        let door = process.node.clone();
        drop(process);
        door.fenced().await;
        let is_it = |process: Rc<Process>| process.node.incarnation() == incarnation;
        if self.process(node).is_some_and(is_it) {
            self.trace.note(format_args!("n{node} was removed by the cluster"));
            self.kill(node);
            sleep(RESTART).await;
            self.start(node);
        }
    }

    /// Connects a client to node number `turn`, modulo the number of nodes. False when that node does not run.
    pub fn accept(&self, turn: usize, wire: &Rc<Wire>, identity: Option<Identity>) -> bool {
        let process = self.process(turn % self.count());
        process.map(|process| process.accept(wire, identity)).is_some()
    }
}
