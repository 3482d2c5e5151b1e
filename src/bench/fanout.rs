//! `fanout`: channels with many members; the cost of one publication, and its latency.

use super::error::BenchError;
use super::load::Load;
use super::report::Report;
use super::rooms::Rooms;
use super::stop::Stop;
use super::target::Target;
use hubwire_client::light::ReadBuffer;
use serde_json::json;

/// The parameters of a run.
#[derive(Debug, Clone)]
pub struct Fanout {
    /// The receivers and the senders.
    pub rooms: Rooms,
    /// The load.
    pub load: Load,
}

impl Fanout {
    /// Runs it.
    pub async fn run(&self, target: &Target, stop: &Stop) -> Result<Report, BenchError> {
        let Rooms { members, rooms, publishers } = self.rooms;
        self.rooms.check(target)?;
        let mut settings = self.load.document();
        settings["connections"] = json!(members);
        settings["rooms"] = json!(rooms);
        settings["publishers"] = json!(publishers);
        let load = self.load.text();
        let title = format_args!("{members} members of {rooms} rooms, {publishers} publishers, {load}");
        let mut report = Report::new("fanout", settings, title);
        let (traffic, buffer) = (self.rooms.traffic(target, stop, &self.load), ReadBuffer::default());
        let empty = target.processes.usage()?;
        let opening = async {
            self.rooms.open_members(target, &traffic, &buffer).await?;
            self.rooms.open_publishers(target, &traffic, &buffer).await
        };
        let Some(publishers) = stop.or(opening).await.transpose()? else { return Ok(report.end(stop)) };
        let open = target.processes.usage()?;
        if let Err(error) = traffic.run(&publishers).await {
            stop.fail(error);
        }
        traffic.report(&mut report);
        report.cpu("cpu_us_per_delivery", "delivery", open, target.processes.usage()?, traffic.deliveries());
        report.memory(empty, open, members + publishers.len());
        Ok(report.end(stop))
    }
}
