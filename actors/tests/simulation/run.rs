//! One run: a workload, faults, quiet, and the verdict. All of it on one thread and on a clock that only moves when
//! nothing is left to do, so that hours pass in seconds and nothing depends on the machine.

use crate::chance::chance;
use crate::device::{Device, STALL_MAX_MS};
use crate::fault::{Fault, Kinds};
use crate::history::{self, user_of, Event, Verdict, Violation};
use crate::judge;
use crate::nodes::Nodes;
use crate::plan::Plan;
use crate::sabotage::Sabotage;
use crate::stage::{Progress, Stage, RUNNER};
use crate::trace::{Lines, Trace};
use crate::wire::REPLY_EXTRA_BYTES;
use hubwire_actors::node::ServerPublish;
use rand::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout, Instant};

/// How long the cluster may take to come to rest when all faults are healed: more than the sweep of every stream, which
/// is the last resort, and more than a client that vanished is waited for.
const REST: Duration = Duration::from_secs(150);
/// Between two questions whether it has.
const LOOK: Duration = Duration::from_millis(200);
/// How long everybody goes on after the last fault.
const CALM: Duration = Duration::from_secs(5);
/// How long an answer of a node is awaited.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a run came to.
pub struct Outcome {
    pub faults: Vec<Fault>,
    pub verdict: Verdict,
    /// What is wrong: broken promises, and what did not come to rest.
    pub wrongs: Vec<String>,
    /// Events of the trace, and their hash.
    pub fingerprint: (u64, u64),
    pub lines: Vec<String>,
    /// How much time passed in it.
    pub virtual_time: Duration,
}

/// Runs a plan.
pub fn run(plan: &Plan, lines: Lines) -> Outcome {
    run_with(plan, lines, Sabotage::None)
}

/// Runs a plan with a bug in it.
pub fn run_with(plan: &Plan, lines: Lines, sabotage: Sabotage) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let world = LocalSet::new();
    world.block_on(&runtime, async {
        let mut run = Run::start(plan, lines, sabotage);
        run.go().await;
        run.end().await
    })
}

struct Run {
    plan: Plan,
    stage: Rc<Stage>,
    devices: Vec<(String, Rc<Progress>)>,
    faults: Vec<Fault>,
    stuck: Vec<String>,
    began: Instant,
}

impl Run {
    fn start(plan: &Plan, lines: Lines, sabotage: Sabotage) -> Run {
        let trace = Rc::new(Trace::new(lines));
        let nodes = Nodes::new(plan.seed, plan.nodes, plan.settings(), trace, sabotage);
        nodes.manners.set(plan.calm());
        tokio::task::spawn_local(nodes.network.clone().run());
        (0..plan.nodes).for_each(|node| nodes.start(node));
        let users = (0..plan.users).map(|user| format!("u{user}")).collect();
        let stage = Stage::new(nodes, users, plan.pace, plan.outbox_bytes);
        stage.mischief.set(false);
        let mut devices = Vec::new();
        for name in plan.devices() {
            let (device, progress) = Device::new(stage.clone(), &name, chance(plan.seed, &name));
            tokio::task::spawn_local(device.run());
            devices.push((name, progress));
        }
        Run { plan: plan.clone(), stage, devices, faults: Vec::new(), stuck: Vec::new(), began: Instant::now() }
    }

    async fn go(&mut self) {
        // a device that was never there has nothing to lose: faults begin when all are
        self.until("all devices are in", |run| run.devices.iter().all(|(_, it)| it.settled.get())).await;
        self.chaos().await;
        sleep(CALM).await;
        self.rest().await;
    }

    /// Faults until it is time to stop; they overlap.
    async fn chaos(&mut self) {
        self.stage.write(RUNNER, Event::Fault { name: "chaos".into() });
        self.stage.nodes.manners.set(self.plan.manners);
        self.stage.mischief.set(true);
        let until = Instant::now() + self.plan.chaos;
        let mut draw = chance(self.plan.seed, "faults");
        let mut going_on = JoinSet::new();
        loop {
            sleep(Duration::from_millis(draw.random_range(10..=self.plan.fault_every.as_millis() as u64))).await;
            if Instant::now() > until {
                break;
            }
            let fault = Fault::draw(&mut draw, self.plan.nodes, self.plan.kinds);
            self.faults.push(fault);
            going_on.spawn_local(fault.run(self.stage.nodes.clone()));
        }
        while going_on.join_next().await.is_some() {}
        self.stage.nodes.manners.set(self.plan.calm());
        self.stage.mischief.set(false);
        // a device that stalled now reads what was published meanwhile
        sleep(Duration::from_millis(STALL_MAX_MS)).await;
        self.stage.write(RUNNER, Event::Heal { name: "chaos".into() });
    }

    /// Nothing new: everything that is under way arrives, and presence becomes what is there.
    async fn rest(&mut self) {
        self.stage.sending.set(false);
        self.stage.resting.set(true);
        self.until("every action is acknowledged", |run| {
            run.devices.iter().all(|(_, it)| it.settled.get() && it.unanswered.get() == 0)
        })
        .await;
        let streams: BTreeSet<String> =
            self.devices.iter().flat_map(|(_, it)| it.latest.borrow().keys().cloned().collect::<Vec<_>>()).collect();
        let mut marks = BTreeMap::new();
        for (number, stream) in streams.iter().enumerate() {
            let mark = format!("{RUNNER}#{number}");
            if let Some(pos) = self.mark(stream, &mark).await {
                marks.insert(stream.clone(), pos);
            }
        }
        self.until("every device is at the end of each of its streams", |run| {
            let at_its_end = |(stream, pos): (&String, &String)| marks.get(stream) == Some(pos);
            run.devices.iter().all(|(_, it)| it.settled.get() && it.latest.borrow().iter().all(at_its_end))
        })
        .await;
        if self.plan.kinds != Kinds::FailedOver {
            self.presence(&streams).await;
        }
    }

