//! `churn`: sessions come and go all the time, while others stay and must not miss anything.

use super::connection::Connection;
use super::error::BenchError;
use super::latency::Latency;
use super::load::Load;
use super::report::Report;
use super::rooms::Rooms;
use super::stop::Stop;
use super::target::Target;
use super::ticker::Ticker;
use hubwire_client::light::ReadBuffer;
use hubwire_client::socket::SocketError;
use serde_json::json;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{sleep, Instant};

/// The parameters of a run.
#[derive(Debug, Clone)]
pub struct Churn {
    /// The clients that stay, and the senders.
    pub rooms: Rooms,
    /// The load meanwhile.
    pub load: Load,
    /// Sessions that connect per second.
    pub rate: f64,
    /// How long each of them stays.
    pub life: Duration,
}

/// The outcomes of the sessions that connect and leave.
#[derive(Default)]
struct Passers {
    tried: u64,
    came: u64,
    refused: u64,
    failed: u64,
    first_failure: Option<String>,
    latency: Latency,
}

impl Passers {
    fn note(&mut self, outcome: &Result<Connection, BenchError>, took: Duration) {
        match outcome {
            Ok(_) => {
                self.came += 1;
                self.latency.record(took);
            }
            Err(error) => {
                *(if is_refusal(error) { &mut self.refused } else { &mut self.failed }) += 1;
                self.first_failure.get_or_insert_with(|| error.to_string());
            }
        }
    }
}

impl Churn {
    /// Runs it.
    pub async fn run(&self, target: &Target, stop: &Stop) -> Result<Report, BenchError> {
        self.rooms.check(target)?;
        let at_once = (self.rate * self.life.as_secs_f64()).ceil() as usize;
        target.check_descriptors(self.rooms.members + self.rooms.publishers + at_once)?;
        let mut settings = self.load.document();
        settings["connections"] = json!(self.rooms.members);
        settings["rooms"] = json!(self.rooms.rooms);
        settings["connects_per_second"] = json!(self.rate);
        settings["life_s"] = json!(self.life.as_secs_f64());
        let (members, rate, life) = (self.rooms.members, self.rate, self.life.as_secs_f64());
        let title = format_args!("{members} stay, {rate}/s come for {life} s each, {}", self.load.text());
        let mut report = Report::new("churn", settings, title);
        let (traffic, buffer) = (self.rooms.traffic(target, stop, &self.load), ReadBuffer::default());
        let opening = async {
            self.rooms.open_members(target, &traffic, &buffer).await?;
            self.rooms.open_publishers(target, &traffic, &buffer).await
        };
        let Some(publishers) = stop.or(opening).await.transpose()? else { return Ok(report.end(stop)) };
        let open = target.processes.usage()?;
        let passers = Rc::new(RefCell::new(Passers::default()));
        let coming = tokio::task::spawn_local(self.clone().come_and_go(target.clone(), buffer, passers.clone()));
        if let Err(error) = traffic.run(&publishers).await {
            stop.fail(error);
        }
        coming.abort();
        traffic.report(&mut report);
        let passers = passers.borrow();
        let Passers { tried, came, refused, failed, first_failure, latency } = &*passers;
        for (key, value) in [("tried", tried), ("came", came), ("refused", refused), ("failed", failed)] {
            report.add(key, json!(value));
        }
        let under_way = tried - came - refused - failed;
        report.add("under_way", json!(under_way));
        let counts = format!("{tried} tried, {came} came, {refused} refused, {failed} failed, {under_way} under way");
        report.line("churn", counts);
        report.latency("connect_us", "connect", latency);
        if let Some(failure) = first_failure {
            report.line("first", failure);
        }
        report.add("first_failure", json!(first_failure));
        report.cpu(
            "cpu_us_per_delivery",
            "delivery, connections included",
            open,
            target.processes.usage()?,
            traffic.deliveries(),
        );
        Ok(report.end(stop))
    }

    async fn come_and_go(self, target: Target, buffer: ReadBuffer, passers: Rc<RefCell<Passers>>) {
        let (ticker, begun) = (Ticker::start(self.rate), Instant::now());
        loop {
            ticker.tick().await;
            while (passers.borrow().tried as f64) < begun.elapsed().as_secs_f64() * self.rate {
                let index = passers.borrow().tried as usize;
                passers.borrow_mut().tried += 1;
                let passing = self.clone().pass(target.clone(), buffer.clone(), index, passers.clone());
                tokio::task::spawn_local(passing);
            }
        }
    }

    /// One session that connects, stays for its time, and leaves.
    async fn pass(self, target: Target, buffer: ReadBuffer, index: usize, passers: Rc<RefCell<Passers>>) {
        let begun = Instant::now();
        let user = self.rooms.members + self.rooms.publishers + index;
        let opening = async {
            let (mut connection, _) = Connection::open_at(&target, index, user, &buffer).await?;
            connection.join(&target.channel(index % self.rooms.rooms)).await?;
            Ok(connection)
        };
        let outcome = opening.await;
        passers.borrow_mut().note(&outcome, begun.elapsed());
        let Ok(mut connection) = outcome else { return };
        let reading = async { while connection.read(|_, _| {}).await.is_ok() {} };
        tokio::select! {
            () = sleep(self.life) => {}
            // closed by the node, which may be draining: the session ends a little earlier
            () = reading => {}
        }
    }
}

/// Whether the node refused, as opposed to a connection that failed.
fn is_refusal(error: &BenchError) -> bool {
    matches!(
        error,
        BenchError::Connection { error: SocketError::Refused { .. }, .. }
            | BenchError::Refused { .. }
            | BenchError::Closed { code: 4000..=4999, .. }
    )
}
