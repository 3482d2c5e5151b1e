//! `views`: sessions that change from view to view, like users who navigate an application.

use super::connection::Connection;
use super::error::BenchError;
use super::latency::Latency;
use super::report::Report;
use super::stop::Stop;
use super::target::Target;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use hubwire_client::light::ReadBuffer;
use serde_json::json;
use std::cell::RefCell;
use tokio::time::Instant;

/// Sessions that open at once.
const OPENING: usize = 64;

/// The parameters of a run.
#[derive(Debug, Clone)]
pub struct Views {
    /// Sessions; each changes its view as soon as its previous change was answered.
    pub connections: usize,
    /// Channels that they view in turn.
    pub rooms: usize,
    /// Changes of all sessions together, rounded up to the same number for each.
    pub changes: u64,
}

impl Views {
    /// Runs it.
    pub async fn run(&self, target: &Target, stop: &Stop) -> Result<Report, BenchError> {
        let Views { connections, rooms, changes } = *self;
        target.check_descriptors(connections)?;
        let settings = json!({ "connections": connections, "rooms": rooms, "changes": changes });
        let title = format_args!("{connections} sessions go through {rooms} views, {changes} changes");
        let mut report = Report::new("views", settings, title);
        let Some(open) = stop.or(self.open_all(target)).await.transpose()? else { return Ok(report.end(stop)) };
        target.progress(|| format!("{connections} connected; they change their views"));
        let (before, begun) = (target.processes.usage()?, Instant::now());
        let latency = RefCell::new(Latency::default());
        let each = changes.div_ceil(connections as u64);
        let changing = stream::iter(open.into_iter().enumerate()).map(|(index, connection)| {
            let latency = &latency;
            async move { self.change(target, index, connection, each, latency).await }
        });
        if let Some(Err(error)) = stop.or(changing.buffer_unordered(connections).try_collect::<()>()).await {
            stop.fail(error);
        }
        let seconds = begun.elapsed().as_secs_f64();
        let latency = latency.into_inner();
        let per_second = latency.count() as f64 / seconds;
        report.add("changes", json!(latency.count()));
        report.add("changes_per_second", json!(per_second));
        report.line("changed", format!("{} in {seconds:.2} s, {per_second:.0}/s", latency.count()));
        report.latency("latency_us", "latency", &latency);
        report.cpu("cpu_us_per_change", "change of a view", before, target.processes.usage()?, latency.count());
        Ok(report.end(stop))
    }

    /// Gives every session a view before the measurement begins.
    async fn open_all(&self, target: &Target) -> Result<Vec<Connection>, BenchError> {
        let buffer = &ReadBuffer::default();
        let opening = stream::iter(0..self.connections).map(|index| async move {
            let (mut connection, _) = Connection::open(target, index, buffer).await?;
            connection.view(&target.channel(index % self.rooms)).await?;
            Ok(connection)
        });
        opening.buffered(OPENING).try_collect().await
    }

    async fn change(
        &self,
        target: &Target,
        index: usize,
        mut connection: Connection,
        changes: u64,
        latency: &RefCell<Latency>,
    ) -> Result<(), BenchError> {
        for turn in 1..=changes as usize {
            let channel = target.channel((index + turn) % self.rooms);
            let begun = Instant::now();
            connection.view(&channel).await?;
            latency.borrow_mut().record(begun.elapsed());
        }
        Ok(())
    }
}