    /// The last publication of a stream. Returns its position.
    async fn mark(&mut self, stream: &str, id: &str) -> Option<String> {
        self.stage.write(RUNNER, Event::Send { id: id.into(), to: stream.into() });
        let deadline = Instant::now() + REST;
        let mut turn = 0;
        while !self.is_over(deadline) {
            turn += 1;
            let publish = ServerPublish {
                to: stream.parse().expect("streams are addresses"),
                from: None,
                kind: "test/mark".into(),
                payload: None,
                error: None,
                meta: None,
                traceparent: None,
                id: Some(id.into()),
                ephemeral: false,
                narrowing: Default::default(),
                key_name: "test".into(),
            };
            if let Some(process) = self.stage.nodes.process(turn % self.plan.nodes) {
                if let Ok(Ok(ack)) = timeout(PATIENCE, process.node.publish(publish)).await {
                    let pos = ack.pos?.to_string();
                    self.stage.write(RUNNER, Event::Ok { id: id.into(), pos: pos.clone() });
                    return Some(pos);
                }
            }
            sleep(LOOK).await;
        }
        self.stuck.push(format!("not within {REST:?}: the server API publishes to {stream}"));
        None
    }

    /// Records the presence reported by every node once it is right, or once its time is up.
    async fn presence(&mut self, streams: &BTreeSet<String>) {
        for node in 0..self.plan.nodes {
            for address in streams.iter().filter(|stream| stream.starts_with("ch:") || stream.starts_with("user:")) {
                let deadline = Instant::now() + REST;
                let there = self.there(address);
                let mut said = self.said(node, address).await;
                while said.as_ref() != Some(&there) && !self.is_over(deadline) {
                    sleep(LOOK).await;
                    said = self.said(node, address).await;
                }
                let users = said.unwrap_or_default();
                self.stage.write(RUNNER, Event::Presence { address: address.clone(), users });
            }
        }
    }

    /// Who is there: every device that follows the stream.
    fn there(&self, address: &str) -> BTreeMap<String, u64> {
        let mut users = BTreeMap::new();
        for (name, _) in self.devices.iter().filter(|(_, it)| it.latest.borrow().contains_key(address)) {
            *users.entry(user_of(name).to_string()).or_default() += 1;
        }
        users
    }

    /// Who is there according to a node.
    async fn said(&self, node: usize, address: &str) -> Option<BTreeMap<String, u64>> {
        let node = self.stage.nodes.process(node)?.node.clone();
        let Some(user) = address.strip_prefix("user:") else {
            let members = timeout(PATIENCE, node.members(address.parse().ok()?)).await.ok()?.ok()?;
            return Some(members.into_iter().map(|it| (it.user.to_string(), it.sessions as u64)).collect());
        };
        let sessions = timeout(PATIENCE, node.sessions(user.parse().ok()?)).await.ok()?.ok()?.len() as u64;
        Some(BTreeMap::from([(user.to_string(), sessions)]))
    }

    /// Waits until something holds. What does not in time is noted, and the run goes on: the history says the rest.
    async fn until(&mut self, what: &str, mut holds: impl FnMut(&mut Run) -> bool) {
        let deadline = Instant::now() + REST;
        while !holds(self) {
            if self.is_over(deadline) {
                return self.stuck.push(format!("not within {REST:?}: {what}"));
            }
            sleep(LOOK).await;
        }
    }

    /// Whether there is no more to be waited for.
    fn is_over(&self, deadline: Instant) -> bool {
        Instant::now() > deadline || self.stage.network.goes_in_circles()
    }

    async fn end(self) -> Outcome {
        let history = self.stage.take_records();
        let verdict = history::check(&history);
        let mut wrongs = self.stuck;
        wrongs.extend(judge::against_the_logs(&self.stage.nodes.cluster, &history).await);
        let excused =
            |violation: &&Violation| self.plan.kinds == Kinds::Kept || judge::holds_whatever_is_lost(violation);
        wrongs.extend(verdict.violations.iter().filter(excused).map(Violation::to_string));
        if self.stage.network.goes_in_circles() {
            wrongs.push("the cluster goes round in circles: time does not pass any more".into());
        }
        let most = self.devices.iter().map(|(_, it)| it.most_queued.get()).max().unwrap_or(0);
        if most > self.plan.outbox_bytes + REPLY_EXTRA_BYTES {
            wrongs.push(format!("{most} bytes waited in an outbox of {}", self.plan.outbox_bytes));
        }
        Outcome {
            faults: self.faults,
            verdict,
            wrongs,
            fingerprint: self.stage.trace.fingerprint(),
            lines: self.stage.trace.take_lines(),
            virtual_time: self.began.elapsed(),
        }
    }
}

impl Outcome {
    pub fn is_clean(&self) -> bool {
        self.wrongs.is_empty()
    }
}
