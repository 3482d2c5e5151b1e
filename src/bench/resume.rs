//! `resume`: all clients lose their connections at once, miss publications, and resume.

use super::connection::Connection;
use super::error::BenchError;
use super::latency::Latency;
use super::load::Load;
use super::report::Report;
use super::rooms::{Rooms, OPENING};
use super::stop::Stop;
use super::target::Target;
use super::traffic::Traffic;
use super::wire::Arrived;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use hubwire_client::light::ReadBuffer;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tokio::time::{timeout, Instant};

/// The parameters of a run.
#[derive(Debug, Clone)]
pub struct Resume {
    /// Sessions, channels, and the senders while the sessions are away.
    pub rooms: Rooms,
    /// The load meanwhile; each publication is acknowledged, since there are no receivers.
    pub load: Load,
    /// Sessions that reconnect at once.
    pub concurrency: usize,
}

/// Measurements of the resumes.
#[derive(Default)]
struct Measured {
    connect: Latency,
    caught_up: Latency,
    not_recovered: Cell<u64>,
}

impl Resume {
    /// Runs it. Sessions resume on the next node.
    pub async fn run(&self, target: &Target, stop: &Stop) -> Result<Report, BenchError> {
        let Rooms { members, rooms, .. } = self.rooms;
        self.rooms.check(target)?;
        let mut settings = self.load.document();
        settings["connections"] = json!(members);
        settings["rooms"] = json!(rooms);
        settings["concurrency"] = json!(self.concurrency);
        let title = format_args!("{members} sessions in {rooms} rooms, {}", self.load.text());
        let mut report = Report::new("resume", settings, title);
        let (buffer, load) = (ReadBuffer::default(), self.away_load());
        let traffic = self.rooms.away_traffic(target, stop, &load);
        let Some(positions) = stop.or(self.open_and_cut(target, &buffer)).await.transpose()? else {
            return Ok(report.end(stop));
        };
        let publishers = self.rooms.open_publishers(target, &traffic, &buffer).await?;
        traffic.run(&publishers).await?;
        let missed = traffic.publications();
        target.progress(|| format!("{missed} published while all were away; now they reconnect"));
        let (before, begun) = (target.processes.usage()?, Instant::now());
        let measured = RefCell::new(Measured::default());
        let coming = self.come_back(target, &traffic, &buffer, &positions, &measured, begun);
        if let Some(Err(error)) = stop.or(coming).await {
            stop.fail(error);
        }
        let seconds = begun.elapsed().as_secs_f64();
        let measured = measured.into_inner();
        traffic.report_caught_up(&mut report);
        report.add("missed_publications", json!(missed));
        report.add("not_recovered", json!(measured.not_recovered.get()));
        report.add("seconds_to_last", json!(seconds));
        report.add("resumed", json!(measured.caught_up.count()));
        let resumed = measured.caught_up.count();
        report.line("resumed", format!("{resumed} of {members}; the last had caught up after {seconds:.2} s"));
        if measured.not_recovered.get() > 0 {
            let told = format!(
                "{} could not recover, as the log does not reach back far enough: streams.channel_count",
                measured.not_recovered.get()
            );
            report.line("note", told);
        }
        report.latency("connect_us", "connect", &measured.connect);
        report.latency("caught_up_us", "caught up", &measured.caught_up);
        report.cpu("cpu_us_per_resume", "resume", before, target.processes.usage()?, resumed);
        Ok(report.end(stop))
    }

    fn away_load(&self) -> Load {
        Load { ack: true, ..self.load.clone() }
    }

    /// Lets every session join its room, records the tops of the rooms' streams, and cuts all sessions.
    async fn open_and_cut(&self, target: &Target, buffer: &ReadBuffer) -> Result<Vec<String>, BenchError> {
        let opening = stream::iter(0..self.rooms.members).map(|member| async move {
            let (mut connection, _) = Connection::open(target, member, buffer).await?;
            let position = connection.join(&target.channel(self.rooms.room(member))).await?;
            Ok::<_, BenchError>((connection, position))
        });
        let opened: Vec<(Connection, String)> = opening.buffered(OPENING).try_collect().await?;
        target.progress(|| format!("{} sessions joined; all are cut", opened.len()));
        Ok(opened
            .into_iter()
            .map(|(connection, position)| {
                connection.cut();
                position
            })
            .collect())
    }

    async fn come_back(
        &self,
        target: &Target,
        traffic: &Rc<Traffic>,
        buffer: &ReadBuffer,
        positions: &[String],
        measured: &RefCell<Measured>,
        begun: Instant,
    ) -> Result<(), BenchError> {
        let coming = stream::iter(0..self.rooms.members).map(|member| async move {
            let opening = Instant::now();
            let (mut connection, _) = Connection::open_at(target, member + 1, member, buffer).await?;
            measured.borrow_mut().connect.record(opening.elapsed());
            let room = target.channel(self.rooms.room(member));
            connection.send("@@hub/resume", None, json!({ "positions": { room: positions[member] } })).await?;
            let is_recovered = catch_up(target, traffic, &mut connection, member).await?;
            let measured = &mut measured.borrow_mut();
            match is_recovered {
                true => measured.caught_up.record(begun.elapsed()),
                false => measured.not_recovered.set(measured.not_recovered.get() + 1),
            }
            // the session stays, so that duplicates are noticed
            tokio::task::spawn_local(traffic.clone().receive(member, connection));
            Ok::<_, BenchError>(())
        });
        coming.buffer_unordered(self.concurrency).try_collect::<()>().await
    }
}

/// Reads until the session has everything that it missed. Returns `false` if the node announces a gap, or nothing more
/// arrives: what is still missing is lost.
async fn catch_up(
    target: &Target,
    traffic: &Traffic,
    connection: &mut Connection,
    member: usize,
) -> Result<bool, BenchError> {
    let is_gone = Cell::new(false);
    let take = |arrived: &Arrived<'_>, now: Instant| {
        let recovered = arrived.payload.as_ref().and_then(|payload| payload.recovered);
        is_gone.set(is_gone.get() || recovered == Some(false) || arrived.kind == "@@hub/lag");
        traffic.delivered(member, arrived, now);
    };
    while traffic.missing(member) > 0 && !is_gone.get() && traffic.is_going_on() {
        match timeout(target.timeout, connection.read(take)).await {
            Ok(read) => read?,
            Err(_) => return Ok(false),
        }
    }
    Ok(!is_gone.get())
}
