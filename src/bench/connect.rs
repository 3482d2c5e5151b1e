//! `connect`: how fast connections open, authenticate and join, and how much memory they take at rest.

use super::connection::Connection;
use super::error::BenchError;
use super::latency::Latency;
use super::report::Report;
use super::stop::Stop;
use super::target::Target;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use hubwire_client::light::ReadBuffer;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::time::Duration;
use tokio::time::{sleep, Instant};

/// The parameters of a run.
#[derive(Debug, Clone)]
pub struct Connect {
    /// Sessions to open.
    pub connections: usize,
    /// Channels that they join in turn.
    pub rooms: usize,
    /// Sessions that open at once.
    pub concurrency: usize,
    /// How long all of them stay.
    pub hold: Duration,
}

#[derive(Default)]
struct Measured {
    open: Latency,
    welcome: Latency,
    join: Latency,
    all: Latency,
}

impl Connect {
    /// Runs it.
    pub async fn run(&self, target: &Target, stop: &Stop) -> Result<Report, BenchError> {
        let Connect { connections, rooms, concurrency, hold } = *self;
        target.check_descriptors(connections)?;
        let settings = json!({
            "connections": connections, "rooms": rooms, "concurrency": concurrency, "hold_s": hold.as_secs_f64(),
        });
        let title = format_args!("{connections} connections, {concurrency} at once, {rooms} rooms");
        let mut report = Report::new("connect", settings, title);
        let empty = target.processes.usage()?;
        let (measured, opened, begun) = (RefCell::new(Measured::default()), Cell::new(0), Instant::now());
        if let Some(Err(error)) = stop.or(self.open_all(target, stop, &measured, &opened)).await {
            stop.fail(error);
        }
        let (seconds, count) = (begun.elapsed().as_secs_f64(), opened.get());
        let open = target.processes.usage()?;
        let per_second = count as f64 / seconds;
        report.add("seconds", json!(seconds));
        report.add("connected", json!(count));
        report.add("connected_per_second", json!(per_second));
        report.line("connected", format!("{count} in {seconds:.2} s, {per_second:.0}/s"));
        let measured = measured.into_inner();
        report.latency("open_us", "open", &measured.open);
        report.latency("welcome_us", "welcome", &measured.welcome);
        report.latency("join_us", "join", &measured.join);
        report.latency("latency_us", "together", &measured.all);
        report.cpu("cpu_us_per_connection", "connection", empty, open, count as u64);
        if !hold.is_zero() && !stop.is_set() {
            target.progress(|| format!("{count} connected; they stay for {} s", hold.as_secs_f64()));
            stop.or(sleep(hold)).await;
            let held = target.processes.usage()?;
            let key = "idle_cpu_us_per_connection_second";
            let connection_seconds = (count as f64 * hold.as_secs_f64()) as u64;
            report.cpu(key, "connection and second at rest", open, held, connection_seconds);
            report.memory(empty, held, count);
        } else {
            report.memory(empty, open, count);
        }
        Ok(report.end(stop))
    }

    async fn open_all(
        &self,
        target: &Target,
        stop: &Stop,
        measured: &RefCell<Measured>,
        opened: &Cell<usize>,
    ) -> Result<(), BenchError> {
        let buffer = &ReadBuffer::default();
        let opening = stream::iter(0..self.connections).map(|index| async move {
            let begun = Instant::now();
            let (mut connection, steps) = Connection::open(target, index, buffer).await?;
            let welcomed = Instant::now();
            connection.join(&target.channel(index % self.rooms)).await?;
            let mut measured = measured.borrow_mut();
            measured.open.record(steps.open);
            measured.welcome.record(steps.welcome);
            measured.join.record(welcomed.elapsed());
            measured.all.record(begun.elapsed());
            // stays open, and answers pings, until the run ends
            tokio::task::spawn_local(stop.clone().guard(async move {
                loop {
                    connection.read(|_, _| {}).await?;
                }
            }));
            opened.set(opened.get() + 1);
            if opened.get().is_multiple_of(1000) {
                target.progress(|| format!("{} of {} connected", opened.get(), self.connections));
            }
            Ok(())
        });
        opening.buffer_unordered(self.concurrency).try_collect().await
    }
}
