//! One run: a workload, faults by seed, quiet, and the verdict.

use crate::device::{Device, Progress, Stage, CHANNEL, ORG};
use crate::fault::Fault;
use crate::gauge;
use crate::history::{self, Event, Journal, Verdict};
use crate::rig::{Rig, NODES};
use crate::setup::Setup;
use crate::support::Api;
use crate::workload::Workload;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{sleep, Instant};

/// How long the cluster may take to come to rest when all faults are healed.
const REST: Duration = Duration::from_secs(60);
/// Between two questions whether it has.
const LOOK: Duration = Duration::from_millis(100);
/// Users, the first few of them with a second device.
const USERS: usize = 8;
const SECOND_DEVICES: usize = 4;
/// Who the runner is in the history.
const RUNNER: &str = "runner";

/// What a run came to.
pub struct Outcome {
    /// Faults that were done.
    pub faults: Vec<Fault>,
    /// The history's verdict.
    pub verdict: Verdict,
    /// What did not come to rest.
    pub stuck: Vec<String>,
    /// Where the history is.
    pub path: PathBuf,
}

impl Outcome {
    /// Whether everything was kept.
    pub fn is_clean(&self) -> bool {
        self.verdict.violations.is_empty() && self.stuck.is_empty()
    }
}

struct Run {
    rig: Rig,
    stage: Arc<Stage>,
    devices: Vec<(String, Arc<Progress>)>,
    faults: Vec<Fault>,
    stuck: Vec<String>,
}

/// Each run wants the machine for itself.
pub async fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

/// Runs a workload, and faults of `plan` until it ends.
pub async fn run(path: &Path, setup: Setup, seed: u64, plan: impl Iterator<Item = Fault>, time: Duration) -> Outcome {
    let _turn = turn().await;
    let workload = Workload::start();
    let mut run = Run::start(path, setup, seed, workload.handle()).await;
    let until = Instant::now() + time;
    let mut chance = StdRng::seed_from_u64(seed);
    for fault in plan {
        sleep(Duration::from_millis(chance.random_range(500..2500))).await;
        if Instant::now() > until {
            break;
        }
        run.fault(fault).await;
    }
    sleep(until.saturating_duration_since(Instant::now())).await;
    run.rest().await;
    run.end()
}

impl Run {
    async fn start(path: &Path, setup: Setup, seed: u64, workload: &Handle) -> Run {
        let rig = Rig::start(setup, workload).await;
        let users: Vec<String> = (0..USERS).map(|number| format!("u{number}")).collect();
        let stage = Arc::new(Stage {
            journal: Journal::create(path).unwrap(),
            urls: rig.urls.clone(),
            users: users.clone(),
            sending: AtomicBool::new(true),
            mischief: AtomicBool::new(setup.mischief),
            over: AtomicBool::new(false),
        });
        // nodes that began just now may not know of one another yet
        stage.journal.write(RUNNER, Event::Fault { name: "start".into() });
        let second = users.iter().take(SECOND_DEVICES).map(|user| format!("{user}/2"));
        let names = users.iter().map(|user| format!("{user}/1")).chain(second);
        let mut devices = Vec::new();
        for (number, name) in names.enumerate() {
            let (device, progress) = Device::new(stage.clone(), &name, seed * 1000 + number as u64);
            workload.spawn(device.run());
            devices.push((name, progress));
        }
        for node in &rig.nodes {
            gauge::watch(stage.clone(), node.label().into(), node.api());
        }
        let mut run = Run { rig, stage, devices, faults: Vec::new(), stuck: Vec::new() };
        // a device that was never there has nothing to lose: faults begin when all are
        run.until("all devices are in", |run| run.devices.iter().all(|(_, it)| it.settled.load(Ordering::Relaxed)))
            .await;
        run.stage.journal.write(RUNNER, Event::Heal { name: "start".into() });
        run
    }

    async fn fault(&mut self, fault: Fault) {
        self.rig.broker.look(&self.stage.journal).await;
        self.stage.journal.write(RUNNER, Event::Fault { name: fault.to_string() });
        fault.run(&mut self.rig, &self.stage.journal).await;
        self.rig.supervise();
        self.stage.journal.write(RUNNER, Event::Heal { name: fault.to_string() });
        self.faults.push(fault);
    }

