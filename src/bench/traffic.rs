//! Senders, streams and receivers of a run: distributes the sending, and checks everything that arrives.

use super::connection::Connection;
use super::error::BenchError;
use super::latency::Latency;
use super::ledger::{Faults, Ledger, Seen};
use super::load::{Load, Pace};
use super::report::Report;
use super::sender::{Next, Sender};
use super::stop::Stop;
use super::target::Target;
use super::ticker::Ticker;
use super::wire::{refusal, seq, Arrived, Outgoing, KIND};
use futures_util::future::try_join_all;
use hubwire_client::light::LightSocket;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{interval, sleep, timeout, Instant};

/// How long receivers continue to read when everything has arrived.
const LINGER: Duration = Duration::from_millis(100);

/// A stream of the run.
pub struct Stream {
    /// Its address.
    pub address: String,
    /// Receivers that must get everything.
    pub members: u64,
}

/// The traffic of a run; see the module.
pub struct Traffic {
    target: Target,
    load: Load,
    stop: Stop,
    pad: String,
    created: Instant,
    begun: Cell<Instant>,
    ended: Cell<Instant>,
    streams: Vec<Stream>,
    senders: Vec<Sender>,
    receivers: RefCell<Vec<Receiver>>,
    measured: RefCell<Measured>,
}

/// A receiver that must get everything of a stream.
struct Receiver {
    stream: usize,
    ledger: Ledger,
}

#[derive(Default)]
struct Measured {
    deliveries: u64,
    faults: Faults,
    delivery: Latency,
    ack: Latency,
}

impl Traffic {
    /// `routes` are the streams of each sender, `receivers` the stream of each receiver.
    pub fn new(
        target: &Target,
        stop: &Stop,
        load: &Load,
        streams: Vec<Stream>,
        routes: Vec<Vec<usize>>,
        receivers: impl IntoIterator<Item = usize>,
    ) -> Rc<Self> {
        let (now, count) = (Instant::now(), routes.len());
        let senders = routes.into_iter().enumerate();
        let receivers = receivers.into_iter().map(|stream| Receiver { stream, ledger: Ledger::default() });
        Rc::new(Traffic {
            target: target.clone(),
            load: load.clone(),
            stop: stop.clone(),
            pad: "x".repeat(load.size),
            created: now,
            begun: Cell::new(now),
            ended: Cell::new(now),
            streams,
            senders: senders.map(|(index, routes)| Sender::new(routes, load, index, count)).collect(),
            receivers: RefCell::new(receivers.collect()),
            measured: RefCell::default(),
        })
    }

    /// Lets all senders send, until everything is sent and has arrived, or nothing more arrives.
    pub async fn run(self: &Rc<Self>, sockets: &[Rc<LightSocket>]) -> Result<(), BenchError> {
        self.begun.set(Instant::now());
        let progress = tokio::task::spawn_local(self.clone().show_progress());
        let sending = sockets.iter().enumerate().map(|(sender, socket)| self.send(sender, socket));
        let sent = try_join_all(sending).await;
        self.settle().await;
        // duplicates arrive soon, if at all
        self.stop.or(sleep(LINGER)).await;
        progress.abort();
        sent.map(drop)
    }

    /// Waits until everything in flight has arrived, or nothing arrives for the timeout of an answer.
    async fn settle(&self) {
        for sender in &self.senders {
            while !sender.is_settled() && self.stop.is_well() {
                if timeout(self.target.timeout, sender.progressed.notified()).await.is_err() {
                    return;
                }
            }
        }
    }

    async fn send(&self, sender: usize, socket: &LightSocket) -> Result<(), BenchError> {
        let failed = |error| BenchError::Connection { url: "a publisher".into(), error };
        let ticker = match self.load.pace {
            Pace::Rate(rate) => Some(Ticker::start(rate)),
            Pace::Window(_) => None,
        };
        let state = &self.senders[sender];
        loop {
            let phase = (sender, self.senders.len());
            let next = loop {
                match state.next(&self.load, phase, self.begun.get(), Instant::now()) {
                    Next::Send(due) if !self.stop.is_set() => socket.push(&self.publication(sender, due)?),
                    next => break next,
                }
            };
            self.stop.or(socket.flush()).await.transpose().map_err(failed)?;
            if next == Next::Over || self.stop.is_set() {
                return Ok(());
            }
            match &ticker {
                Some(ticker) => drop(self.stop.or(ticker.tick()).await),
                // nothing more arrives: what is missing is lost
                None => match self.stop.or(timeout(self.target.timeout, state.progressed.notified())).await {
                    Some(Err(_)) => return Ok(()),
                    _ => continue,
                },
            }
        }
    }

    fn publication(&self, sender: usize, due: Instant) -> Result<Vec<u8>, BenchError> {
        let expected = |stream: usize| self.streams[stream].members + u64::from(self.load.ack);
        let numbered = self.senders[sender].sent(due, expected);
        let id = self.load.ack.then(|| format!("{}-{sender}-{}", self.target.run, numbered.index));
        let outgoing = Outgoing {
            to: &self.streams[numbered.stream].address,
            id: id.as_deref(),
            sender,
            index: numbered.index,
            number: numbered.number,
            at_ns: due.duration_since(self.created).as_nanos() as u64, // 584 years
            size: self.load.size,
        };
        outgoing.encode(self.target.codec, &self.pad)
    }

    /// Handles what a receiver reads, until the run ends.
    pub async fn receive(self: Rc<Self>, receiver: usize, mut connection: Connection) {
        self.stop.clone().guard(self.read_all(receiver, &mut connection)).await;
    }

    async fn read_all(&self, receiver: usize, connection: &mut Connection) -> Result<(), BenchError> {
        loop {
            connection.read(|arrived, now| self.delivered(receiver, arrived, now)).await?;
        }
    }

    /// Handles the answers to a sender, until the run ends.
    pub async fn listen(self: Rc<Self>, sender: usize, mut connection: Connection) {
        let reading = async {
            loop {
                connection.read(|arrived, now| self.answered(sender, arrived, now)).await?;
            }
        };
        self.stop.clone().guard(reading).await;
    }

    /// Checks what arrived at a receiver.
    pub fn delivered(&self, receiver: usize, arrived: &Arrived<'_>, now: Instant) {
        if let Some(refusal) = refusal(arrived) {
            return self.stop.fail(refusal);
        }
        let Some(payload) = arrived.payload.as_ref().filter(|_| arrived.kind == KIND) else { return };
        let Some(sender) = payload.sender.filter(|sender| *sender < self.senders.len()) else { return };
        let mut measured = self.measured.borrow_mut();
        let receiver = &mut self.receivers.borrow_mut()[receiver];
        if arrived.meta.hub.to.as_deref() != Some(&self.streams[receiver.stream].address) {
            measured.faults.stray += 1;
            return;
        }
        match receiver.ledger.take(sender, payload.number, seq(arrived)) {
            Seen::Again => {
                measured.faults.duplicates += 1;
                return;
            }
            Seen::Late => measured.faults.disordered += 1,
            Seen::InOrder => {}
        }
        measured.deliveries += 1;
        self.ended.set(now);
        let due = self.created + Duration::from_nanos(payload.at_ns);
        measured.delivery.record(now.duration_since(due));
        self.senders[sender].arrived(payload.index);
    }

    fn answered(&self, sender: usize, arrived: &Arrived<'_>, now: Instant) {
        if let Some(refusal) = refusal(arrived) {
            return self.stop.fail(refusal);
        }
        let index = arrived.meta.hub.re.as_deref().and_then(|re| re.rsplit('-').next()?.parse().ok());
        if let (Some(index), "@@hub/ack") = (index, &*arrived.kind) {
            if let Some(due) = self.senders[sender].arrived(index) {
                self.measured.borrow_mut().ack.record(now.duration_since(due));
            }
        }
    }

    /// Deliveries until now.
    pub fn deliveries(&self) -> u64 {
        self.measured.borrow().deliveries
    }

    /// Publications until now.
    pub fn publications(&self) -> u64 {
        self.senders.iter().map(Sender::sent_count).sum()
    }

    /// How many publications a receiver still lacks.
    pub fn missing(&self, receiver: usize) -> u64 {
        let receiver = &self.receivers.borrow()[receiver];
        let senders = self.senders.iter().enumerate();
        senders.map(|(index, sender)| receiver.ledger.missing(index, sender.sent_to(receiver.stream))).sum()
    }

    /// What was broken.
    pub fn faults(&self) -> Faults {
        let lost = (0..self.receivers.borrow().len()).map(|receiver| self.missing(receiver)).sum();
        Faults { lost, ..self.measured.borrow().faults }
    }

    /// Whether nothing has ended the run yet.
    pub fn is_going_on(&self) -> bool {
        !self.stop.is_set()
    }

    /// Adds the verdict and the acks, for scenarios in which deliveries come long after publishing.
    pub fn report_caught_up(&self, report: &mut Report) {
        report.add("deliveries", json!(self.deliveries()));
        report.line("delivered", self.deliveries());
        report.latency("ack_latency_us", "ack", &self.measured.borrow().ack);
        report.faults(self.faults());
    }

    /// Adds what was measured.
    pub fn report(&self, report: &mut Report) {
        let seconds = self.ended.get().duration_since(self.begun.get()).as_secs_f64();
        let per_second = |count: u64| if seconds > 0.0 { count as f64 / seconds } else { 0.0 };
        let (publications, deliveries) = (self.publications(), self.deliveries());
        report.add("seconds", json!(seconds));
        report.add("publications", json!(publications));
        report.add("publications_per_second", json!(per_second(publications)));
        report.add("deliveries", json!(deliveries));
        report.add("deliveries_per_second", json!(per_second(deliveries)));
        report.line("published", format!("{publications} in {seconds:.2} s, {:.0}/s", per_second(publications)));
        report.line("delivered", format!("{deliveries}, {:.0}/s", per_second(deliveries)));
        let measured = self.measured.borrow();
        report.latency("latency_us", "latency", &measured.delivery);
        if self.load.ack {
            report.latency("ack_latency_us", "ack", &measured.ack);
        }
        report.faults(self.faults());
    }

    async fn show_progress(self: Rc<Self>) {
        let mut every = interval(Duration::from_secs(1));
        every.tick().await; // the first one comes at once
        let mut before = 0;
        loop {
            every.tick().await;
            let deliveries = self.deliveries();
            let seconds = self.begun.get().elapsed().as_secs();
            let published = self.publications();
            self.target.progress(|| {
                format!("{seconds:>4} s  {published} published, {deliveries} delivered, {}/s", deliveries - before)
            });
            before = deliveries;
        }
    }
}