    /// No faults, nothing new: everything that is under way arrives, and presence becomes what is there.
    async fn rest(&mut self) {
        self.stage.mischief.store(false, Ordering::Relaxed);
        self.stage.sending.store(false, Ordering::Relaxed);
        self.rig.broker.look(&self.stage.journal).await;
        self.until("every node is ready", |run| {
            run.rig.supervise();
            run.rig.nodes.iter().all(|node| node.api().try_status("/readyz") == Some(200))
        })
        .await;
        self.until("every action is acknowledged", |run| {
            let quiet =
                |it: &Progress| it.settled.load(Ordering::Relaxed) && it.unanswered.load(Ordering::Relaxed) == 0;
            run.devices.iter().all(|(_, progress)| quiet(progress))
        })
        .await;
        let streams: Vec<String> = self.stage.users.iter().map(|user| format!("user:{user}")).collect();
        let streams: Vec<String> = streams.into_iter().chain([ORG.into(), CHANNEL.into()]).collect();
        for (number, stream) in streams.iter().enumerate() {
            self.mark(stream, &format!("{RUNNER}#{number}")).await;
        }
        let logs = streams.clone();
        let mark = move |stream: &str| format!("{RUNNER}#{}", streams.iter().position(|it| it == stream).unwrap());
        self.until("every device has the last publication of each of its streams", |run| {
            run.devices.iter().all(|(name, progress)| {
                let own = format!("user:{}", history::user_of(name));
                let latest = progress.latest.lock().unwrap();
                [own.as_str(), ORG, CHANNEL].iter().all(|stream| latest.get(*stream) == Some(&mark(stream)))
            })
        })
        .await;
        self.rig.broker.look(&self.stage.journal).await;
        for stream in logs {
            let entries = self.rig.broker.log(&stream);
            self.stage.journal.write(RUNNER, Event::Log { stream, entries });
        }
        self.application().await;
        self.presence().await;
    }

    /// The application, where there is one, has heard of everything.
    async fn application(&mut self) {
        let Some(webhook) = &self.rig.webhook else { return };
        webhook.behaves();
        self.until("the application heard of every publication of the channel, in order", |run| {
            let log: Vec<String> = run.rig.broker.log(CHANNEL).into_iter().map(|entry| entry.pos).collect();
            run.rig.webhook.as_ref().is_some_and(|webhook| webhook.heard(CHANNEL) == log)
        })
        .await;
        for user in self.stage.users.clone() {
            let stream = format!("user:{user}");
            let heard = self.rig.webhook.as_ref().map(|webhook| webhook.heard(&stream)).unwrap_or_default();
            if heard.is_empty() || !heard.is_sorted_by_key(|pos| seq(pos)) {
                self.stuck.push(format!("the application heard of {stream} out of order, or nothing: {heard:?}"));
            }
        }
    }

    /// The last publication of a stream.
    async fn mark(&mut self, stream: &str, id: &str) {
        let body = json!({ "to": stream, "type": "test/mark", "id": id });
        self.stage.journal.write(RUNNER, Event::Send { id: id.into(), to: stream.into() });
        self.until("the server API publishes", |run| {
            let mut replies = (0..NODES).map(|node| run.rig.nodes[node].api().post("/v1/publish", body.clone()));
            let pos = replies.find_map(|reply| reply.body["pos"].as_str().map(String::from));
            let pos = pos.map(|pos| run.stage.journal.write(RUNNER, Event::Ok { id: id.into(), pos }));
            pos.is_some()
        })
        .await;
    }

    /// What every node says about who is there is written down when it is right, or when it had its time.
    async fn presence(&mut self) {
        for node in 0..NODES {
            let api = self.rig.nodes[node].api();
            let mut addresses: Vec<(String, u64)> =
                self.stage.users.iter().map(|user| (format!("user:{user}"), self.sockets(user))).collect();
            addresses.push((CHANNEL.into(), self.devices.len() as u64));
            for (address, sockets) in addresses {
                let total = |users: &BTreeMap<String, u64>| users.values().sum::<u64>();
                self.until("presence is what is there", |_| total(&said(&api, &address)) == sockets).await;
                let users = said(&api, &address);
                self.stage.journal.write(RUNNER, Event::Presence { address, users });
            }
        }
    }

    fn sockets(&self, user: &str) -> u64 {
        self.devices.iter().filter(|(name, _)| history::user_of(name) == user).count() as u64
    }

    /// Waits until something holds. What does not in time is noted, and the run goes on: the history says the rest.
    async fn until(&mut self, what: &str, mut holds: impl FnMut(&mut Run) -> bool) {
        let deadline = Instant::now() + REST;
        while !holds(self) {
            if !self.stuck.is_empty() || Instant::now() > deadline {
                return self.stuck.push(format!("not within {REST:?}: {what}"));
            }
            sleep(LOOK).await;
        }
    }

    fn end(self) -> Outcome {
        self.stage.over.store(true, Ordering::Relaxed);
        let records = self.stage.journal.records().unwrap();
        let outcome = Outcome {
            faults: self.faults,
            verdict: history::check(&records),
            stuck: self.stuck,
            path: self.stage.journal.path().into(),
        };
        if !outcome.is_clean() {
            for node in &self.rig.nodes {
                let log = outcome.path.with_extension(format!("{}.log", node.label()));
                let _ = std::fs::write(log, node.process.output()); // only helps to find out
            }
        }
        outcome
    }
}

/// The number that orders positions of one stream.
fn seq(pos: &str) -> u64 {
    pos.split_once('-').and_then(|(seq, _)| seq.parse().ok()).unwrap_or(0)
}

fn said(api: &Api, address: &str) -> BTreeMap<String, u64> {
    let query = match address.strip_prefix("user:") {
        Some(user) => format!("user={user}"),
        None => format!("channel={address}"),
    };
    let reply = api.get(&format!("/v1/presence?{query}"));
    let users = reply.body["users"].as_array().cloned().unwrap_or_default();
    let user = |it: &serde_json::Value| Some((it["user"].as_str()?.to_string(), it["sessions"].as_u64()?));
    users.iter().filter_map(user).collect()
}
